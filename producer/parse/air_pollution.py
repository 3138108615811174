"""OpenWeatherMap's air pollution: https://openweathermap.org/api/air-pollution.

Its bodies list observations of one place: the current one, or those of a span of its history. µg/m³ always.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from producer import reading
from producer.observation import RawRecord
from producer.parse.openweathermap import read_place, refuse_error
from producer.parse.record import Context, Fields, begin, finish, read_fields
from producer.reading import Unparsable

_IN_BODY: Fields = {"name": ("name", reading.text)}
_IN_ENTRY: Fields = {"dt": ("observed_at", reading.millis)}
_GROUPS: Mapping[str, Fields] = {
    "main": {"aqi": ("source_index", reading.integer)},
    "components": {
        "co": ("carbon_monoxide", reading.number),
        "no": ("nitrogen_monoxide", reading.number),
        "no2": ("nitrogen_dioxide", reading.number),
        "o3": ("ozone", reading.number),
        "so2": ("sulphur_dioxide", reading.number),
        "pm2_5": ("pm2_5", reading.number),
        "pm10": ("pm10", reading.number),
        "nh3": ("ammonia", reading.number),
    },
}


def to_record(body: Mapping[str, Any], context: Context) -> RawRecord:
    """Turn a decoded body with one observation into its record; raises `Unparsable`."""
    refuse_error(body)
    entries = body.get("list")
    if type(entries) is not list:
        raise Unparsable("NOT_AIR_POLLUTION", "the body has no list at /list: it is not of /air_pollution.")
    if len(entries) != 1:
        raise Unparsable("NOT_ONE_OBSERVATION", f"/list holds {len(entries)} observations, not one.")
    (entry,) = entries
    if type(entry) is not dict:
        raise Unparsable("WRONG_TYPE", f"/list/0 is {reading.kind_of(entry)}, not an object.")
    record = begin(context)
    extra: dict[str, str] = record["extra"]
    about = {name: value for name, value in body.items() if name not in {"cod", "coord", "list"}}
    read_fields(about, _IN_BODY, "", record, extra)
    read_place(body.get("coord"), record, extra)
    read_fields({k: v for k, v in entry.items() if k not in _GROUPS}, _IN_ENTRY, "/list/0", record, extra)
    for name, fields in _GROUPS.items():
        read_fields(entry.get(name), fields, f"/list/0/{name}", record, extra)
    return finish(record, context, time="/list/0/dt", place="/coord")


def observations(body: bytes) -> list[bytes]:
    """Part a body with several observations, or none, into bodies with one each; any other stays as it is."""
    try:
        whole = reading.json_object(body)
        entries = whole.get("list")
        if type(entries) is list and len(entries) != 1:
            return [json.dumps({**whole, "list": [one]}, ensure_ascii=False).encode() for one in entries]
    except (Unparsable, RecursionError):
        pass
    return [body]
