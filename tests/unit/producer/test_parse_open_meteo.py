"""A body of Open-Meteo becomes a record of the same contract, or a named error."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.folder.read import HOME, load_contract
from producer import Context, Unparsable, parse

METRIC = Context(
    product="weather", source="OPEN_METEO", replay=False, units="METRIC", received_at=1_717_245_100_000
)
IMPERIAL = Context(
    product="weather", source="OPEN_METEO", replay=False, units="IMPERIAL", received_at=1_717_245_100_000
)
SCHEMA: Any = fastavro.parse_schema(load_contract(HOME / "topic-weather").newest.schema)
BODY = (Path(__file__).parent / "bodies" / "open-meteo.json").read_bytes()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    body = json.loads(BODY)
    change(body)
    return json.dumps(body).encode()


def test_every_measure_arrives_in_its_own_field() -> None:
    record = parse(BODY, METRIC)
    assert {name: value for name, value in record.items() if value is not None and name != "extra"} == {
        "source": "OPEN_METEO",
        "replay": False,
        "correction": False,
        "station": "geo:38.7100,-9.1400",
        "observed_at": 1_717_245_000_000,
        "received_at": 1_717_245_100_000,
        "units": "METRIC",
        "latitude": 38.71,
        "longitude": -9.140015,
        "utc_offset": 3600,
        "conditions": [{"id": 51, "main": None, "description": None, "icon": None}],
        "temperature": 24.3,
        "feels_like": 25.1,
        "pressure": 1017.2,
        "ground_level_pressure": 1011.9,
        "humidity": 52.0,
        "visibility": 24140.0,
        "wind_speed": 4.41,
        "wind_gust": 9.2,
        "wind_direction": 322.0,
        "cloudiness": 35.0,
        "elevation": 45.0,
        "dew_point": 13.8,
        "precipitation": {"amount": 0.1, "solid": 0.0, "interval": 900},
    }
    assert {name: text for name, text in record["extra"].items() if name.startswith("/current")} == {
        "/current/is_day": "1",
        "/current/rain": "0.1",
        "/current/showers": "0.0",
    }
    assert "/elevation" not in record["extra"]


@pytest.mark.parametrize(
    ("fallen", "expected"),
    [
        (
            {"weather_code": 73, "precipitation": 1.4, "snowfall": 0.84},
            {"amount": 1.4, "solid": 1.2, "interval": 900},
        ),
        # The source rounds: 0.07 cm would be 0.1 mm, and 0.1 cm 0.1429 mm.
        ({"precipitation": 0.2, "snowfall": 0.1}, {"amount": 0.2, "solid": 0.1429, "interval": 900}),
        ({"precipitation": 0.1, "snowfall": 0.1}, {"amount": 0.1, "solid": 0.1, "interval": 900}),
        ({"precipitation": 0.3, "snowfall": None}, {"amount": 0.3, "solid": None, "interval": 900}),
        ({"precipitation": 0, "interval": "3600"}, {"amount": 0.0, "solid": 0.0, "interval": 3600}),
    ],
)
def test_precipitation_is_of_the_body_s_interval_and_its_snow_is_water(
    fallen: dict[str, Any], expected: dict[str, Any]
) -> None:
    record = parse(changed(lambda b: b["current"].update(fallen)), METRIC)
    assert record["precipitation"] == expected
    assert not {"/current/precipitation", "/current/snowfall", "/current/interval"} & record["extra"].keys()
    assert record["conditions"][0]["id"] == fallen.get("weather_code", 51)
    assert "/current/rain" in record["extra"]


@pytest.mark.parametrize("interval", [None, 0, -900, 0.5, "soon", True, 1 << 31])
def test_precipitation_of_no_interval_is_kept_beside_the_record(interval: Any) -> None:
    record = parse(changed(lambda b: b["current"].update(interval=interval)), METRIC)
    assert record["precipitation"] is None
    assert record["extra"]["/current/precipitation"] == "0.1"
    assert record["extra"]["/current/snowfall"] == "0.0"
    assert record["extra"]["/current/interval"] == json.dumps(interval)


@pytest.mark.parametrize("change", [lambda c: c.pop("precipitation"), lambda c: c.update(precipitation=None)])
def test_a_body_without_precipitation_says_nothing_of_it(change: Callable[[dict[str, Any]], object]) -> None:
    record = parse(changed(lambda b: change(b["current"])), METRIC)
    assert record["precipitation"] is None
    assert record["extra"]["/current/snowfall"] == "0.0"


def test_precipitation_alone_is_a_measure() -> None:
    body = changed(lambda b: b.update(current={"time": 1_717_245_000, "interval": 900, "precipitation": 1.5}))
    assert parse(body, METRIC)["precipitation"] == {"amount": 1.5, "solid": None, "interval": 900}


def test_a_byte_order_mark_is_no_part_of_a_body() -> None:
    assert parse(b"\xef\xbb\xbf" + BODY, METRIC) == parse(BODY, METRIC)


def test_the_record_is_of_the_raw_contract() -> None:
    fastavro.schemaless_writer(io.BytesIO(), SCHEMA, parse(BODY, METRIC), strict=True)


def test_a_local_time_is_recorded_in_utc() -> None:
    body = changed(lambda b: b["current"].update(time="2024-06-01T13:30"))
    assert parse(body, METRIC)["observed_at"] == 1_717_245_000_000


def test_imperial_units_are_those_that_the_body_states() -> None:
    def imperial(body: dict[str, Any]) -> None:
        for name, unit in body["current_units"].items():
            body["current_units"][name] = {"°C": "°F", "m/s": "mp/h"}.get(unit, unit)

    assert parse(changed(imperial), IMPERIAL)["units"] == "IMPERIAL"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["latitude", "current_units", "current", "utc_offset_seconds", "error", "new"]),
    st.sampled_from(
        [
            *(None, "time", "temperature_2m", "weather_code", "rain", "wind_speed_10m"),
            *("precipitation", "snowfall", "interval"),
        ]
    ),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just([{"deep": {}}]),
)
def test_a_mutated_body_becomes_a_writable_record_or_a_named_error(
    top: str, inner: str | None, value: Any
) -> None:
    def mutate(body: dict[str, Any]) -> None:
        holder = body.get(top) if inner else body
        if isinstance(holder, dict):
            holder[inner or top] = value

    try:
        record = parse(changed(mutate), METRIC)
    except Unparsable as refused:
        assert refused.reason.isupper()
    else:
        fastavro.schemaless_writer(io.BytesIO(), SCHEMA, record, strict=True)


@pytest.mark.parametrize(
    ("body", "context", "reason"),
    [
        (b'{"error":true,"reason":"Latitude must be in range of -90 to 90"}', METRIC, "API_ERROR"),
        (b'{"latitude":1,"longitude":2,"hourly":{}}', METRIC, "NOT_CURRENT_WEATHER"),
        (b'{"main":{"temp":1},"dt":1,"id":5}', METRIC, "NOT_CURRENT_WEATHER"),
        (BODY, IMPERIAL, "WRONG_UNITS"),
        (changed(lambda b: b.pop("current_units")), METRIC, "WRONG_UNITS"),
        (changed(lambda b: b["current_units"].update(wind_speed_10m="km/h")), METRIC, "WRONG_UNITS"),
        (changed(lambda b: b["current_units"].update(dew_point_2m="°F")), METRIC, "WRONG_UNITS"),
        (changed(lambda b: b["current_units"].update(precipitation="inch")), METRIC, "WRONG_UNITS"),
        (changed(lambda b: b["current_units"].update(snowfall="inch")), METRIC, "WRONG_UNITS"),
        (changed(lambda b: b["current"].update(temperature_2m="warm")), METRIC, "WRONG_TYPE"),
        (changed(lambda b: b["current"].update(precipitation="much")), METRIC, "WRONG_TYPE"),
        (changed(lambda b: b["current"].update(snowfall=1.7e308)), METRIC, "OUT_OF_RANGE"),
        (changed(lambda b: b.update(elevation="high")), METRIC, "WRONG_TYPE"),
        (changed(lambda b: b["current"].update(time="noon")), METRIC, "WRONG_TYPE"),
        (changed(lambda b: b["current"].pop("time")), METRIC, "NO_TIME"),
        (changed(lambda b: b["current"].update(time=0)), METRIC, "NO_TIME"),
        (changed(lambda b: b["current"].update(time="0001-01-01T00:00")), METRIC, "OUT_OF_RANGE"),
        (changed(lambda b: b.update(longitude=None)), METRIC, "NO_STATION"),
        (BODY.replace(b'"latitude"', b'"latitude":1,"latitude"', 1), METRIC, "REPEATED_KEY"),
        (
            changed(lambda b: (b["current"].update(time="2024-06-01T13:30"), b.pop("utc_offset_seconds"))),
            METRIC,
            "NO_TIME",
        ),
        (changed(lambda b: b.pop("latitude")), METRIC, "NO_STATION"),
        (changed(lambda b: b.update(current={"time": 1})), METRIC, "NO_MEASURE"),
    ],
)
def test_what_is_no_current_weather_is_refused_by_name(body: bytes, context: Context, reason: str) -> None:
    with pytest.raises(Unparsable) as refused:
        parse(body, context)
    assert refused.value.reason == reason
