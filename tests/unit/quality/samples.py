"""Results to be varied by the tests."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache

from contracts.folder import load_contracts
from contracts.model import Severity
from quality.results import Coordinates, RuleResult, Slice, Validation, Window

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
        RuleResult(id=rule.id, check=rule.check, severity=rule.severity, kept=True, evaluated=10, failed=0)
        for rule in contract.rules
    )
    return Validation(
        id="a-validation",
        validated_at=NOON,
        window=Window(
            topic="topic-weather-final",
            since=None,
            until=NOON,
            slices=(Slice(partition=0, start=3, end=13),),
        ),
        contract_version=1,
        gx_version="1.24.1",
        rows=10,
        unreadable=0,
        unreadable_examples=(),
        rules=rules,
        seconds=1.5,
    )


def broken(rule: str, severity: Severity) -> RuleResult:
    places = (Coordinates(topic="topic-weather-final", partition=0, offset=4),)
    return RuleResult(
        id=rule, check="range", severity=severity, kept=False, evaluated=10, failed=1, examples=places
    )
