"""The verdict as OpenMetrics text, which Prometheus reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from contracts.records.topic_weather_quality import RuleResult, Validation, Verdict
from quality.report.flags import counts
from quality.report.summary import Summary
from quality.report.text import shown, word

_PREFIX = "weather_quality"

Row = tuple[tuple[str, ...], float]
"""Values of the labels, in order, and the value."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric without its samples, which `rows` takes from a summary; unknown ones are left out."""

    name: str
    help: str
    rows: Callable[[Summary], Iterable[Row]]
    labels: tuple[str, ...] = ()
    kind: str = "gauge"


def openmetrics(summary: Summary) -> str:
    """Verdict, counts of the window and of each rule, flow and drift, quarantine by reason."""
    registry = CollectorRegistry()
    registry.register(_SummaryCollector(summary))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.decode()


class _SummaryCollector(Collector):
    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    def collect(self) -> Iterator[Metric]:
        topic = {"topic": shown(self._summary.validation.topic)}
        for family in FAMILIES:
            name = f"{_PREFIX}_{family.name}"
            unit = next((unit for unit in ("seconds", "ratio") if name.endswith(f"_{unit}")), "")
            metric = Metric(name, family.help, family.kind, unit)
            for values, value in family.rows(self._summary):
                labels = zip(family.labels, map(shown, values), strict=True)
                metric.add_sample(name, {**topic, **dict(labels)}, value)
            yield metric


def _one(value: Callable[[Validation], float | None]) -> Callable[[Summary], Iterable[Row]]:
    """A single sample of the newest validation, none while `value` is None."""

    def rows(summary: Summary) -> Iterable[Row]:
        found = value(summary.validation)
        return [] if found is None else [((), found)]

    return rows


def _each_rule(value: Callable[[RuleResult], float]) -> Callable[[Summary], Iterable[Row]]:
    return lambda summary: [(_rule(line.result), value(line.result)) for line in summary.rules]


def _rule(rule: RuleResult) -> tuple[str, str]:
    return rule.id, word(rule.severity)


def _latencies(summary: Summary) -> Iterator[Row]:
    for latency in summary.validation.latencies:
        for quantile, value in (("0.5", latency.p50), ("0.95", latency.p95), ("0.99", latency.p99)):
            yield (latency.step, quantile), value


def _drift(summary: Summary) -> Iterator[Row]:
    for spread in summary.validation.distributions:
        if spread.psi is not None:
            yield (spread.field,), spread.psi


def _flags(summary: Summary) -> Iterator[Row]:
    for variable in summary.validation.variables:
        for flag, records in counts(variable).items():
            yield (variable.name, flag), records


def _by_reason(summary: Summary) -> Iterable[Row]:
    counts: Counter[str] = Counter()
    for group in summary.validation.quarantine:
        counts[group.reason] += group.records
    return [((reason,), records) for reason, records in counts.items()]


_OF_A_RULE = ("rule", "severity")

FAMILIES = (
    Family(
        "verdict",
        "The verdict on the newest window.",
        lambda s: [((word(each),), each is s.verdict) for each in Verdict if each is not Verdict.UNKNOWN],
        (f"{_PREFIX}_verdict",),
        "stateset",
    ),
    Family("rows", "Records that were judged.", _one(lambda v: v.rows)),
    Family("unreadable", "Records that could not be read.", _one(lambda v: v.unreadable)),
    Family(
        "validated_at_seconds",
        "When the window was judged, in Unix time.",
        _one(lambda v: v.validated_at.timestamp()),
    ),
    Family("validation_seconds", "How long the judging took.", _one(lambda v: v.seconds)),
    Family(
        "rule_kept",
        "1 where the rule is kept or could not be judged.",
        _each_rule(lambda rule: rule.kept),
        _OF_A_RULE,
    ),
    Family(
        "rule_evaluated", "Rows that the rule looked at.", _each_rule(lambda rule: rule.evaluated), _OF_A_RULE
    ),
    Family("rule_failed", "Rows that break the rule.", _each_rule(lambda rule: rule.failed), _OF_A_RULE),
    Family(
        "rule_broken_in_a_row",
        "Validations that found the rule broken, one after the other up to the newest.",
        lambda s: [(_rule(line.result), line.in_a_row) for line in s.rules],
        _OF_A_RULE,
    ),
    Family("stations", "Stations in the window.", _one(lambda v: v.stations_seen)),
    Family(
        "complete_ratio",
        "Share of the due observations that are present.",
        lambda s: [] if s.present_share is None else [((), s.present_share)],
    ),
    Family(
        "last_arrival_seconds",
        "When the newest record of the window reached the topic, in Unix time.",
        _one(lambda v: v.last_arrival_at.timestamp() if v.last_arrival_at else None),
    ),
    Family(
        "latency_seconds",
        "Time within which the share `quantile` of the records took a step.",
        _latencies,
        ("step", "quantile"),
    ),
    Family("lag", "Raw records that are neither published nor in quarantine yet.", _one(lambda v: v.lag)),
    Family("drift_psi", "Population stability index of a measure against its baseline.", _drift, ("field",)),
    Family(
        "topic_held",
        "Records that a topic of the pipeline holds.",
        lambda s: [((volume.topic,), volume.held) for volume in s.validation.topics],
        ("of",),
    ),
    Family("quarantined", "Records of the window in quarantine, by reason.", _by_reason, ("reason",)),
    Family(
        "flagged_values",
        "Records of the window by the quality flag of a variable.",
        _flags,
        ("variable", "flag"),
    ),
    Family("incidents", "Incidents that last.", lambda s: [((), len(s.incidents))]),
)
