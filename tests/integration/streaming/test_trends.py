"""What a trend says of an observation, against plain Python, small series and a year of three stations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from producer.replay.observations import load_observations
from streaming.engine.spark import configure
from streaming.engine.state import keep_state
from streaming.trends.query import STATE_SETTINGS, trends_of
from tests.references import rows_of
from tests.trends import FIELDS, HOUR, MINUTE, VALUES, Seen, expected, hourly

_OBSERVATIONS = (
    "source string, station string, observed_at timestamp, place bigint, one struct<t bigint, "
    "received bigint, partition int, offset bigint, batch bigint, values struct<"
    + ", ".join(f"{name} double" for name in VALUES)
    + ">>"
)
Trends = Callable[[Iterable[Seen]], dict[tuple[int, int], Row]]


@pytest.fixture(scope="module")
def trends(spark: SparkSession) -> Trends:
    """Gives the trend of each observation, by the place of its raw record; all of them come in one batch."""
    ours = configure(spark.newSession())
    keep_state(ours, STATE_SETTINGS)

    def of(seen: Iterable[Seen]) -> dict[tuple[int, int], Row]:
        rows = [
            (
                one.source,
                one.station,
                datetime.fromtimestamp(one.t / 1000, timezone.utc),
                0,
                (one.t, one.received, *one.at, 0, tuple(one[name] for name in VALUES)),
            )
            for one in seen
        ]
        frame = ours.createDataFrame(rows, _OBSERVATIONS)
        now = "named_struct('t', one.t, 'received', one.received, 'partition', one.partition, 'offset', "
        now += "one.offset, 'batch', unix_millis(current_timestamp()), 'values', one.values) AS one"
        told = trends_of(
            frame.selectExpr("source", "station", "observed_at", "place", now), "26 hours"
        ).select("source_partition", "source_offset", "observed_at", *FIELDS)
        found = told.collect()
        places = [(row.source_partition, row.source_offset) for row in found]
        assert len(places) == len(set(places)), "an observation has two trends"
        return dict(zip(places, found, strict=True))

    return of


def values(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in FIELDS}


_SMALL: list[tuple[list[Seen], str, object]] = [
    (hourly("pressure", [1013.2, 1013.0, 1012.0, 1011.1]), "pressure_change_3h", -2.1),
    (hourly("pressure", [1013.2, 1013.0, 1012.0, 1011.1]), "pressure_tendency", 7),
    (hourly("pressure", [1013.2, 1013.0, 1012.0, 1011.1]), "pressure_basis", "SEA_LEVEL"),
    (hourly("station_pressure", [900.2, 900.0, 900.0, 901.0]), "pressure_basis", "STATION"),
    (hourly("pressure", [1013.2, 1013.0, 1012.0, 1013.29]), "pressure_tendency", 4),
    (hourly("pressure", [1013.2, 1013.0, 1012.0, 1013.3]), "pressure_tendency", 2),
    (hourly("pressure", [1013.2, 1013.0, 1012.0, None]), "pressure_change_3h", None),
    (hourly("temperature", [10.0, 11.5]), "temperature_change_1h", 1.5),
    (hourly("temperature", [10.0, *[11.0] * 23, 7.0]), "temperature_change_24h", -3.0),
    (hourly("dew_point", [5.0, 4.0]), "dew_point_change_1h", -1.0),
    (hourly("temperature", [10.0, 18.0]), "qc_step_temperature", 1),
    (hourly("temperature", [10.0, 18.1]), "qc_step_temperature", 3),
    (hourly("temperature", [10.0, 29.5]), "qc_step_temperature", 4),
    (hourly("wind_speed", [1.0, 16.1]), "qc_step_wind", 3),
    (hourly("temperature", [10.0]), "qc_step_temperature", 2),
    (hourly("temperature", [10.0, None]), "qc_step_temperature", 9),
    (hourly("temperature", [9.0, *[10.0] * 18]), "qc_stuck_temperature", 1),
    (hourly("temperature", [9.0, *[10.0] * 19]), "qc_stuck_temperature", 3),
    (hourly("temperature", [10.0] * 25), "qc_stuck_temperature", 4),
    (hourly("temperature", [10.0] * 12), "qc_stuck_temperature", 2),
    (hourly("pressure", [1013.0] * 13), "qc_stuck_pressure", 3),
    (hourly("pressure", [1013.0] * 13, source="OPENWEATHERMAP"), "qc_stuck_pressure", 2),
    (hourly("wind_speed", [0.0] * 30), "qc_stuck_wind", 1),
    (hourly("wind_speed", [4.0] * 30), "qc_stuck_wind", 4),
]


@pytest.fixture(scope="module")
def small(trends: Trends) -> list[tuple[list[Seen], dict[tuple[int, int], Row]]]:
    """Each small series, as a station of its own, with its trends."""
    own = [
        [replace(one, station=f"S{number}", at=(number, one.at[1])) for one in seen]
        for number, (seen, _, _) in enumerate(_SMALL)
    ]
    found = trends(one for seen in own for one in seen)
    return [(seen, {one.at: found[one.at] for one in seen}) for seen in own]


@pytest.mark.parametrize("number", range(len(_SMALL)))
def test_the_last_of_a_small_series_has_its_trend(
    small: list[tuple[list[Seen], dict[tuple[int, int], Row]]], number: int
) -> None:
    _, field, last = _SMALL[number]
    seen, found = small[number]

    assert found[seen[-1].at][field] == last
    assert {at: values(row) for at, row in found.items()} == expected(seen)


def test_a_value_between_two_others_is_a_spike_and_no_other_is(trends: Trends) -> None:
    found = trends(hourly("temperature", [13.0, 13.9, -10.5, 14.0, 14.1]))

    flags = [found[0, i].qc_spike_temperature for i in range(5)]
    assert flags == [2, 1, 4, 1, 2]
    assert [found[0, i].qc_step_temperature for i in range(5)] == [2, 1, 4, 4, 1]


def test_flags_of_regular_series_are_those_of_ioos_qc(trends: Trends) -> None:
    """In a series with gaps they are not: its rates look across them, and its runs count samples."""
    series = [rows_of(f"series {number}") for number in range(3)]
    found = trends(
        Seen(row["hour"] * HOUR, row, at=(number, row["hour"]), station=f"S{number}")
        for number, rows in enumerate(series)
        for row in rows
    )

    seen = set()
    for number, rows in enumerate(series):
        flags = [name for name in rows[0] if name.startswith("ioos_qc ")]
        theirs = [[row[name] for name in flags] for row in rows]
        ours = [[found[number, row["hour"]][name.split()[1]] for name in flags] for row in rows]
        assert ours[1:] == theirs[1:]
        # Of what nothing comes before ioos_qc says good, and we say that nobody knows.
        assert set(ours[0]) == {2}
        assert {flag for name, flag in zip(flags, theirs[0], strict=True) if "spike" not in name} == {1}
        seen |= {(name, flag) for row in ours for name, flag in zip(flags, row, strict=True)}
    for kind in ("step_temperature", "step_dew_point", "step_pressure", "step_wind", "spike_temperature",
                 "spike_pressure", "stuck_temperature", "stuck_pressure", "stuck_wind"):  # fmt: skip
        assert {flag for name, flag in seen if name == f"ioos_qc qc_{kind}"} >= {1, 3, 4}, kind


def test_an_observation_stands_for_an_hour_only_within_the_tolerance_of_its_source(trends: Trends) -> None:
    def ago(minutes: int, source: str) -> float | None:
        seen = [
            Seen(48 * HOUR - minutes * MINUTE, {"temperature": 10.0}, at=(0, 0), source=source),
            Seen(48 * HOUR, {"temperature": 12.0}, at=(0, 1), source=source),
        ]
        change: float | None = trends(seen)[0, 1].temperature_change_1h
        return change

    cases = [
        (50, "OPENWEATHERMAP"),
        (70, "OPENWEATHERMAP"),
        (49, "OPENWEATHERMAP"),
        (30, "NYCFLIGHTS13"),
        (91, "NYCFLIGHTS13"),
    ]
    assert [ago(*case) for case in cases] == [2.0, 2.0, None, 2.0, None]


def test_others_are_compared_with_a_correction_and_not_with_what_it_replaces(trends: Trends) -> None:
    seen = [
        Seen(0, {"temperature": 10.0}, at=(0, 0), received=1),
        Seen(0, {"temperature": 11.0}, at=(0, 9), received=2),
        Seen(HOUR, {"temperature": 12.0}, at=(0, 1), received=3),
    ]

    found = trends(seen)

    assert found[0, 1].temperature_change_1h == 1.0
    assert set(found) == {(0, 0), (0, 9), (0, 1)}, "a correction has a trend of its own"


def test_stations_and_sources_are_not_mixed(trends: Trends) -> None:
    seen = [
        Seen(0, {"temperature": 10.0}, at=(0, 0)),
        Seen(HOUR, {"temperature": 12.0}, at=(0, 1), station="LGA"),
        Seen(HOUR, {"temperature": 12.0}, at=(0, 2), source="OPEN_METEO"),
    ]

    assert all(row.temperature_change_1h is None for row in trends(seen).values())


def test_a_year_of_three_stations_has_the_trends_that_plain_python_finds(trends: Trends) -> None:
    stations: dict[str, list[Seen]] = defaultdict(list)
    for number, one in enumerate(load_observations()):
        row = one.row

        def measure(name: str, factor: float = 1.0, less: float = 0.0, row: Any = row) -> float | None:
            return None if row[name] == "NA" else round((float(row[name]) - less) * factor, 4)

        speed = measure("wind_speed", 0.44704)
        told = {
            "temperature": measure("temp", 5 / 9, 32),
            "dew_point": measure("dewp", 5 / 9, 32),
            "pressure": measure("pressure"),
            # The final topic has no wind beyond what is possible.
            "wind_speed": None if speed is None or speed > 115 else speed,
        }
        stations[one.station.code].append(
            Seen(one.time * 1000, told, at=(0, number), station=one.station.code)
        )

    found = trends(one for seen in stations.values() for one in seen)

    wanted = {at: row for seen in stations.values() for at, row in expected(seen).items()}
    assert len(wanted) == 26_115
    assert {at: values(row) for at, row in found.items()} == wanted
    spikes = [row for row in found.values() if row.qc_spike_temperature in {3, 4}]
    assert [row.observed_at.strftime("%Y-%m-%dT%H") for row in spikes] == ["2013-05-09T02"]
    assert [row.qc_spike_temperature for row in spikes] == [4]
    steps = [row for row in found.values() if row.qc_step_temperature in {3, 4}]
    assert len(steps) == 2, "down and up again at JFK, and nowhere else"
    assert not any(row.qc_stuck_temperature in {3, 4} for row in found.values())
    with_change = sum(row.pressure_change_3h is not None for row in found.values())
    assert 0.82 < with_change / len(found) < 0.84
