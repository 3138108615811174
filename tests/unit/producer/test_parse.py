"""A body becomes the record that stands for it, or a named error: nothing else."""

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

from contracts.folder import HOME, load_contract
from producer import Context, RawRecord, Unparsable, parse
from producer.parse import LARGEST_BODY

CONTEXT = Context(source="OPENWEATHERMAP", replay=False, units="METRIC", received_at=1_700_000_100_000)
RAINY = (Path(__file__).parent / "bodies" / "rainy.json").read_bytes()
SCHEMA: Any = fastavro.parse_schema(load_contract(HOME / "topic-weather").newest.schema)

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> bytes:
    body = json.loads(RAINY)
    change(body)
    return json.dumps(body).encode()


def written_and_read(record: RawRecord) -> Any:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMA, record, strict=True)
    return fastavro.schemaless_reader(io.BytesIO(out.getvalue()), SCHEMA)


def test_every_field_of_a_full_body_arrives_in_its_own_field() -> None:
    assert parse(RAINY, CONTEXT) == {
        "source": "OPENWEATHERMAP",
        "replay": False,
        "correction": False,
        "station": "id:2267057",
        "observed_at": 1_700_000_000_000,
        "received_at": 1_700_000_100_000,
        "units": "METRIC",
        "city_id": 2267057,
        "name": "Lisboa",
        "country": "PT",
        "latitude": 38.7167,
        "longitude": -9.1333,
        "utc_offset": 0,
        "sunrise_at": 1_699_946_161_000,
        "sunset_at": 1_699_982_583_000,
        "conditions": [
            {"id": 500, "main": "Rain", "description": "chuva fraca", "icon": "10d"},
            {"id": 701, "main": "Mist", "description": "névoa", "icon": "50d"},
        ],
        "temperature": 14.0,
        "feels_like": 13.61,
        "temperature_min": 13.2,
        "temperature_max": 14.9,
        "pressure": 1009.0,
        "sea_level_pressure": 1009.0,
        "ground_level_pressure": 998.0,
        "humidity": 82.0,
        "visibility": 7000.0,
        "wind_speed": 6.2,
        "wind_gust": 9.8,
        "wind_direction": 220.0,
        "cloudiness": 75.0,
        "rain": {"one_hour": 0.6, "three_hours": 1.9},
        "snow": None,
        "extra": {"/base": '"stations"', "/sys/type": "1", "/sys/id": "6901"},
    }


def test_a_record_has_exactly_the_fields_of_the_contract() -> None:
    record = parse(RAINY, CONTEXT)
    assert set(record) == {field["name"] for field in SCHEMA["fields"]}
    assert written_and_read(record)["temperature"] == 14.0


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        (lambda b: b.pop("rain"), "rain", None),
        (lambda b: b.update(rain=None), "rain", None),
        (lambda b: b.update(rain={}), "rain", {"one_hour": None, "three_hours": None}),
        (lambda b: b.update(rain={"1h": 2}), "rain", {"one_hour": 2.0, "three_hours": None}),
        (lambda b: b.update(rain={"3h": 2.5}), "rain", {"one_hour": None, "three_hours": 2.5}),
        (lambda b: b.update(snow={"1h": 0.2}), "snow", {"one_hour": 0.2, "three_hours": None}),
        (lambda b: b.update(coord={"Lon": 1, "Lat": 2}), "latitude", 2.0),
        (lambda b: b.pop("coord"), "latitude", None),
        (lambda b: b["wind"].pop("deg"), "wind_direction", None),
        (lambda b: b["main"].update(temp="-3.5"), "temperature", -3.5),
        (lambda b: b["wind"].update(speed=1048.36), "wind_speed", 1048.36),
        (lambda b: b.update(weather=[]), "conditions", []),
        (lambda b: b.update(name=""), "name", ""),
        (lambda b: b.update(name="東京"), "name", "東京"),
        (lambda b: b.update(cod="200"), "city_id", 2267057),
        (lambda b: b.pop("cod"), "city_id", 2267057),
        (lambda b: b["main"].update(new={"deep": [1, None]}), "extra", '{"deep":[1,null]}'),
    ],
)
def test_odd_shapes_are_recorded_as_they_came(change: Change, field: str, expected: object) -> None:
    record = parse(changed(change), CONTEXT)
    found = record["extra"]["/main/new"] if field == "extra" else record[field]
    assert found == expected
    written_and_read(record)


