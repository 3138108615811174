"""The portrait of a window, taken by a real Spark."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from pyspark.sql import SparkSession

from contracts.records.topic_weather_quality import Bin, Feed, Latency, Slice, VariableFlags, Writer
from quality.portrait.spread import OUTERMOST
from quality.portrait.take import Due, Portrayal
from quality.window.read import LONGEST, SOURCE_OFFSET, SOURCE_PARTITION, TIMESTAMP, WRITER
from tests.integration.quality.frames import NOON, PUBLISHED, Change, frame
from tests.unit.quality.samples import passed

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_a_portrait_tells_what_the_records_are_like(spark: SparkSession) -> None:
    changes: list[Change] = [
        {
            "name": "Kennedy",
            "latitude": 40.6,
            "longitude": -73.8,
            "temperature": 9.5,
            TIMESTAMP: NOON + 2 * SECOND,
        },
        {"observed_at": NOON - HOUR, "name": "older", "temperature": -0.5, "flags": ["a-rule"], WRITER: 3},
        {"observed_at": NOON - 2 * HOUR, "replay": True, "temperature": float("nan"), SOURCE_PARTITION: 2},
        {"station": "x" * 1000, "source": "OPEN_METEO", "correction": True, SOURCE_OFFSET: None},
        {"station": "LGA", "observed_at": datetime(1, 1, 2, tzinfo=timezone.utc), "writer_schema_id": 4},
    ]
    portrayal = Portrayal(
        contract=PUBLISHED,
        versions={2: 1},
        raw_versions={1: 1},
        due=Due(at="observed_at", every=3600),
    )
    seen = portrayal.take(frame(spark, changes), passed())
    assert (seen.first_arrival_at, seen.last_arrival_at) == (NOON, NOON + 2 * SECOND)
    assert seen.last_observed_at == NOON
    assert (seen.replayed, seen.corrected, seen.flagged, seen.stations_seen) == (1, 1, 1, 3)
    assert seen.sources == (Feed(source="OPENWEATHERMAP", records=4), Feed(source="OPEN_METEO", records=1))
    assert seen.writers == (Writer(schema_id=2, version=1, records=4), Writer(schema_id=3, records=1))
    assert seen.raw_writers == (Writer(schema_id=1, version=1, records=4), Writer(schema_id=4, records=1))
    assert seen.raw_slices == (Slice(partition=1, start=100, end=105), Slice(partition=2, start=102, end=103))
    assert seen.latencies[1] == Latency(step="published", records=5, p50=0.0, p95=2.0, p99=2.0, highest=2.0)
    lga, kennedy, long = seen.stations
    assert (kennedy.name, kennedy.latitude, kennedy.records, kennedy.flagged) == ("Kennedy", 40.6, 3, 1)
    assert (kennedy.expected, kennedy.present, lga.present, len(long.station)) == (2, 2, 1, LONGEST)
    temperature = next(one for one in seen.distributions if one.field == "temperature")
    assert temperature.bins == (Bin(at=-1, records=1), Bin(at=9, records=1), Bin(at=10, records=2))
    assert (temperature.low, temperature.high, temperature.missing) == (-0.5, 10.0, 1)
    assert [(day.station or "")[:3] for day in seen.days] == ["LGA", "JFK", "xxx"]
    assert [day.records for day in seen.days] == [1, 3, 1]


def test_what_lies_far_beyond_goes_into_the_outermost_bin(spark: SparkSession) -> None:
    changes: list[Change] = [{"temperature": 1e299}, {"temperature": -1e299}, {"temperature": float("inf")}]
    (only,) = Portrayal(contract=PUBLISHED).take(frame(spark, changes), passed()).distributions[:1]
    assert only.bins == (Bin(at=-OUTERMOST, records=1), Bin(at=OUTERMOST, records=1))
    assert set(PUBLISHED.portrayed) <= {field["name"] for field in PUBLISHED.newest.schema["fields"]}


def test_flags_are_counted_by_variable_and_by_station(spark: SparkSession) -> None:
    changes: list[Change] = [
        {"qc": 1, "qc_temperature": 1, "qc_wind": 1},
        {"qc": 4, "qc_temperature": 4, "qc_wind": 9, WRITER: 3},
        {"qc": 3, "qc_temperature": 1, "qc_wind": 3, SOURCE_PARTITION: 2},
        {"qc": 1, "qc_temperature": 1, "qc_wind": 2, "station": "LGA"},
        {"station": "EWR"},
        {"qc": 7, "qc_temperature": 0, "station": "EWR"},
    ]
    seen = Portrayal(contract=PUBLISHED).take(frame(spark, changes), passed())
    wind = VariableFlags(name="wind", good=1, not_evaluated=1, suspect=1, missing=1)
    assert seen.variables == (
        VariableFlags(name="overall", good=2, suspect=1, fail=1),
        VariableFlags(name="temperature", good=3, fail=1),
        wind,
    )
    by_station = {one.station: one.variables for one in seen.stations}
    assert by_station["LGA"] == by_station["EWR"] == ()
    assert by_station["JFK"] == (
        VariableFlags(name="overall", good=1, suspect=1, fail=1),
        VariableFlags(name="temperature", good=2, fail=1),
        replace(wind, not_evaluated=0),
    )


def test_records_without_flags_and_contracts_without_them_have_no_counts(spark: SparkSession) -> None:
    rows = frame(spark, [{}, {"station": "LGA"}])
    assert Portrayal(contract=PUBLISHED).take(rows, passed()).variables == ()
    flagged = frame(spark, [{"qc": 4, "qc_wind": 4}])
    unflagged = Portrayal(contract=replace(PUBLISHED, quality_flags={})).take(flagged, passed())
    assert (unflagged.variables, unflagged.stations[0].variables) == ((), ())


def test_nothing_has_no_portrait(spark: SparkSession) -> None:
    assert Portrayal(contract=PUBLISHED).take(frame(spark, []), passed()) == passed()
