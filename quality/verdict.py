"""How a window's findings become one verdict."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.records.topic_weather_quality import RuleResult, Severity, Verdict


def verdict(*, rows: int, unreadable: int, rules: Iterable[RuleResult]) -> Verdict:
    """Weigh the findings: a window without a record says nothing, so it fails."""
    broken = {rule.severity for rule in rules if not rule.kept}
    if not rows or unreadable or Severity.CRITICAL in broken:
        return Verdict.FAIL
    return Verdict.WARN if broken & {Severity.VALUE, Severity.WARNING} else Verdict.PASS
