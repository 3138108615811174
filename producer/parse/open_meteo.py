"""Open-Meteo's current weather, which needs no key: https://open-meteo.com/en/docs.

Its bodies state their units, so those are checked. Conditions are numbers of WMO's code table 4677.
"""

from __future__ import annotations

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

_PLACE: Fields = {
    "latitude": ("latitude", reading.number),
    "longitude": ("longitude", reading.number),
    "utc_offset_seconds": ("utc_offset", reading.integer),
}
_CURRENT: Fields = {
    "temperature_2m": ("temperature", reading.number),
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
"""What to ask for. Amounts of rain and snow are of the body's own `interval`, which is neither of the hours
that the contract knows, so they are kept in `extra`."""

_TEMPERATURES = ("temperature_2m", "apparent_temperature")
_SPEEDS = ("wind_speed_10m", "wind_gusts_10m")
_STATED: Mapping[str, tuple[str, ...]] = {
    "hPa": ("pressure_msl", "surface_pressure"),
    "m": ("visibility",),
    "%": ("relative_humidity_2m", "cloud_cover"),
}
_STATED_BY_UNITS: Mapping[Units, Mapping[str, tuple[str, ...]]] = {
    "METRIC": {"°C": _TEMPERATURES, "m/s": _SPEEDS},
    "IMPERIAL": {"°F": _TEMPERATURES, "mp/h": _SPEEDS},
}
_IN_BODY = {"current", "current_units", *_PLACE}


def to_record(body: Mapping[str, Any], context: Context) -> RawRecord:
    """Turn a decoded body into the record that stands for it; raises `Unparsable`."""
    if body.get("error") is not None:
        raise Unparsable(
            "API_ERROR", f"the API answered: {reading.shown(str(body.get('reason', 'an error')))}"
        )
    current = body.get("current")
    if not isinstance(current, dict):
        raise Unparsable(
            "NOT_CURRENT_WEATHER", "the body has no object at /current: it is not of /v1/forecast."
        )
    _check_units(current, body.get("current_units"), context.units)
    record = begin(context)
    extra: dict[str, str] = record["extra"]
    read_fields({name: body.get(name) for name in _PLACE}, _PLACE, "", record, extra)
    read_fields(
        {name: value for name, value in current.items() if name not in {"time", "weather_code"}},
        _CURRENT,
        "/current",
        record,
        extra,
    )
    if current.get("time") is not None:
        record["observed_at"] = _time(current["time"], record["utc_offset"])
    if current.get("weather_code") is not None:
        code = reading.long(current["weather_code"], "/current/weather_code")
        record["conditions"] = [{**dict.fromkeys(CONDITION), "id": code}]
    for name, value in body.items():
        if name not in _IN_BODY:
            keep(extra, "", name, value)
    return finish(record, context, time="/current/time", place="/latitude and /longitude")


def _check_units(current: Mapping[str, Any], stated: Any, units: Units) -> None:
    wanted = {**_STATED, **_STATED_BY_UNITS.get(units, {})}
    if units not in _STATED_BY_UNITS:
        raise Unparsable("WRONG_UNITS", f"Open-Meteo has no {units} units: ask for METRIC or IMPERIAL.")
    given = stated if isinstance(stated, dict) else {}
    for unit, names in wanted.items():
        for name in names:
            if current.get(name) is not None and given.get(name) != unit:
                found = reading.shown(str(given.get(name, "not stated")))
                raise Unparsable(
                    "WRONG_UNITS", f"/current_units/{name} is {found}, not {unit}, as {units} has it."
                )


def _time(value: Any, utc_offset: int | None) -> int | None:
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
    return reading.millis(int(local.timestamp()) - utc_offset, "/current/time")
