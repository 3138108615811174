"""Open-Meteo's current weather and air quality, which need no key: https://open-meteo.com/en/docs.

Its bodies state their units, so those are checked. Conditions are its own selection of WMO's code table 4677,
in which 0 to 3 mean a clear to an overcast sky.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from producer import reading
from producer.observation import RawRecord
from producer.parse.record import (
    CONDITION,
    Context,
    Fields,
    Units,
    begin,
    finish,
    keep,
    read_fields,
)
from producer.reading import Unparsable

_OFFSET = "utc_offset_seconds"
_PLACE: Fields = {
    "latitude": ("latitude", reading.number),
    "longitude": ("longitude", reading.number),
    _OFFSET: ("utc_offset", reading.integer),
    "elevation": ("elevation", reading.number),
}
_CURRENT: Fields = {
    "temperature_2m": ("temperature", reading.number),
    "dew_point_2m": ("dew_point", reading.number),
    "apparent_temperature": ("feels_like", reading.number),
    "relative_humidity_2m": ("humidity", reading.number),
    "pressure_msl": ("pressure", reading.number),
    "surface_pressure": ("ground_level_pressure", reading.number),
    "cloud_cover": ("cloudiness", reading.number),
    "visibility": ("visibility", reading.number),
    "wind_speed_10m": ("wind_speed", reading.number),
    "wind_direction_10m": ("wind_direction", reading.number),
    "wind_gusts_10m": ("wind_gust", reading.number),
}
MEASURES = (*_CURRENT, "is_day", "precipitation", "rain", "showers", "snowfall", "weather_code")
"""What to ask for. All amounts are of the body's own `interval`. `precipitation` holds `rain` and `showers`,
which the contract does not name for an interval, so those two are kept in `extra`."""

_PRECIPITATION = ("precipitation", "snowfall", "interval")
_SNOW_TO_WATER = 0.7
"""Centimetres of snow in one millimetre of water: Open-Meteo counts 7 cm of snow as 10 mm of water."""
_WATER_DIGITS = 4

_TEMPERATURES = ("temperature_2m", "dew_point_2m", "apparent_temperature")
_SPEEDS = ("wind_speed_10m", "wind_gusts_10m")
_STATED: Mapping[str, tuple[str, ...]] = {
    "hPa": ("pressure_msl", "surface_pressure"),
    "m": ("visibility",),
    "mm": ("precipitation",),
    "cm": ("snowfall",),
    "%": ("relative_humidity_2m", "cloud_cover"),
}
_STATED_BY_UNITS: Mapping[Units, Mapping[str, tuple[str, ...]]] = {
    "METRIC": {"°C": _TEMPERATURES, "m/s": _SPEEDS},
    "IMPERIAL": {"°F": _TEMPERATURES, "mp/h": _SPEEDS},
}
AIR_MEASURES = ("carbon_monoxide", "nitrogen_dioxide", "ozone", "sulphur_dioxide", "pm2_5", "pm10", "ammonia")
"""What to ask for of the air; the contract has each by the same name."""
_AIR: Fields = {name: (name, reading.number) for name in AIR_MEASURES}


def to_record(body: Mapping[str, Any], context: Context) -> RawRecord:
    """Turn a decoded body of weather into the record that stands for it; raises `Unparsable`."""
    if context.units not in _STATED_BY_UNITS:
        raise Unparsable(
            "WRONG_UNITS", f"Open-Meteo has no {context.units} units: ask for METRIC or IMPERIAL."
        )
    units = {**_STATED, **_STATED_BY_UNITS[context.units]}
    record = _read(body, context, _CURRENT, units, other="NOT_CURRENT_WEATHER", endpoint="/v1/forecast")
    current: Mapping[str, Any] = body["current"]
    record["extra"].pop("/current/weather_code", None)
    if (code := current.get("weather_code")) is not None:
        number = reading.long(code, "/current/weather_code")
        record["conditions"] = [{**dict.fromkeys(CONDITION), "id": number}]
    record["precipitation"] = _precipitation(current)
    if record["precipitation"] is not None:
        for name in _PRECIPITATION:
            record["extra"].pop(f"/current/{name}", None)
    return _finish(record, context)


def to_air_record(body: Mapping[str, Any], context: Context) -> RawRecord:
    """Turn a decoded body of air quality into the record that stands for it; raises `Unparsable`."""
    units = {"µg/m³": AIR_MEASURES}
    record = _read(body, context, _AIR, units, other="NOT_AIR_QUALITY", endpoint="/v1/air-quality")
    return _finish(record, context)


def _read(
    body: Mapping[str, Any],
    context: Context,
    fields: Fields,
    units: Mapping[str, tuple[str, ...]],
    *,
    other: str,
    endpoint: str,
) -> RawRecord:
    """Begin the record of a body with `fields` in `units`; `other` is why any other body is refused."""
    if body.get("error") is not None:
        raise Unparsable(
            "API_ERROR", f"the API answered: {reading.shown(str(body.get('reason', 'an error')))}"
        )
    current = body.get("current")
    if not isinstance(current, dict):
        raise Unparsable(other, f"the body has no object at /current: it is not of {endpoint}.")
    _check_units(current, body.get("current_units"), units)
    record = begin(context)
    extra: dict[str, str] = record["extra"]
    place = {name: row for name, row in _PLACE.items() if row[0] in record}
    read_fields({name: body.get(name) for name in place}, place, "", record, extra)
    values = {name: value for name, value in current.items() if name != "time"}
    read_fields(values, fields, "/current", record, extra)
    if current.get("time") is not None:
        record["observed_at"] = _time(current["time"], body.get(_OFFSET))
    for name, value in body.items():
        if name not in {"current", "current_units", *place}:
            keep(extra, "", name, value)
    return record


def _finish(record: RawRecord, context: Context) -> RawRecord:
    return finish(record, context, time="/current/time", place="/latitude and /longitude")


def _precipitation(current: Mapping[str, Any]) -> RawRecord | None:
    """Read the precipitation of the body's interval; None where the body lacks either."""
    fallen, snow = current.get("precipitation"), current.get("snowfall")
    if fallen is None or (seconds := _interval(current.get("interval"))) is None:
        return None
    amount = reading.number(fallen, "/current/precipitation")
    solid = None
    if snow is not None:
        water = round(reading.number(snow, "/current/snowfall") / _SNOW_TO_WATER, _WATER_DIGITS)
        # The source rounds both: a part must not come out larger than its whole. A quotient may be infinite.
        solid = min(amount, reading.number(water, "/current/snowfall"))
    return {"amount": amount, "solid": solid, "interval": seconds}


