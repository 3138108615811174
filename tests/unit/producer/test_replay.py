"""The replay is the package's observations, all of them, as bodies of the API."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from producer import Context, parse
from producer.replay import SOURCE, Observation, load_observations, split_for_polling
from producer.replay.sun import sunrise_and_sunset


@pytest.fixture(scope="module")
def observations() -> list[Observation]:
    return load_observations()


def test_all_observations_become_records_each_of_its_own_time(observations: list[Observation]) -> None:
    context = Context(product="weather", source=SOURCE, replay=True, units="METRIC", received_at=0)
    records = [parse(one.body("METRIC"), context) for one in observations]
    assert len({(record["station"], record["observed_at"]) for record in records}) == 26_115
    assert Counter(record["station"] for record in records) == {
        "id:14734": 8703,
        "id:94789": 8706,
        "id:14732": 8706,
    }
    # An instrument's error, kept: 1048.36 miles an hour.
    assert max(record["wind_speed"] or 0 for record in records) == pytest.approx(468.66, abs=0.01)
    assert sum(record["temperature"] is None for record in records) == 1
    assert {(record["station"], record["elevation"]) for record in records} == {
        ("id:14734", 5.49),
        ("id:94789", 3.96),
        ("id:14732", 6.71),
    }
    # Every row has an amount, of one kind: as rain, or of a kind that the row does not tell.
    assert all((record["rain"] is None) is (record["precipitation"] is not None) for record in records)
    assert all(record["rain"] is None or record["temperature"] > 5 for record in records)


@pytest.mark.parametrize(
    ("units", "temperature", "wind"),
    [("STANDARD", 277.05, 4.63), ("METRIC", 3.9, 4.63), ("IMPERIAL", 39.02, 10.36)],
)
def test_measures_are_in_the_units_that_were_asked_for(
    observations: list[Observation], units: str, temperature: float, wind: float
) -> None:
    first = next(one for one in observations if one.station.code == "EWR")
    body = json.loads(first.body(units))  # type: ignore[arg-type]
    assert (body["main"]["temp"], body["wind"]["speed"]) == (temperature, wind)
    assert body["dt"] == datetime(2013, 1, 1, 6, 51, tzinfo=timezone.utc).timestamp()
    assert body["visibility"] == 16093
    assert body["elevation"] == 5.49
    assert "rain" not in body
    assert body["precipitation"] == {"1h": 0.0}
    assert "gust" not in body["wind"]


@pytest.mark.parametrize(
    ("units", "dew_point"), [("STANDARD", 269.85), ("METRIC", -3.3), ("IMPERIAL", 26.06)]
)
def test_the_dew_point_is_in_the_units_of_the_temperature(
    observations: list[Observation], units: str, dew_point: float
) -> None:
    first = next(one for one in observations if one.station.code == "EWR")
    assert json.loads(first.body(units))["main"]["dew_point"] == dew_point  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("temperature", "inches", "amount", "conditions"),
    [
        ("41.02", "0.04", {"rain": {"1h": 1.02}}, ["Rain"]),
        ("41", "0.04", {"precipitation": {"1h": 1.02}}, []),
        ("14", "0.04", {"precipitation": {"1h": 1.02}}, []),
        ("NA", "0.04", {"precipitation": {"1h": 1.02}}, []),
        ("82.94", "0", {"precipitation": {"1h": 0.0}}, []),
        ("14", "0", {"precipitation": {"1h": 0.0}}, []),
        ("82.94", "NA", {}, []),
    ],
)
@pytest.mark.parametrize("units", ["STANDARD", "METRIC", "IMPERIAL"])
def test_a_row_proves_rain_only_where_it_is_warm(
    observations: list[Observation],
    units: str,
    temperature: str,
    inches: str,
    amount: dict[str, Any],
    conditions: list[str],
) -> None:
    row = {**observations[0].row, "temp": temperature, "precip": inches}
    body = json.loads(replace(observations[0], row=row).body(units))  # type: ignore[arg-type]
    assert {name: body[name] for name in ("rain", "snow", "precipitation") if name in body} == amount
    assert [one["main"] for one in body.get("weather", [])] == conditions


def test_the_split_leaves_nothing_out_and_nothing_twice(observations: list[Observation]) -> None:
    bulk, polled = split_for_polling(observations, 100)
    assert len(polled) == 300
    assert Counter(map(id, bulk + polled)) == Counter(map(id, observations))


def test_the_clock_changes_with_summer_time(observations: list[Observation]) -> None:
    """The file's own local hours tell the offset, independently of our bounds."""
    for one in observations:
        local = (int(one.row["hour"]) - one.time // 3600 + 12) % 24 - 12
        assert json.loads(one.body("METRIC"))["timezone"] == local * 3600


@pytest.mark.parametrize(
    ("date", "sunrise", "sunset"),
    [
        # New York's longest and shortest day by the usual published tables, in UTC.
        (datetime(2013, 6, 21, tzinfo=timezone.utc), (9, 25), (24, 31)),
        (datetime(2013, 12, 21, tzinfo=timezone.utc), (12, 17), (21, 32)),
    ],
)
def test_sunrise_and_sunset_agree_with_published_tables_to_three_minutes(
    date: datetime, sunrise: tuple[int, int], sunset: tuple[int, int]
) -> None:
    midnight = int(date.timestamp())
    found = sunrise_and_sunset(midnight // 86_400, 40.7, -74.0)
    assert found is not None
    for second, (hour, minute) in zip(found, (sunrise, sunset), strict=True):
        assert abs(second - midnight - hour * 3600 - minute * 60) <= 180


def test_a_polar_night_has_no_sunrise() -> None:
    assert sunrise_and_sunset(355, 80.0, 20.0) is None
