"""What the report shows beside the verdict, aggregated by a real Spark."""

from __future__ import annotations

from datetime import date, datetime, timezone

from pyspark.sql import DataFrame, SparkSession

from contracts.folder import load_contracts
from quality import quarantine
from quality.profile import MEASURES, Profile, profile
from quality.window import OFFSET, PARTITION, TIMESTAMP, WRITER

NAN, INFINITY = float("nan"), float("inf")
SCHEMA = load_contracts()["topic-weather-final"].newest.schema
MEASURED = ", ".join(f"{name} double" for name in MEASURES)
COLUMNS = f"station string, observed_at timestamp, writer_schema_id int, {MEASURED}, {WRITER} int"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=timezone.utc)


def records(spark: SparkSession, *rows: tuple[str, datetime, int, float | None, int]) -> DataFrame:
    """Records of station, time, raw writer's id, temperature, and writer's id."""
    wide = [(*row[:4], None, 50.0, None, None, None, row[4]) for row in rows]
    return spark.createDataFrame(wide, COLUMNS)


def test_days_measures_and_versions_are_counted_in_one_pass(spark: SparkSession) -> None:
    found = profile(
        records(
            spark,
            ("JFK", at(1, 5), 7, 1.0, 2),
            ("JFK", at(1, 5, 30), 7, 4.0, 2),
            ("JFK", at(1, 6), 8, NAN, 3),
            ("JFK", at(2, 0), 8, None, 3),
            ("EWR", at(1, 5), 8, INFINITY, 3),
        ),
        SCHEMA,
    )
    assert [(d.station, d.day, d.rows, d.hours, d.lowest, d.mean, d.highest) for d in found.days] == [
        ("EWR", date(2026, 3, 1), 1, 1, None, None, None),
        ("JFK", date(2026, 3, 1), 3, 2, 1.0, 2.5, 4.0),
        ("JFK", date(2026, 3, 2), 1, 1, None, None, None),
    ]
    assert (found.versions, found.raw_versions) == ({2: 2, 3: 3}, {7: 2, 8: 3})
    by_name = {measure.name: measure for measure in found.measures}
    assert set(by_name) == {"temperature", "humidity"}
    temperature = by_name["temperature"]
    assert (temperature.low, temperature.mean, temperature.high) == (1.0, 2.5, 4.0)
    assert (temperature.present, temperature.missing) == (2, 3)
    assert (temperature.bins[0], temperature.bins[-1], sum(temperature.bins)) == (1, 1, 2)


def test_a_contract_without_stations_has_versions_alone(spark: SparkSession) -> None:
    rows = records(spark, ("JFK", at(1, 5), 7, 1.0, 2)).select(WRITER)
    assert profile(rows, {"fields": []}) == Profile(versions={2: 1}, raw_versions={})


def test_an_empty_window_has_an_empty_profile(spark: SparkSession) -> None:
    assert profile(records(spark), SCHEMA) == Profile(versions={}, raw_versions={})


def test_quarantine_is_grouped_by_reason_and_rules_the_largest_first(spark: SparkSession) -> None:
    place = f"{PARTITION} int, {OFFSET} bigint, {TIMESTAMP} timestamp"
    columns = f"reason string, stage string, rules array<string>, {place}"
    rows = [
        ("UNREADABLE", "STREAMING", [], 0, 9, at(1, 1)),
        ("RULE_BROKEN", "STREAMING", ["humidity-possible"], 1, 4, at(1, 1)),
        ("RULE_BROKEN", "STREAMING", ["humidity-possible"], 0, 5, at(1, 2)),
        (None, None, None, 0, 1, at(1, 3)),
    ]
    found = quarantine.groups(spark.createDataFrame(rows, columns))
    assert [(g.reason, g.rules, g.rows, str(g.first), g.newest.hour) for g in found] == [
        ("RULE_BROKEN", ("humidity-possible",), 2, "topic-weather-quarantine-0-5", 2),
        ("UNREADABLE", (), 1, "topic-weather-quarantine-0-9", 1),
    ]
