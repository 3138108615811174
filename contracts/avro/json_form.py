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

from contracts.avro.reader import LOGICAL
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import Field, Type, walk


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


def json_schemas(root: Type) -> dict[str, dict[str, Any]]:
    """JSON Schema, by name, of what `to_json` gives for each record and enum of `root`.

    One refers to another by `#/$defs/NAME`; docs and units become descriptions.
    """
    return {node.name: _named_schema(node) for node in walk(root) if node.kind in {"record", "enum"}}


def _named_schema(node: Type) -> dict[str, Any]:
    about = {"description": node.attributes["doc"]} if "doc" in node.attributes else {}
    if node.kind == "enum":
        return {"enum": list(node.symbols), **about}
    fields = {f.name: {**_schema(f.type), **_description(f)} for f in node.fields}
    return {"type": "object", "required": list(fields), "properties": fields, **about}


def _schema(node: Type) -> dict[str, Any]:
    if node.kind in {"record", "enum"}:
        return {"$ref": f"#/$defs/{node.name}"}
    if node.kind == "union":
        return {"anyOf": [_schema(branch) for branch in node.branches]}
    if node.kind in {"array", "map"} and node.items:
        kind, below = ("array", "items") if node.kind == "array" else ("object", "additionalProperties")
        return {"type": kind, below: _schema(node.items)}
    return _SCHEMAS.get(str(node.attributes.get("logicalType"))) or _SCHEMAS[node.kind]


def _description(f: Field) -> dict[str, str]:
    doc, unit = str(f.attributes.get("doc") or ""), f.attributes.get("unit")
    text = f"{doc.removesuffix('.')} ({unit})." if unit else doc
    return {"description": text} if text else {}


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

_TEXT: dict[str, Any] = {"type": "string"}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
_NUMBER: dict[str, Any] = {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "null": {"type": "null"},
    "boolean": {"type": "boolean"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": _NUMBER,
    "double": _NUMBER,
    "string": _TEXT,
    "bytes": _TEXT,
    "fixed": _TEXT,
    "timestamp-millis": _MOMENT,
    "timestamp-micros": _MOMENT,
    "local-timestamp-millis": _TEXT,
    "local-timestamp-micros": _TEXT,
    "date": {"type": "string", "format": "date"},
    "time-millis": _TEXT,
    "time-micros": _TEXT,
    "decimal": _TEXT,
    "uuid": {"type": "string", "format": "uuid"},
}
