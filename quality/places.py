"""Where records are: one of them, the part of a partition, the part of a topic."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The part of a window in one partition: offsets from `start` up to, but not including, `end`."""

    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A bounded part of a topic. `since` and `until` are Kafka timestamps, UTC; None: as far as it goes."""

    topic: str
    since: datetime | None
    until: datetime | None
    slices: tuple[Slice, ...]
    asked_at: datetime | None = None
    """When the broker was asked for the offsets."""

    @property
    def span(self) -> int:
        """Number of offsets in the window: an upper bound of its records."""
        return sum(part.end - part.start for part in self.slices)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Coordinates:
    """Where a record is in Kafka, and the record that it was made from, where that is known."""

    topic: str
    partition: int
    offset: int
    source_topic: str | None = field(default=None, compare=False)
    source_partition: int | None = field(default=None, compare=False)
    source_offset: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """The usual short form, `topic-partition-offset`."""
        return f"{self.topic}-{self.partition}-{self.offset}"

    @property
    def source(self) -> str | None:
        """Partition and offset on the raw topic, as `streaming replay --source` takes them."""
        return None if self.source_offset is None else f"{self.source_partition}:{self.source_offset}"
