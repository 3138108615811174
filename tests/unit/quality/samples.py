"""Results to be varied by the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from functools import cache
from typing import Any

from contracts.folder.read import load_contracts
from contracts.records.topic_weather_quality import (
    Coordinates,
    RuleResult,
    Severity,
    Slice,
    Validation,
    Verdict,
)
from quality.verdict import verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)>",
    "</style></svg><script>alert(1)</script>",
    "\u202egnp.exe\u202c",
    "A" * 1_000_000,
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "<img src=http://elsewhere.example/x.png>",
    "<script>document.title = 'ran'</script>",
    "\x00\x08\ud800",
]
"""Names that do harm where a page takes them for more than text."""


@cache
def passed() -> Validation:
    """A window of the final topic that keeps every rule."""
    contract = load_contracts()["topic-weather-final"]
    rules = tuple(
        RuleResult(
            id=rule.id,
            check=rule.check,
            severity=Severity[rule.severity.name],
            kept=True,
            evaluated=10,
            failed=0,
        )
        for rule in contract.rules
    )
    return Validation(
        id="a-validation",
        validated_at=NOON,
        topic="topic-weather-final",
        verdict=Verdict.PASS,
        since=None,
        until=NOON,
        slices=(Slice(partition=0, start=3, end=13),),
        contract_version=1,
        gx_version="1.24.1",
        rows=10,
        unreadable=0,
        rules=rules,
        seconds=1.5,
    )


def broken(rule: str, severity: Severity) -> RuleResult:
    places = (Coordinates(topic="topic-weather-final", partition=0, offset=4),)
    return RuleResult(
        id=rule, check="range", severity=severity, kept=False, evaluated=10, failed=1, examples=places
    )


def vary(validation: Validation, **changes: Any) -> Validation:
    """The validation with changes, and the verdict that they lead to."""
    found = replace(validation, **changes)
    weighed = verdict(rows=found.rows, unreadable=found.unreadable, rules=found.rules)
    return replace(found, verdict=weighed)
