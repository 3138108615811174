"""Avro values as plain JSON, for people and for examples.

Times are ISO 8601 (moments in UTC, with `Z`), bytes are base64, decimals and UUIDs are text.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from contracts.compatibility.schema import Type
from contracts.errors import UnusableSetting
from contracts.reader.python import LOGICAL


def to_json(value: Any) -> Any:
    """A decoded value as JSON can hold it; numbers that are not finite become text, such as `"nan"`."""
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    return value


def from_json(node: Type, value: Any) -> Any:
    """A value as an Avro encoder takes it, from its JSON; raises `UnusableSetting` where it does not fit."""
    try:
        return _read(node, value)
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise UnusableSetting(f"{value!r} is no value of {node.full_name} ({error}).") from None


def _read(node: Type, value: Any) -> Any:
    if node.kind == "record":
        return {
            f.name: from_json(f.type, value[f.name])
            for f in node.fields
            if f.name in value or not f.has_default
        }
    if node.kind == "union":
        return _read_union(node, value)
    if node.kind == "array" and node.items:
        return [from_json(node.items, item) for item in value]
    if node.kind == "map" and node.items:
        return {key: from_json(node.items, item) for key, item in value.items()}
    logical = str(node.attributes.get("logicalType"))
    read = _READERS.get(logical if (node.kind, logical) in LOGICAL else node.kind)
    return read(value) if read else value


def _read_union(node: Type, value: Any) -> Any:
    if value is None:
        return None
    problems = []
    for branch in node.branches:
        if branch.kind != "null":
            try:
                return from_json(branch, value)
            except UnusableSetting as error:
                problems.append(str(error))
    raise ValueError("; ".join(problems) or "only null fits")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _iso(value: datetime) -> str:
    precision = "milliseconds" if value.microsecond and value.microsecond % 1000 == 0 else "auto"
    if value.tzinfo is None:
        return value.isoformat(timespec=precision)
    return value.astimezone(timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z")


_WRITERS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (Enum, lambda v: v.value),
    (datetime, _iso),
    (date, lambda v: v.isoformat()),
    (time, lambda v: v.isoformat()),
    (bytes, lambda v: base64.b64encode(v).decode("ascii")),
    (Decimal, str),
    (UUID, str),
    (float, lambda v: v if math.isfinite(v) else str(v)),
)

_READERS: dict[str, Callable[[Any], Any]] = {
    "timestamp-millis": _moment,
    "timestamp-micros": _moment,
    "local-timestamp-millis": _moment,
    "local-timestamp-micros": _moment,
    "date": date.fromisoformat,
    "time-millis": time.fromisoformat,
    "time-micros": time.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
    "bytes": lambda v: base64.b64decode(v, validate=True),
    "fixed": lambda v: base64.b64decode(v, validate=True),
    "float": float,
    "double": float,
}
