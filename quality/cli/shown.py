"""How the verbs show a verdict."""

from __future__ import annotations

from contracts.records.topic_weather_quality import Validation, Verdict

VERDICT_STYLES = {Verdict.PASS: "bold green", Verdict.WARN: "bold yellow", Verdict.FAIL: "bold red"}


def broken(found: Validation) -> list[str]:
    """Ids of the rules that are broken."""
    return [rule.id for rule in found.rules if not rule.kept]


def in_words(found: Validation) -> str:
    """Which rules are broken."""
    return f"broken: {', '.join(broken(found))}" if broken(found) else "no rule is broken"
