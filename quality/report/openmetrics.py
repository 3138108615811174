"""The verdict as OpenMetrics text, which Prometheus reads (OpenMetrics 1.0)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quality.flow import QuarantineGroup
from quality.report.summary import Summary
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


def openmetrics(summary: Summary) -> str:
    """Verdict, counts of the window and of each rule, flow and drift, quarantine by reason.

    What the newest validation does not know has no sample.
    """
    topic = {"topic": shown(summary.validation.window.topic)}
    return "".join(_text(family, topic) for family in _families(summary)) + "# EOF\n"


def _families(summary: Summary) -> tuple[Family, ...]:
    found, portrait, flow = summary.validation, summary.validation.portrait, summary.validation.flow
    share = summary.present_share
    arrived = portrait.last_arrival_at
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
            help="1 where the rule is kept or could not be judged.",
            samples=[(_rule(line.result), int(not line.result.broken)) for line in summary.rules],
        ),
        Family(
            name="rule_evaluated",
            help="Rows that the rule looked at.",
            samples=[(_rule(line.result), line.result.evaluated) for line in summary.rules],
        ),
        Family(
            name="rule_failed",
            help="Rows that break the rule.",
            samples=[(_rule(line.result), line.result.failed) for line in summary.rules],
        ),
        Family(
            name="rule_broken_in_a_row",
            help="Validations that found the rule broken, one after the other up to the newest.",
            samples=[(_rule(line.result), line.in_a_row) for line in summary.rules],
        ),
        Family(name="stations", help="Stations in the window.", samples=[({}, portrait.stations_seen)]),
        Family(
            name="complete_ratio",
            help="Share of the observations due that are there.",
            unit="ratio",
            samples=[] if share is None else [({}, share)],
        ),
        Family(
            name="last_arrival_seconds",
            help="When the newest record of the window came to the topic, in Unix time.",
            unit="seconds",
            samples=[] if arrived is None else [({}, arrived.timestamp())],
        ),
        Family(
            name="latency_seconds",
            help="Within how long the share of records that quantile tells went a step of their way.",
            unit="seconds",
            samples=[
                ({"step": shown(latency.step), "quantile": quantile}, value)
                for latency in portrait.latencies
                for quantile, value in (("0.5", latency.p50), ("0.95", latency.p95), ("0.99", latency.p99))
            ],
        ),
        Family(
            name="lag",
            help="Raw records that are not through yet.",
            samples=[] if flow.lag is None else [({}, flow.lag)],
        ),
        Family(
            name="drift_psi",
            help="Population stability index of a measure against its baseline.",
            samples=[
                ({"field": shown(line.distribution.field)}, line.distribution.psi)
                for line in summary.measures
                if line.distribution.psi is not None
            ],
        ),
        Family(
            name="topic_held",
            help="Records that a topic of the pipeline holds.",
            samples=[({"of": shown(volume.topic)}, volume.held) for volume in flow.topics],
        ),
        Family(
            name="quarantined",
            help="Records of the window in quarantine, by reason.",
            samples=[({"reason": reason}, rows) for reason, rows in _by_reason(flow.quarantine).items()],
        ),
        Family(
            name="incidents",
            help="Incidents that last.",
            samples=[({}, len(summary.incidents))],
        ),
    )


def _rule(rule: RuleResult) -> dict[str, str]:
    return {"rule": shown(rule.id), "severity": rule.severity.value}


def _by_reason(groups: Iterable[QuarantineGroup]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in groups:
        reason = shown(group.reason)
        counts[reason] = counts.get(reason, 0) + group.records
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
