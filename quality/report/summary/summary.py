"""What a report says, from the history alone: no file, no clock, no other topic has a part in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.records.topic_weather_quality import Distribution, Incident, Station, Validation, Verdict
from quality.portrait.drift import counts
from quality.report.summary.limits import Limits, limits
from quality.report.summary.rules import RuleLine, rule_lines
from quality.report.summary.steps import Steps, steps

_STEADY, _MOVING = 0.1, 0.25
"""Below 0.1 a PSI is usually called no change, above 0.25 a large one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationLine:
    """A station. `share` is of the observations that were due; `age` in seconds, of its newest record."""

    station: Station
    share: float | None
    complete: str
    """`complete`, `partly`, `poor`, or `unknown` where no rule says what is due."""
    age: float | None
    fresh: str
    """`fresh`, `ageing`, `stale` or `unknown`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureLine:
    """A measure's distribution, beside that of its baseline."""

    distribution: Distribution
    now: Mapping[int, int]
    baseline: Mapping[int, int]
    drift: str
    """`steady`, `moving`, `shifted`, or `unknown` without a baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All that a report says of the newest validation and those before it."""

    validation: Validation
    validations: int
    began_at: datetime
    """When the first validation was made."""
    steps: Steps
    rules: tuple[RuleLine, ...]
    stations: tuple[StationLine, ...]
    limits: Limits
    """What their states mean."""
    measures: tuple[MeasureLine, ...]
    baseline_windows: int
    incidents: tuple[Incident, ...]
    """Those that last."""

    @property
    def verdict(self) -> Verdict:
        """The verdict on the newest window."""
        return self.validation.verdict

    @property
    def is_empty(self) -> bool:
        """Whether the window had no record at all."""
        return not self.validation.rows and not self.validation.unreadable

    @property
    def broken(self) -> tuple[RuleLine, ...]:
        """The rules that are broken, the severest first."""
        return tuple(line for line in self.rules if not line.result.kept)

    @property
    def present_share(self) -> float | None:
        """Share of the observations due that are there, over all listed stations."""
        due = sum(line.station.expected or 0 for line in self.stations)
        return sum(line.station.present or 0 for line in self.stations) / due if due else None


def summarise(history: Sequence[Validation]) -> Summary:
    """Summarise `history`, oldest first, of which there must be one; the last is the one reported on."""
    newest, in_steps = history[-1], steps(history)
    allowed = limits(newest)
    baseline = [one for one in history if one.id in newest.baseline_ids]
    return Summary(
        validation=newest,
        validations=len(history),
        began_at=history[0].validated_at,
        steps=in_steps,
        rules=rule_lines(history, in_steps),
        stations=tuple(_station(station, newest, allowed) for station in newest.stations),
        limits=allowed,
        measures=tuple(_measure(each, baseline) for each in newest.distributions),
        baseline_windows=len(baseline),
        incidents=tuple(incident for incident in newest.incidents if incident.closed_at is None),
    )


def judged_at(validation: Validation) -> datetime:
    """The moment that a window's ages count back from: its end."""
    return validation.until or validation.asked_at or validation.validated_at


def _station(station: Station, validation: Validation, allowed: Limits) -> StationLine:
    share = (station.present or 0) / station.expected if station.expected else None
    arrived = station.last_arrival_at
    age = max(0.0, (judged_at(validation) - arrived).total_seconds()) if arrived else None
    return StationLine(
        station=station,
        share=share,
        complete=_class(
            share and -share, (-allowed.complete, -allowed.partly), ("complete", "partly", "poor")
        ),
        age=age,
        fresh=_class(age, (allowed.fresh, allowed.ageing), ("fresh", "ageing", "stale")),
    )


def _measure(distribution: Distribution, baseline: Iterable[Validation]) -> MeasureLine:
    before: Counter[int] = Counter()
    for validation in baseline:
        for other in validation.distributions:
            if other.field == distribution.field and other.step == distribution.step:
                before.update(counts(other.bins))
    return MeasureLine(
        distribution=distribution,
        now=counts(distribution.bins),
        baseline=dict(before),
        drift=_class(distribution.psi, (_STEADY, _MOVING), ("steady", "moving", "shifted")),
    )


def _class(value: float | None, limits: tuple[float, float], names: tuple[str, str, str]) -> str:
    if value is None:
        return "unknown"
    return names[sum(value > limit for limit in limits)]
