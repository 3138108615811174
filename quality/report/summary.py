"""What a report says, from the history alone: no file, no clock and no other topic has a part in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from contracts.records.topic_weather_quality import (
    Distribution,
    Incident,
    Origin,
    RuleResult,
    Severity,
    Station,
    Validation,
    Verdict,
)
from quality.portrait.drift import counts
from quality.report.text import duration, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Two limits for each. Between them, the contract is broken by no more than as much again as it allows.

    The defaults are for a topic whose contract has no such rule.
    """

    complete: float = 0.95
    partly: float = 0.8
    """Shares of the observations due."""
    fresh: float = 3 * 3600.0
    ageing: float = 24 * 3600.0
    """Seconds."""


def limits(validation: Validation) -> Limits:
    """The limits by which the contract judged at that time."""
    by_check = {rule.check: rule.limit for rule in validation.rules if rule.limit is not None}
    found: dict[str, float] = {}
    if (share := by_check.get("completeness")) is not None:
        found |= {"complete": share, "partly": max(0.0, round(2 * share - 1, 6))}
    if (age := by_check.get("freshness")) is not None:
        found |= {"fresh": age, "ageing": 2 * age}
    return Limits(**found)


def words(limits: Limits) -> dict[str, str]:
    """What each state of a station means, in words."""
    complete, partly = (number(round(100 * share, 2)) for share in (limits.complete, limits.partly))
    fresh, ageing = duration(limits.fresh), duration(limits.ageing)
    return {
        "complete": f"{complete} % or more",
        "partly": f"{partly} to {complete} %",
        "poor": f"less than {partly} %",
        "fresh": f"in the last {fresh}",
        "ageing": f"{fresh} to {ageing} before",
        "stale": f"more than {ageing} before",
        "unknown": "not known",
    }


MOST = 90
"""Steps that are shown."""