def _interval(value: Any) -> int | None:
    """A positive number of seconds; None for what is none, since weather without it is weather still."""
    try:
        seconds = reading.integer(value, "/current/interval")
    except Unparsable:
        return None
    return seconds if seconds > 0 else None


def _check_units(current: Mapping[str, Any], stated: Any, units: Mapping[str, tuple[str, ...]]) -> None:
    given = stated if isinstance(stated, dict) else {}
    for unit, names in units.items():
        for name in names:
            found = str(given.get(name, "not stated"))
            # The sign of micro may be a Greek letter.
            if current.get(name) is not None and _plain(found) != _plain(unit):
                raise Unparsable(
                    "WRONG_UNITS",
                    f"/current_units/{name} is {reading.shown(found)}, not {unit}, as asked for.",
                )


def _plain(unit: str) -> str:
    return unicodedata.normalize("NFKC", unit)


def _time(value: Any, utc_offset: Any) -> int | None:
    """Seconds since 1970, UTC, or ISO 8601 without a zone, which is local: as milliseconds, UTC."""
    if type(value) is not str:
        return reading.millis(value, "/current/time")
    try:
        local = datetime.strptime(value, "%Y-%m-%dT%H:%M").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Unparsable(
            "WRONG_TYPE", "/current/time is neither seconds nor a time such as 2024-12-19T02:30."
        ) from None
    if utc_offset is None:
        raise Unparsable("NO_TIME", "/current/time is local, and the body has no /utc_offset_seconds.")
    seconds = int(local.timestamp()) - reading.integer(utc_offset, f"/{_OFFSET}")
    return reading.millis(seconds, "/current/time")