@pytest.mark.parametrize(
    ("change", "station"),
    [
        (lambda b: b.update(id=0), "geo:38.7167,-9.1333"),
        (lambda b: b.update(id=0, coord={"lat": -0.00001, "lon": 0}), "geo:0.0000,0.0000"),
        (lambda b: (b.update(id=0), b.pop("coord")), "name:Lisboa,PT"),
        (lambda b: (b.pop("id"), b.pop("coord"), b.pop("sys")), "name:Lisboa"),
    ],
)
def test_a_station_keeps_one_name_without_an_id(change: Change, station: str) -> None:
    assert parse(changed(change), CONTEXT)["station"] == station


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "BROKEN_JSON"),
        (RAINY[:200], "BROKEN_JSON"),
        (b'{"main": NaN}', "BROKEN_JSON"),
        (b"\xff\xfe", "BROKEN_TEXT"),
        (changed(lambda b: b.update(name="\ud800")), "BROKEN_TEXT"),
        (b"[" * 100_000, "TOO_DEEP"),
        (b'{"main":' * 40_000 + b"1" + b"}" * 40_000, "OVERSIZE"),
        (b" " * LARGEST_BODY + b"{}", "OVERSIZE"),
        (b"[]", "NOT_AN_OBJECT"),
        (b"null", "NOT_AN_OBJECT"),
        (b'[{"name":"Lisbon","lat":38.7,"lon":-9.1}]', "NOT_AN_OBJECT"),
        (b'{"cod":401, "message": "Invalid API key."}', "API_ERROR"),
        (b'{"cod":"404","message":"city not found"}', "API_ERROR"),
        (b'{"cod":true}', "API_ERROR"),
        (b"{}", "NOT_CURRENT_WEATHER"),
        (b'{"lat":1,"lon":2,"current":{"dt":1,"temp":3}}', "NOT_CURRENT_WEATHER"),
        (b'{"cod":"200","list":[{"dt":1,"main":{"temp":3}}]}', "NOT_CURRENT_WEATHER"),
        (b'{"coord":{"lon":1,"lat":2},"list":[{"main":{"aqi":3}}]}', "NOT_CURRENT_WEATHER"),
        (changed(lambda b: b.pop("dt")), "NO_TIME"),
        (changed(lambda b: b.update(dt=None)), "NO_TIME"),
        (changed(lambda b: b.update(dt=1_700_000_000_000)), "OUT_OF_RANGE"),
        (changed(lambda b: b.update(dt="yesterday")), "WRONG_TYPE"),
        (changed(lambda b: [b.pop(k) for k in ("id", "coord", "name")]), "NO_STATION"),
        (b'{"main":{},"dt":1,"id":5}', "NO_MEASURE"),
        (changed(lambda b: b["main"].update(temp={"v": 281.48})), "WRONG_TYPE"),
        (changed(lambda b: b["main"].update(temp=True)), "WRONG_TYPE"),
        (changed(lambda b: b["main"].update(temp="warm")), "WRONG_TYPE"),
        (changed(lambda b: b["main"].update(temp=10**400)), "OUT_OF_RANGE"),
        (RAINY.replace(b'"temp":14', b'"temp":1e999'), "OUT_OF_RANGE"),
        (changed(lambda b: b.update(id=1 << 63)), "OUT_OF_RANGE"),
        (changed(lambda b: b.update(id=1.5)), "WRONG_TYPE"),
        (changed(lambda b: b.update(weather={"id": 1})), "WRONG_TYPE"),
        (changed(lambda b: b.update(wind=[])), "WRONG_TYPE"),
        (changed(lambda b: b.update(name=5)), "WRONG_TYPE"),
    ],
)
def test_what_is_no_current_weather_is_refused_by_name(body: bytes, reason: str) -> None:
    with pytest.raises(Unparsable) as refused:
        parse(body, CONTEXT)
    assert refused.value.reason == reason
    sentence = str(refused.value)
    assert sentence
    assert "\n" not in sentence
    assert len(sentence) < 200


_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["12.5", "\ud800", "x" * 70_000, 10**400, [], {}, [[]], {"v": 1}])
)
_VALUES = st.recursive(
    _LEAVES,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3),
    max_leaves=8,
)
_TOP = st.sampled_from([*sorted(json.loads(RAINY)), "snow", "unheard"])
_INNER = st.sampled_from(["temp", "lat", "lon", "speed", "1h", "all", "country", "sunrise", "x/~y"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_TOP, st.none() | _INNER, st.booleans(), _VALUES), min_size=1, max_size=4))
def test_a_mutated_body_becomes_a_writable_record_or_a_named_error(
    changes: list[tuple[str, str | None, bool, Any]],
) -> None:
    body = json.loads(RAINY)
    for top, inner, drop, value in changes:
        holder = body.get(top) if inner is not None else body
        name = inner if inner is not None else top
        if not isinstance(holder, dict):
            continue
        if drop:
            holder.pop(name, None)
        else:
            holder[name] = value
    try:
        record = parse(json.dumps(body).encode(), CONTEXT)
    except Unparsable as refused:
        assert refused.reason.isupper()
    else:
        assert written_and_read(record)["station"] == record["station"]
