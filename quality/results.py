"""What a validation finds: plain, immutable data, and the one rule by which it becomes a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from contracts.model import Severity


class Verdict(str, Enum):
    """What becomes of a window of records."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    """Every rule of severity `critical` and `warning` is kept."""
    WARN = "warn"
    """A `warning` is broken, nothing worse."""
    FAIL = "fail"
    """A `critical` rule is broken, a record cannot be read, or there was nothing to judge."""


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

    @property
    def span(self) -> int:
        """Number of offsets in the window: an upper bound of its records."""
        return sum(part.end - part.start for part in self.slices)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Coordinates:
    """Where a record is in Kafka."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """The usual short form, `topic-partition-offset`."""
        return f"{self.topic}-{self.partition}-{self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule found. `evaluated` and `failed` count rows; where the window is judged whole, it is 1."""

    id: str
    check: str
    severity: Severity
    kept: bool
    evaluated: int
    failed: int
    examples: tuple[Coordinates, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The verdict on one window, with all that it rests on."""

    id: str
    validated_at: datetime
    window: Window
    contract_version: int
    gx_version: str
    rows: int
    """Records that could be read, and were judged."""
    unreadable: int
    unreadable_examples: tuple[Coordinates, ...]
    rules: tuple[RuleResult, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """The verdict that the counts lead to."""
        return verdict(rows=self.rows, unreadable=self.unreadable, rules=self.rules)


def verdict(*, rows: int, unreadable: int, rules: Iterable[RuleResult]) -> Verdict:
    """Weigh what was found. An empty window says nothing, so it fails."""
    broken = {rule.severity for rule in rules if not rule.kept}
    if not rows or unreadable or Severity.CRITICAL in broken:
        return Verdict.FAIL
    return Verdict.WARN if Severity.WARNING in broken else Verdict.PASS
