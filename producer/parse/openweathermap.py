"""OpenWeatherMap's current weather.

Source of the shapes: https://openweathermap.org/current, and what the API was seen to send besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from producer import reading
from producer.observation import RawRecord
from producer.parse.record import CONDITION, Context, Fields, begin, finish, keep, read_fields
from producer.reading import Unparsable

_SCALARS: Fields = {
    "visibility": ("visibility", reading.number),
    "dt": ("observed_at", reading.millis),
    "timezone": ("utc_offset", reading.integer),
    "id": ("city_id", reading.long),
    "name": ("name", reading.text),
}
_COORDINATES: Fields = {
    **dict.fromkeys(("lat", "latitude"), ("latitude", reading.number)),
    **dict.fromkeys(("lon", "lng", "long", "longitude"), ("longitude", reading.number)),
}
"""The API itself writes `lat` and `lon`; what stored its bodies may have spelled them out, or as maps do."""
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
_REPLAYED_SCALARS: Fields = {**_SCALARS, "elevation": ("elevation", reading.number)}
_REPLAYED_GROUPS: Mapping[str, Fields] = {
    **_GROUPS,
    "main": {**_GROUPS["main"], "dew_point": ("dew_point", reading.number)},
}
_OF_ANY_KIND: Fields = {"1h": ("amount", reading.number)}
_HOUR = 3600
_FOREIGN = frozenset({"list", "current", "hourly", "daily", "minutely", "data", "city"})
"""Fields that only bodies of other endpoints have."""


def to_record(body: Mapping[str, Any], context: Context) -> RawRecord:
    """Turn a decoded body into the record that stands for it; raises `Unparsable`."""
    return _finish(_read(body, context, _SCALARS, _GROUPS), context)


def to_replayed_record(body: Mapping[str, Any], context: Context) -> RawRecord:
    """Turn a body of the replay into its record; raises `Unparsable`.

    The replay adds what its stations report and the API does not: the elevation, the dew point, and an hour's
    precipitation of unknown kind. In a body of the API itself such names would mean nothing we know.
    """
    own = {name: value for name, value in body.items() if name != "precipitation"}
    record = _read(own, context, _REPLAYED_SCALARS, _REPLAYED_GROUPS)
    fallen: RawRecord = {"amount": None, "solid": None, "interval": _HOUR}
    read_fields(body.get("precipitation"), _OF_ANY_KIND, "/precipitation", fallen, record["extra"])
    if fallen["amount"] is not None:
        record["precipitation"] = fallen
    return _finish(record, context)


def _read(
    body: Mapping[str, Any], context: Context, scalars: Fields, groups: Mapping[str, Fields]
) -> RawRecord:
    _refuse_other_bodies(body)
    record = begin(context)
    extra: dict[str, str] = record["extra"]
    for name, value in body.items():
        if name in scalars:
            if value is not None:
                field, read = scalars[name]
                record[field] = read(value, f"/{name}")
        elif name == "coord":
            read_place(value, record, extra)
        elif name in groups:
            read_fields(value, groups[name], f"/{name}", record, extra)
        elif name in {"rain", "snow"}:
            if value is not None:
                record[name] = {"one_hour": None, "three_hours": None}
                read_fields(value, _PRECIPITATION, f"/{name}", record[name], extra)
        elif name == "weather":
            record["conditions"] = _conditions(value, extra)
        elif name != "cod":
            keep(extra, "", name, value)
    return record


def _finish(record: RawRecord, context: Context) -> RawRecord:
    return finish(record, context, time="/dt", place="/id, /coord and /name")


def read_place(value: Any, record: RawRecord, extra: dict[str, str]) -> None:
    """Read both coordinates or none: half a place is none, and is kept in `extra`."""
    read_fields(value, _GROUPS["coord"], "/coord", record, extra)
    if (record["latitude"] is None) is (record["longitude"] is None):
        return
    record["latitude"] = record["longitude"] = None
    for name, inner in value.items():
        if name in _GROUPS["coord"] and inner is not None:
            keep(extra, "/coord", name, inner)


def refuse_error(body: Mapping[str, Any]) -> None:
    """Raise `Unparsable` for a body that tells an error."""
    cod = body.get("cod")
    if cod is not None and (isinstance(cod, bool) or cod not in (200, "200")):
        code, said = reading.shown(str(cod)), reading.shown(str(body.get("message", "nothing more")))
        raise Unparsable("API_ERROR", f"the API answered {code}: {said}")


def _refuse_other_bodies(body: Mapping[str, Any]) -> None:
    refuse_error(body)
    foreign = sorted(_FOREIGN & body.keys())
    if foreign or not isinstance(body.get("main"), dict):
        why = f"has /{foreign[0]}" if foreign else "has no object at /main"
        raise Unparsable("NOT_CURRENT_WEATHER", f"the body {why}: it is not of /data/2.5/weather.")


def _conditions(value: Any, extra: dict[str, str]) -> list[RawRecord]:
    if value is None:
        return []
    if type(value) is not list:
        raise Unparsable("WRONG_TYPE", f"/weather is {reading.kind_of(value)}, not a list.")
    conditions = []
    for index, item in enumerate(value):
        condition: RawRecord = dict.fromkeys(CONDITION)
        read_fields(item, CONDITION, f"/weather/{index}", condition, extra)
        conditions.append(condition)
    return conditions
