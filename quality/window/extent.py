"""Which part of a topic a window is, which offsets it has, and where in Kafka a record is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.kafka.log import Log
from contracts.records.topic_weather_quality import Coordinates, Slice
from quality.window.times import now


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A bounded part of a topic. `since` and `until` are Kafka timestamps, UTC; None sets no bound."""

    topic: str
    slices: tuple[Slice, ...]
    """The offsets in each partition."""
    since: datetime | None = None
    until: datetime | None = None
    asked_at: datetime | None = None
    """When the broker was asked for the offsets."""

    @property
    def span(self) -> int:
        """Number of offsets in the window: an upper bound of its records."""
        return sum(part.end - part.start for part in self.slices)


def rest_after(window: Window, done: Iterable[Slice]) -> Window:
    """The part of `window` behind the offsets `done`; a partition of a recreated topic begins anew."""
    ends = {part.partition: part.end for part in done}
    slices = (
        part
        if ends.get(part.partition, 0) > part.end
        else replace(part, start=max(part.start, ends.get(part.partition, 0)))
        for part in window.slices
    )
    return replace(window, slices=tuple(slices))


def beginning(window: Window, records: int) -> Window:
    """The first part of `window`: about as many offsets of each partition as make `records` together."""
    if window.span <= records:
        return window
    share = records / window.span
    slices = (
        replace(part, end=part.start + math.ceil((part.end - part.start) * share)) for part in window.slices
    )
    return replace(window, slices=tuple(slices))


def overlap(slices: Iterable[Slice], others: Iterable[Slice]) -> bool:
    """Whether the two share an offset."""
    by_partition = {part.partition: part for part in others}
    return any(
        part.start < other.end and other.start < part.end
        for part in slices
        if (other := by_partition.get(part.partition))
    )


def place(coordinates: Coordinates) -> str:
    """A record's place in the usual short form, `topic-partition-offset`."""
    return f"{coordinates.topic}-{coordinates.partition}-{coordinates.offset}"


def raw_place(coordinates: Coordinates) -> str | None:
    """`partition:offset` of the raw record, for `streaming reprocess --source`; None where unknown."""
    if coordinates.source_offset is None:
        return None
    return f"{coordinates.source_partition}:{coordinates.source_offset}"


def find_window(log: Log, topic: str, since: datetime | None = None, until: datetime | None = None) -> Window:
    """Find the offsets of the records of `topic` whose Kafka timestamp lies in [since, until).

    Raises what `Log.spans` raises: `UnusableSetting` when there is no such topic.
    """
    asked_at = now()
    spans = log.since([topic], _millis(since)) if since else log.spans(topic)
    ends = log.since([topic], _millis(until)) if until else {}
    slices = (
        Slice(
            partition=at[1],
            start=span.begin,
            end=max(span.begin, min(ends[at].begin if at in ends else span.end, span.end)),
        )
        for at, span in sorted(spans.items())
    )
    return Window(topic=topic, since=since, until=until, slices=tuple(slices), asked_at=asked_at)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
