from __future__ import annotations

import pytest

from contracts.records.topic_weather_quality import RuleResult, Severity, Verdict
from quality.verdict import verdict


def result(severity: Severity, *, kept: bool) -> RuleResult:
    return RuleResult(id="r", check="range", severity=severity, kept=kept, evaluated=1, failed=int(not kept))


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (Severity.CRITICAL, Verdict.FAIL),
        (Severity.VALUE, Verdict.WARN),
        (Severity.WARNING, Verdict.WARN),
        (Severity.INFO, Verdict.PASS),
        (Severity.UNKNOWN, Verdict.PASS),
    ],
)
def test_a_broken_rule_weighs_as_much_as_its_severity(severity: Severity, expected: Verdict) -> None:
    kept = [result(each, kept=True) for each in Severity]
    assert verdict(rows=1, unreadable=0, rules=[*kept, result(severity, kept=False)]) is expected
    assert verdict(rows=1, unreadable=0, rules=kept) is Verdict.PASS


def test_an_empty_window_never_passes() -> None:
    assert verdict(rows=0, unreadable=0, rules=[]) is Verdict.FAIL


def test_a_record_that_cannot_be_read_fails_the_window() -> None:
    assert verdict(rows=9, unreadable=1, rules=[result(Severity.CRITICAL, kept=True)]) is Verdict.FAIL
