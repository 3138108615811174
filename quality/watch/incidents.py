"""Incidents: someone is alerted once when one begins, and once when it is over.

Their state is nowhere but in the validations of the watch: each carries those that last, and those that it
seen to be over, so that the next goes on from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from contracts.records.topic_weather_quality import Incident, RuleResult, Severity, Validation

RULE, UNREADABLE, STALE = "rule", "unreadable", "stale"

Key = tuple[str, str | None]
"""Kind of an incident, and the rule."""


def follow(found: Validation, before: tuple[Incident, ...]) -> tuple[Incident, ...]:
    """The incidents after `found`, given those of the validation before.

    One that begins or ends awaits its alert. An empty window says something of the feed's freshness alone:
    whatever else lasts goes on lasting.
    """
    problems, judged = _problems(found), _judged(found)
    lasting = {(one.kind, one.rule): one for one in before if one.closed_at is None}
    # One whose end nobody heard of is kept until somebody has.
    after = [one for one in before if one.closed_at is not None and not one.told]
    for key, one in lasting.items():
        over = key in judged and key not in problems
        after.append(replace(one, closed_at=found.validated_at, told=False) if over else one)
    new = [_open(found, key, sentence) for key, sentence in problems.items() if key not in lasting]
    return (*after, *new)


def _problems(found: Validation) -> Mapping[Key, str]:
    problems = dict[Key, str]()
    for rule in found.rules:
        if rule.kept:
            continue
        if rule.check == "freshness":
            problems[STALE, rule.id] = f"{found.topic} is stale: {_stale(rule)}"
        elif rule.severity is Severity.CRITICAL and not _empty(found):
            broken = f"{rule.failed:,} of {rule.evaluated:,} break {rule.id}"
            problems[RULE, rule.id] = f"{found.topic}: {broken}, which asks that {rule.definition}."
    if found.unreadable:
        problems[UNREADABLE, None] = f"{found.topic}: {found.unreadable:,} records cannot be read."
    return problems


def _judged(found: Validation) -> set[Key]:
    """What this validation says something of, be it well or not."""
    judged: set[Key] = {(STALE, rule.id) for rule in found.rules if rule.check == "freshness"}
    if not _empty(found):
        judged |= {(RULE, rule.id) for rule in found.rules if rule.judged} | {(UNREADABLE, None)}
    return judged


def _empty(found: Validation) -> bool:
    return not found.rows and not found.unreadable


def _stale(rule: RuleResult) -> str:
    if rule.observed is None:
        return rule.note
    return f"its newest record arrived {rule.observed / 60:,.0f} minutes before the end of the window."


def _open(found: Validation, key: Key, sentence: str) -> Incident:
    kind, rule = key
    # The same for the same window: one that is judged again after a crash opens no second one.
    starts = ",".join(f"{part.partition}:{part.start}" for part in found.slices)
    identity = f"{found.topic}|{kind}|{rule}|{starts}"
    return Incident(
        id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        kind=kind,
        rule=rule,
        opened_at=found.validated_at,
        opened_by=found.id,
        sentence=sentence,
    )
