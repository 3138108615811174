"""The history in steps that a chart can show: each validation, or all of an hour, or all of a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from contracts.records.topic_weather_quality import Origin, Validation, Verdict

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