_FROM_BEST = (Verdict.UNKNOWN, Verdict.PASS, Verdict.WARN, Verdict.FAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The validations of one step, oldest first; none where nothing was judged then."""

    begin: datetime
    validations: tuple[Validation, ...]

    @property
    def verdict(self) -> Verdict | None:
        """The worst verdict of the step."""
        return max((one.verdict for one in self.validations), key=_FROM_BEST.index, default=None)

    @property
    def rows(self) -> int | None:
        """Records judged; windows of anyone but the watch may overlap, so the largest of them counts."""
        watched = [one.rows for one in self.validations if one.origin is Origin.WATCH]
        return sum(watched) if watched else max((one.rows for one in self.validations), default=None)

    @property
    def put_aside(self) -> int | None:
        """Records put aside, counted as `rows` are."""
        watched = [one.quarantined for one in self.validations if one.origin is Origin.WATCH]
        others = (one.quarantined for one in self.validations)
        return sum(watched) if watched else max(others, default=None)

    @property
    def lag(self) -> int | None:
        """Raw records that were not yet through, the most of the step."""
        return max((one.lag for one in self.validations if one.lag is not None), default=None)

    def latency(self, step: str) -> tuple[float, float] | None:
        """Seconds within which half, and 95 of 100, of the records took a step: medians over validations."""
        taken = [each for one in self.validations for each in one.latencies if each.step == step]
        if not taken:
            return None
        return median(each.p50 for each in taken), median(each.p95 for each in taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The history in steps, oldest first. `grain` is `validation`, `hour` or `day`."""

    grain: str
    shown: tuple[Step, ...]

    def count(self, verdict: Verdict | None) -> int:
        """How many steps have `verdict`; None counts those without any."""
        return sum(step.verdict is verdict for step in self.shown)


def steps(history: Sequence[Validation]) -> Steps:
    """The newest steps of `history`, in the finest grain that has few enough for all of it."""
    if len(history) <= MOST:
        single = (Step(begin=one.validated_at, validations=(one,)) for one in history)
        return Steps(grain="validation", shown=tuple(single))
    hourly = _by(history, timedelta(hours=1))
    if len(hourly) <= MOST:
        return Steps(grain="hour", shown=tuple(hourly))
    return Steps(grain="day", shown=tuple(_by(history, timedelta(days=1))[-MOST:]))


def _by(history: Iterable[Validation], length: timedelta) -> list[Step]:
    """Steps of `length`, those without a validation included."""
    together: dict[datetime, list[Validation]] = {}
    for one in history:
        together.setdefault(_floor(one.validated_at, length), []).append(one)
    first, last = min(together), max(together)
    begins = (first + place * length for place in range((last - first) // length + 1))
    return [Step(begin=begin, validations=tuple(together.get(begin, ()))) for begin in begins]


def _floor(moment: datetime, length: timedelta) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // length * length


SEVERITIES = (Severity.CRITICAL, Severity.VALUE, Severity.WARNING, Severity.INFO, Severity.UNKNOWN)
"""The severest first."""
_ORDER_OF_STATES = ("new", "known", "unjudged", "kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A rule in the newest validation, and its past."""

    result: RuleResult
    state: str
    """`kept`, `unjudged`, or broken: `new` where the validation before did not have it, else `known`."""
    since: datetime | None
    """When a validation first found the breaking that still lasts."""
    in_a_row: int
    """Validations that found it broken, one after the other up to the newest."""
    recovered: bool
    """Whether the validation before found it broken, and the newest does not."""
    trend: tuple[float | None, ...]
    """Share of what it looked at that broke it, the most in each step; None where nothing was judged."""
    broken_steps: int
    """Steps in which it was broken at least once."""

    @property
    def text(self) -> str:
        """What the rule asks for; validations before version 2 of their contract only have its id."""
        return self.result.definition or self.result.id.replace("-", " ")


def rule_lines(history: Sequence[Validation], steps: Steps) -> tuple[RuleLine, ...]:
    """A line for each rule of the newest validation: broken ones first, the severest and newest on top."""
    past = [{result.id: result for result in one.rules} for one in history]
    in_steps = [_by_rule(step) for step in steps.shown]
    lines = (_line(result, history, past, in_steps) for result in history[-1].rules)
    return tuple(sorted(lines, key=_place))


def _place(line: RuleLine) -> tuple[bool, int, int]:
    return (
        line.result.kept,
        SEVERITIES.index(line.result.severity),
        _ORDER_OF_STATES.index(line.state),
    )


def _line(
    result: RuleResult,
    history: Sequence[Validation],
    past: Sequence[dict[str, RuleResult]],
    in_steps: Sequence[dict[str, list[RuleResult]]],
) -> RuleLine:
    since = len(history)
    while since and (old := past[since - 1].get(result.id)) and not old.kept:
        since -= 1
    in_a_row = len(history) - since
    before = past[-2].get(result.id) if len(past) > 1 else None
    found = [step.get(result.id, []) for step in in_steps]
    return RuleLine(
        result=result,
        state=_state(result, in_a_row),
        since=history[since].validated_at if in_a_row else None,
        in_a_row=in_a_row,
        recovered=bool(before and not before.kept and result.kept),
        trend=tuple(_share(step) for step in found),
        broken_steps=sum(any(not one.kept for one in step) for step in found),
    )


def _state(result: RuleResult, in_a_row: int) -> str:
    if not result.judged:
        return "unjudged"
    if result.kept:
        return "kept"
    return "new" if in_a_row == 1 else "known"


def _by_rule(step: Step) -> dict[str, list[RuleResult]]:
    found: dict[str, list[RuleResult]] = {}
    for one in step.validations:
        for result in one.rules:
            found.setdefault(result.id, []).append(result)
    return found


def _share(results: Sequence[RuleResult]) -> float | None:
    shares = [one.failed / one.evaluated if one.evaluated else 0.0 for one in results if one.judged]
    return max(shares, default=None)


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
