from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from contracts.records.topic_weather_quality import Validation
from quality.report import summarise
from quality.report.openmetrics import FAMILIES, openmetrics
from tests.unit.quality import histories

TOPIC = "topic-weather-final"
ORDER = ("topic", "rule", "severity", "step", "quantile", "variable", "flag")
DOCS = Path(__file__).parents[3] / "docs" / "report-metrics.md"
Samples = dict[str, dict[tuple[str, ...], float]]


def samples(history: Sequence[Validation]) -> Samples:
    """Value by metric and by the values of its labels, read by Prometheus' own parser."""
    found: Samples = {}
    text = openmetrics(summarise(history))
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            labels = {"topic": "", **sample.labels}
            key = tuple(labels.pop(name) for name in ORDER if name in labels)
            found.setdefault(sample.name, {})[key + tuple(labels.values())] = sample.value
    return {name.removeprefix("weather_quality_"): values for name, values in found.items()}


def test_prometheus_reads_the_verdict_and_every_rule() -> None:
    history = histories.failing()
    found = samples(history)
    assert found["verdict"] == {(TOPIC, "pass"): 0, (TOPIC, "warn"): 0, (TOPIC, "fail"): 1}
    assert found["rows"] == {(TOPIC,): 26_114}
    assert found["unreadable"] == {(TOPIC,): 0}
    assert found["validated_at_seconds"] == {(TOPIC,): history[-1].validated_at.timestamp()}
    assert len(found["rule_kept"]) == len(history[-1].rules)
    broken = (TOPIC, "humidity-possible", "critical")
    assert (found["rule_kept"][broken], found["rule_failed"][broken]) == (0, 13)
    assert found["rule_broken_in_a_row"][TOPIC, "dew-point-possible", "warning"] == 2
    # What could not be judged is not broken.
    assert found["rule_kept"][TOPIC, "complete", "warning"] == 1
    assert found["topic_held"][TOPIC, "topic-weather"] == 26_120
    assert found["quarantined"][TOPIC, "RULE_BROKEN"] == 41
    assert found["drift_psi"][TOPIC, "temperature"] == 0.31
    assert found["latency_seconds"][TOPIC, "published", "0.95"] == 1.1
    assert found["complete_ratio"] == {(TOPIC,): 63 / 72}
    assert found["flagged_values"][TOPIC, "humidity", "fail"] == 3
    assert found["flagged_values"][TOPIC, "wind", "missing"] == 114
    assert found["flagged_values"][TOPIC, "overall", "not_evaluated"] == 0
    assert (found["lag"], found["incidents"], found["stations"]) == (
        {(TOPIC,): 0},
        {(TOPIC,): 1},
        {(TOPIC,): 3},
    )


def test_what_an_older_validation_does_not_know_has_no_sample() -> None:
    found = samples(histories.older())
    unknown = {"lag", "complete_ratio", "drift_psi", "latency_seconds", "last_arrival_seconds"}
    assert not {*unknown, "flagged_values"} & set(found)


def test_hostile_texts_are_labels_and_nothing_else() -> None:
    history = histories.hostile()
    hostile = 'x"} 1\n# EOF\n\\'
    found = samples([histories.put_aside(history[0], [(hostile, (), 4)])])
    assert found["quarantined"] == {(TOPIC, 'x"} 1\ufffd# EOF\ufffd\\'): 4}
    assert (TOPIC, "<script>alert(1)</script>", "critical") in found["rule_kept"]


def test_the_docs_list_every_metric_with_its_labels() -> None:
    rows = re.findall(r"^\| `weather_quality_(\w+)` \| (\w+) \| (.*?) ?\| ", DOCS.read_text(), re.M)
    documented = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert documented == {family.name: (family.kind, ("topic", *family.labels)) for family in FAMILIES}
