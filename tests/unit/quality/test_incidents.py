"""An incident is told of once when it begins and once when it is over, and lives in the validations alone."""

from __future__ import annotations

from dataclasses import replace

from contracts.records.topic_weather_quality import Incident, RuleResult, Severity, Validation
from quality.watch.incidents import follow
from tests.unit.quality.samples import broken


def with_rules(validation: Validation, *rules: RuleResult) -> Validation:
    named = {rule.id: rule for rule in rules}
    return replace(validation, rules=tuple(named.get(rule.id, rule) for rule in validation.rules))


def wet(validation: Validation) -> Validation:
    return with_rules(validation, broken("humidity-possible", Severity.CRITICAL))


def stale(validation: Validation, seconds: float) -> Validation:
    old = next(rule for rule in validation.rules if rule.id == "feed-fresh")
    return with_rules(validation, replace(old, kept=False, failed=1, observed=seconds, unit="s"))


def told(incidents: tuple[Incident, ...]) -> tuple[Incident, ...]:
    return tuple(replace(one, told=True) for one in incidents)


def test_a_broken_critical_rule_is_one_incident_from_its_beginning_to_its_end(validation: Validation) -> None:
    (opened,) = follow(wet(validation), ())
    assert (opened.kind, opened.rule, opened.closed_at) == ("rule", "humidity-possible", None)
    assert "humidity-possible" in opened.sentence
    (lasting,) = follow(wet(validation), told((opened,)))
    assert lasting == replace(opened, told=True)
    (over,) = follow(validation, (lasting,))
    assert (over.id, over.told, over.closed_at) == (opened.id, False, validation.validated_at)
    assert follow(validation, told((over,))) == ()


def test_what_nobody_was_told_of_is_kept_until_somebody_is(validation: Validation) -> None:
    (opened,) = follow(wet(validation), ())
    (over,) = follow(validation, (opened,))
    assert follow(validation, (over,)) == (over,)


def test_an_incident_that_returns_is_another(validation: Validation) -> None:
    (first,) = follow(wet(validation), ())
    slices = tuple(replace(part, start=part.end, end=part.end + 5) for part in validation.slices)
    later = replace(wet(validation), slices=slices)
    (second,) = follow(later, ())
    assert first.id != second.id
    assert follow(wet(validation), ())[0].id == first.id


def test_an_empty_window_tells_of_the_feed_alone(validation: Validation) -> None:
    (opened,) = told(follow(wet(validation), ()))
    empty = replace(stale(validation, 9000), rows=0)
    empty = with_rules(empty, broken("some-rows", Severity.CRITICAL))
    lasting, feed = follow(empty, (opened,))
    assert lasting == opened
    assert (feed.kind, feed.sentence) == (
        "stale",
        "topic-weather-final is stale: its newest record arrived 150 minutes before the end of the window.",
    )
    recovered = follow(validation, told((lasting, feed)))
    assert {(one.kind, one.closed_at is not None) for one in recovered} == {("rule", True), ("stale", True)}


def test_values_warnings_and_infos_wake_nobody_and_unreadable_records_do(validation: Validation) -> None:
    mild = with_rules(
        validation,
        broken("humidity-possible", Severity.VALUE),
        broken("temperature-present", Severity.WARNING),
        broken("gust-at-least-wind", Severity.INFO),
    )
    assert follow(mild, ()) == ()
    (unreadable,) = follow(replace(validation, unreadable=3), ())
    assert unreadable.sentence == "topic-weather-final: 3 records cannot be read."


def test_a_rule_that_cannot_be_judged_ends_no_incident(validation: Validation) -> None:
    (opened,) = told(follow(wet(validation), ()))
    old = next(rule for rule in validation.rules if rule.id == "humidity-possible")
    unknown = with_rules(validation, replace(old, judged=False))
    assert follow(unknown, (opened,)) == (opened,)
