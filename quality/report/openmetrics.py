"""The verdict as OpenMetrics text, which Prometheus reads (OpenMetrics 1.0)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quality.quarantine import Group
from quality.report.facts import Facts
from quality.report.text import shown
from quality.results import RuleResult, Verdict

_PREFIX = "weather_quality"

Sample = tuple[dict[str, str], float]
"""Labels and value; every sample of a family has the same labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric: a gauge, unless `kind` says otherwise."""

    name: str
    help: str
    samples: Iterable[Sample]
    kind: str = "gauge"
    unit: str = ""


def openmetrics(facts: Facts) -> str:
    """Verdict, counts of the window and of each rule, volume of the topics, quarantine by reason."""
    topic = {"topic": facts.validation.window.topic}
    return "".join(_text(family, topic) for family in _families(facts)) + "# EOF\n"


def _families(facts: Facts) -> tuple[Family, ...]:
    found = facts.validation
    return (
        Family(
            name="verdict",
            help="What became of the newest window.",
            kind="stateset",
            samples=[({f"{_PREFIX}_verdict": each.value}, int(each is found.verdict)) for each in Verdict],
        ),
        Family(name="rows", help="Records that were judged.", samples=[({}, found.rows)]),
        Family(name="unreadable", help="Records that could not be read.", samples=[({}, found.unreadable)]),
        Family(
            name="validated_at_seconds",
            help="When the window was judged, in Unix time.",
            unit="seconds",
            samples=[({}, found.validated_at.timestamp())],
        ),
        Family(
            name="validation_seconds",
            help="How long the judging took.",
            unit="seconds",
            samples=[({}, found.seconds)],
        ),
        Family(
            name="rule_kept",
            help="1 where the rule is kept.",
            samples=[(_rule(rule), int(not rule.broken)) for rule in found.rules],
        ),
        Family(
            name="rule_evaluated",
            help="Rows that the rule looked at.",
            samples=[(_rule(rule), rule.evaluated) for rule in found.rules],
        ),
        Family(
            name="rule_failed",
            help="Rows that break the rule.",
            samples=[(_rule(rule), rule.failed) for rule in found.rules],
        ),
        Family(
            name="topic_held",
            help="Records that a topic of the pipeline holds.",
            samples=[({"of": count.topic}, count.held) for count in facts.topics],
        ),
        Family(
            name="quarantined",
            help="Records in quarantine, by reason.",
            samples=[({"reason": reason}, rows) for reason, rows in _by_reason(facts.quarantine).items()],
        ),
    )


def _rule(rule: RuleResult) -> dict[str, str]:
    return {"rule": rule.id, "severity": rule.severity.value}


def _by_reason(groups: Iterable[Group]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in groups:
        reason = shown(group.reason)
        counts[reason] = counts.get(reason, 0) + group.rows
    return counts


def _text(family: Family, topic: dict[str, str]) -> str:
    name = f"{_PREFIX}_{family.name}"
    head = [f"# TYPE {name} {family.kind}"]
    if family.unit:
        head.append(f"# UNIT {name} {family.unit}")
    head.append(f"# HELP {name} {_escaped(family.help)}")
    lines = (f"{name}{_labels({**topic, **labels})} {value}" for labels, value in family.samples)
    return "\n".join([*head, *lines]) + "\n"


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
