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
    chart = [(86, 45, 87), (111, 27, 121), (96, 60, 116)]  # NWS heat index chart, °F and %
    rows = [{"units": "IMPERIAL", "temperature": float(t), "humidity": float(rh)} for t, rh, _ in chart]
    found = enriched(publish, raw_value, [*rows, {"units": "IMPERIAL", "temperature": 79.0}])
    assert [round(fahrenheit(r["heat_index"])) for r in found[:-1]] == [index for *_, index in chart]
    assert found[-1]["heat_index"] is None


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
        assert record["flags"] == []


def test_apparent_temperature_equals_the_formula_of_the_bureau_of_meteorology(
    publish: Publish, raw_value: RawValue
) -> None:
    (record,) = enriched(publish, raw_value, [{"temperature": 30.0, "humidity": 60.0, "wind_speed": 4.0}])
    vapour = 0.60 * 6.105 * math.exp(17.27 * 30 / (237.7 + 30))
    assert record["apparent_temperature"] == pytest.approx(30 + 0.33 * vapour - 0.7 * 4 - 4, abs=1e-3)


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
