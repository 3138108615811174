"""What the report says of each rule: its state, since when, and how it went over the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.records.topic_weather_quality import RuleResult, Severity, Validation
from quality.report.summary.steps import Step, Steps

_ORDER_OF_SEVERITIES = (Severity.CRITICAL, Severity.WARNING, Severity.INFO, Severity.UNKNOWN)
_ORDER_OF_STATES = ("new", "known", "unjudged", "kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A rule in the newest validation, and its past."""

    result: RuleResult
    state: str
    """`kept`, `unjudged`, or broken: `new` where the validation before did not have it, else `known`."""
    since: datetime | None
    """When the breaking that still lasts was first found."""
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
        _ORDER_OF_SEVERITIES.index(line.result.severity),
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
