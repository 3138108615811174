"""Rules that judge a window as a whole: each is broken in at least five ways, which GX must tell."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from contracts.folder.model import Rule, Severity
from contracts.records.topic_weather_quality import RuleResult, Slice, Station, Validation
from quality.portrait.take import Portrayal
from quality.window.read import TIMESTAMP
from tests.integration.quality.frames import NOON, PUBLISHED, Change, by_rule, frame, judged
from tests.unit.quality.samples import passed

HOUR = timedelta(hours=1)


def rule(name: str, check: str, **parameters: Any) -> Rule:
    return Rule(id=name, check=check, severity=Severity.WARNING, why="A test.", parameters=parameters)


def hours(station: str, *which: int, **more: object) -> list[Change]:
    """Observations of a station at these hours."""
    received = {"received_at": NOON + 24 * HOUR}
    return [{"station": station, "observed_at": NOON + hour * HOUR, **received, **more} for hour in which]


def station_before(name: str, hour: int, source: str = "OPENWEATHERMAP") -> Station:
    return Station(station=name, source=source, records=24, last_observed_at=NOON + hour * HOUR)


def found(spark: SparkSession, rules: list[Rule], changes: list[Change], **more: Any) -> Validation:
    return judged(frame(spark, changes), replace(PUBLISHED, rules=tuple(rules)), **more)


def counts_of(spark: SparkSession, *rest: Any, **more: Any) -> dict[str, RuleResult]:
    return by_rule(found(spark, *rest, **more))


def test_doubled_observations_are_counted_whatever_else_differs(spark: SparkSession) -> None:
    ways: tuple[Change, ...] = (
        {},
        {"temperature": 11.0},
        {"received_at": NOON + HOUR},
        {"flags": ["temperature-present"]},
        {"replay": True},
    )
    pairs: list[Change] = [
        {**change, "station": f"S{at}"} for at, way in enumerate(ways) for change in (way, {})
    ]
    alone: list[Change] = [
        {},
        {"station": "LGA"},
        {"correction": True},
        {"observed_at": NOON + HOUR},
        {"source": "OPEN_METEO"},
    ]
    counts = counts_of(spark, [r for r in PUBLISHED.rules if r.check == "unique"], [*pairs, *alone])
    assert counts["observation-unique"].failed == 2 * len(ways)


def test_doubled_values_of_a_single_field_are_counted(spark: SparkSession) -> None:
    alone = [
        rule("stations-differ", "unique", fields=["station"]),
        rule("places-differ", "unique", fields=["name"]),
    ]
    stations: list[Change] = [{"station": station, "name": None} for station in ("JFK", "JFK", "LGA")]
    counts = counts_of(spark, alone, stations)
    assert (counts["stations-differ"].failed, counts["places-differ"].kept) == (2, True)


def test_a_number_of_rows_is_broken_from_either_side(spark: SparkSession) -> None:
    bounds: dict[str, dict[str, int]] = {
        "one-more": {"min": 7},
        "far-more": {"min": 1000},
        "one-less": {"max": 5},
        "none-at-all": {"max": 0},
        "beside": {"min": 7, "max": 9},
    }
    keeping = {"exact": {"min": 6, "max": 6}, "open": {"min": 1}}
    rules = [rule(name, "row_count", **both) for name, both in {**bounds, **keeping}.items()]
    counts = counts_of(spark, rules, [{}] * 6)
    assert {name for name, count in counts.items() if not count.kept} == set(bounds)
    assert {count.observed for count in counts.values()} == {6.0}


def test_a_feed_is_stale_by_the_arrival_of_its_newest_record(spark: SparkSession) -> None:
    stale = {"by-a-second": "7199s", "by-a-minute": "119m", "by-an-hour": "1h", "long": "10m", "longer": "1s"}
    fresh = {"just": "2h", "well": "1d"}
    rules = [rule(name, "freshness", max=length) for name, length in {**stale, **fresh}.items()]
    arrivals: list[Change] = [{TIMESTAMP: NOON - 9 * HOUR}, {TIMESTAMP: NOON}, {TIMESTAMP: NOON - HOUR}]
    counts = counts_of(spark, rules, arrivals, ends_at=NOON + 2 * HOUR)
    assert {name for name, count in counts.items() if not count.kept} == set(stale)
    assert {(count.observed, count.unit) for count in counts.values()} == {(7200.0, "s")}
    assert counts["by-a-minute"].limit == 119 * 60


def test_stations_are_incomplete_in_every_way_and_counted(spark: SparkSession) -> None:
    day = range(24)
    poor = {
        "silent-at-the-end": [h for h in day if h < 20],
        "gap": [h for h in day if not 6 <= h < 10],
        "every-other": [h for h in day if h % 2],
        "once": [0],
        "twice-the-same": [0, 0, 0, *range(12, 24)],
        "nights-only": [h for h in day if h < 6 or h >= 20],
    }
    good = {"whole": list(day), "late-start": list(range(10, 24)), "one-missing": [h for h in day if h != 5]}
    changes = [each for name, which in {**poor, **good}.items() for each in hours(name, *which)]
    # A clock far ahead makes no other station incomplete, and too little is not judged.
    changes += [*hours("whole", 24 * 365), *hours("new", 22, 23), *hours("elsewhere", 0, source="OPEN_METEO")]
    complete = rule("complete", "completeness", field="observed_at", every="1h", min=0.9)
    seen = found(spark, [complete], changes)
    count = by_rule(seen)["complete"]
    assert (count.kept, count.evaluated, count.failed) == (False, len(poor) + len(good), len(poor))
    assert {one.station for one in seen.stations[: len(poor)]} == set(poor)
    assert count.note == "Least complete: once, 1 of 23."


def test_a_station_that_the_history_knows_and_the_window_does_not_is_incomplete(spark: SparkSession) -> None:
    gone = [station_before("JFK", -2), station_before("EWR", -3), station_before("EWR", -2)]
    others = [station_before("LGA", -1), station_before("OLD", -2, source="OPEN_METEO")]
    before = replace(passed(), stations=(*gone, *others))
    complete = rule("complete", "completeness", field="observed_at", every="1h", min=0.9)
    seen = found(spark, [complete], hours("LGA", *range(24)), baseline=(before,))
    count = by_rule(seen)["complete"]
    assert (count.kept, count.evaluated, count.failed, count.limit) == (False, 3, 2, 0.9)
    assert count.note == "Least complete: EWR, 0 of 23."
    assert [one.station for one in seen.stations] == ["EWR", "JFK", "LGA"]


def test_a_window_too_short_for_completeness_is_not_judged(spark: SparkSession) -> None:
    complete = rule("complete", "completeness", field="observed_at", every="1h", min=0.9)
    count = counts_of(spark, [complete], hours("JFK", 0, 1, 2))["complete"]
    assert (count.judged, count.kept, count.failed) == (False, True, 0)


DRIFTED: dict[str, Callable[[float], float | None]] = {
    "temperature": lambda value: value + 3,
    "dew_point": lambda value: value * 1.8 + 32,
    "humidity": lambda _: 50.0,
    "pressure": lambda value: 1000 + 3 * (value - 1000),
    "wind_speed": abs,
    "wind_gust": lambda value: value if value < 0 else None,
}
MEANS = {"pressure": 1000.0}


def normal(field: str, at: int) -> float:
    return MEANS.get(field, 0.0) + random.Random(f"{field} {at}").gauss(0, 4)


def earlier(spark: SparkSession, windows: int) -> tuple[Validation, ...]:
    """Validations of windows, no record in two of them, whose fields are spread normally."""
    rows = frame(spark, [{field: normal(field, at) for field in DRIFTED} for at in range(800)])
    portrait = Portrayal(contract=PUBLISHED).take(rows, passed())
    return tuple(
        replace(portrait, id=f"w{at}", slices=(Slice(partition=0, start=at * 10, end=at * 10 + 10),))
        for at in range(windows)
    )


DRIFT_RULES = [rule(field, "drift", field=field, max=0.25) for field in DRIFTED]


def test_drift_is_found_in_every_field_that_changed_and_in_none_that_did_not(spark: SparkSession) -> None:
    before = earlier(spark, 3)
    fields = [{field: normal(field, at) for field in DRIFTED} for at in range(800, 1600)]
    moved: list[Change] = [{field: DRIFTED[field](value) for field, value in row.items()} for row in fields]
    same: list[Change] = [dict(row) for row in fields]
    counts = counts_of(spark, DRIFT_RULES, moved, baseline=before)
    assert [name for name, count in counts.items() if count.kept] == []
    counts = counts_of(spark, DRIFT_RULES, same, baseline=before)
    assert [name for name, count in counts.items() if not count.kept] == []


@pytest.mark.parametrize(("windows", "records"), [(2, 800), (3, 199)], ids=["two windows", "few records"])
def test_drift_is_not_judged_yet_by_too_little(spark: SparkSession, windows: int, records: int) -> None:
    far: list[Change] = [{"temperature": 40.0}] * records
    count = counts_of(spark, DRIFT_RULES[:1], far, baseline=earlier(spark, windows))["temperature"]
    assert (count.judged, count.kept, count.failed) == (False, True, 0)
    assert count.note.startswith("Not judged")


def test_an_empty_window_keeps_no_rule_of_its_rows_or_its_age(spark: SparkSession) -> None:
    counts = by_rule(judged(frame(spark, [])))
    broken = {name for name, count in counts.items() if count.judged and not count.kept}
    assert broken == {"feed-fresh", "some-rows"}
