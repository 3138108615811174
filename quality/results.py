"""What a validation finds: plain, immutable data, and the one rule by which it becomes a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from contracts.model import Severity
from quality.flow import Flow
from quality.places import Coordinates, Slice, Window
from quality.portrait import Portrait

__all__ = [
    "Coordinates",
    "Incident",
    "Origin",
    "RuleResult",
    "Slice",
    "Validation",
    "Verdict",
    "Window",
    "verdict",
]


class Verdict(str, Enum):
    """What becomes of a window of records."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    """Every rule of severity `critical` and `warning` is kept."""
    WARN = "warn"
    """A `warning` is broken, nothing worse."""
    FAIL = "fail"
    """A `critical` rule is broken, a record cannot be read, or there was nothing to judge."""


class Origin(str, Enum):
    """What had a window validated."""

    VALIDATE = "validate"
    """Somebody who asked for it."""
    WATCH = "watch"
    """The watch, whose windows follow on each other and share no record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule found. `evaluated` and `failed` count rows; where the window is judged whole, it is 1."""

    id: str
    check: str
    severity: Severity
    kept: bool
    """False also where it could not be judged: what breaks a verdict is `broken`."""
    evaluated: int
    failed: int
    examples: tuple[Coordinates, ...] = ()
    judged: bool = True
    """False where there was too little to judge by, such as no earlier window to compare with."""
    definition: str = ""
    why: str = ""
    owner: str = ""
    observed: float | None = None
    """What a rule of the whole window measured, in `unit`: a number of rows, an age, a share, a PSI."""
    unit: str = ""
    limit: float | None = None
    """What `observed` is held against, where the rule has one such limit."""
    note: str = ""
    """The worst of what it found, or why it could not be judged."""

    @property
    def broken(self) -> bool:
        """Whether the rule was judged and is not kept."""
        return self.judged and not self.kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that someone is told of, once when it begins and once when it is over."""

    id: str
    kind: str
    """`rule`: a critical rule is broken; `unreadable`: records cannot be read; `stale`: nothing new came."""
    rule: str | None
    opened_at: datetime
    opened_by: str
    """Id of the validation that found it."""
    closed_at: datetime | None = None
    sentence: str
    told: bool = False
    """Whether an alert has told of the latest that happened to it, or nobody is to be told."""


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
    origin: Origin = Origin.VALIDATE
    description: str = ""
    """What the topic holds, by its contract."""
    owner: str = ""
    portrait: Portrait = field(default_factory=Portrait)
    flow: Flow = field(default_factory=Flow)
    incidents: tuple[Incident, ...] = ()
    """Those that last, and those that this validation found to be over; kept by the watch alone."""

    @property
    def verdict(self) -> Verdict:
        """The verdict that the counts lead to."""
        return verdict(rows=self.rows, unreadable=self.unreadable, rules=self.rules)


def verdict(*, rows: int, unreadable: int, rules: Iterable[RuleResult]) -> Verdict:
    """Weigh what was found. An empty window says nothing, so it fails."""
    broken = {rule.severity for rule in rules if rule.broken}
    if not rows or unreadable or Severity.CRITICAL in broken:
        return Verdict.FAIL
    return Verdict.WARN if Severity.WARNING in broken else Verdict.PASS
