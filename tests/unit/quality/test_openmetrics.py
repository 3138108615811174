from __future__ import annotations

from dataclasses import replace

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from contracts.model import Severity
from quality.report import Facts
from quality.report.openmetrics import openmetrics
from quality.results import Validation
from tests.unit.quality.samples import NOON, broken, facts_of

Samples = dict[str, dict[tuple[str, ...], float]]


def samples(facts: Facts) -> Samples:
    """Value by metric and by the values of its labels, read by Prometheus' own parser."""
    found: Samples = {}
    for family in text_string_to_metric_families(openmetrics(facts)):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_prometheus_reads_the_verdict_and_every_rule(facts: Facts, validation: Validation) -> None:
    wet = broken("humidity-possible", Severity.CRITICAL)
    rules = tuple(wet if rule.id == wet.id else rule for rule in validation.rules)
    failed = replace(validation, rules=rules, unreadable=2)
    found = samples(replace(facts, validation=failed, history=(failed,)))
    topic = "topic-weather-final"
    assert found["weather_quality_verdict"] == {(topic, "pass"): 0, (topic, "warn"): 0, (topic, "fail"): 1}
    assert found["weather_quality_rows"] == {(topic,): 10}
    assert found["weather_quality_unreadable"] == {(topic,): 2}
    assert found["weather_quality_validated_at_seconds"] == {(topic,): NOON.timestamp()}
    assert len(found["weather_quality_rule_kept"]) == len(rules)
    assert found["weather_quality_rule_kept"][topic, "humidity-possible", "critical"] == 0
    assert found["weather_quality_rule_failed"][topic, "humidity-possible", "critical"] == 1
    assert found["weather_quality_topic_held"] == {(topic, "topic-weather"): 76}
    assert found["weather_quality_quarantined"] == {(topic, "RULE_BROKEN"): 4}


def test_a_hostile_reason_is_a_label_and_nothing_else(validation: Validation) -> None:
    hostile = 'x"} 1\n# EOF\n\\'
    found = samples(facts_of(validation, station="JFK", reason=hostile))
    topic = "topic-weather-final"
    assert found["weather_quality_quarantined"] == {(topic, 'x"} 1\ufffd# EOF\ufffd\\'): 4}
