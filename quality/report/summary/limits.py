"""When a station is called incomplete, or its newest record old: the contract's own limits."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.records.topic_weather_quality import Validation
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
