"""Modules of typed records as `generate` writes them, in memory, and the ways a record goes through them."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import pickle
import sys
from datetime import date, datetime, time, timezone
from decimal import Decimal
from types import ModuleType
from typing import Any
from uuid import UUID

import fastavro
import pytest

from contracts.avro.decode import Decoder
from contracts.avro.wire import frame
from contracts.evolution.compatibility import Type, parse
from contracts.generate import module_text, record_name
from tests.unit.contracts.built import contract

VALUES: dict[tuple[str, str], Any] = {
    ("null", "None"): None,
    ("boolean", "None"): True,
    ("int", "None"): -(2**31),
    ("long", "None"): 2**63 - 1,
    ("float", "None"): 0.5,
    ("double", "None"): float("inf"),
    ("bytes", "None"): b"\x00\xff",
    ("string", "None"): "é\x00\U0001f32a",
    ("long", "timestamp-millis"): datetime(2026, 1, 2, 3, 4, 5, 6000, timezone.utc),
    ("long", "timestamp-micros"): datetime(1, 1, 1, tzinfo=timezone.utc),
    ("long", "local-timestamp-millis"): datetime(2026, 1, 2, 3, 4, 5, 6000),
    ("long", "local-timestamp-micros"): datetime(9999, 12, 31, 23, 59, 59, 999999),
    ("int", "date"): date(2026, 1, 2),
    ("int", "time-millis"): time(1, 2, 3, 4000),
    ("long", "time-micros"): time(1, 2, 3, 4),
    ("bytes", "decimal"): Decimal("-1234567.89"),
    ("fixed", "decimal"): Decimal("1.25"),
    ("string", "uuid"): UUID(int=7),
}
"""A value of each kind and logical type, as decoders give it."""


def value_of(node: Type, depth: int = 0) -> Any:
    """A value of any type, in which unions are not null until a type has held itself twice."""
    if node.kind == "record":
        return {f.name: value_of(f.type, depth + 1) for f in node.fields}
    if node.kind == "enum":
        return node.symbols[-1]
    if node.kind == "array" and node.items:
        return [value_of(node.items, depth + 1)] * 2 if depth < 6 else []
    if node.kind == "map" and node.items:
        return (
            {"a": value_of(node.items, depth + 1), '"': value_of(node.items, depth + 1)} if depth < 6 else {}
        )
    if node.kind == "union":
        others = [branch for branch in node.branches if branch.kind != "null"]
        return value_of(others[0], depth + 1) if others and depth < 6 else None
    logical = (node.kind, str(node.attributes.get("logicalType")))
    if logical in VALUES:
        return VALUES[logical]
    return b"\x00" * (node.size - 1) + b"\xff" if node.kind == "fixed" else VALUES[node.kind, "None"]


def module(schema: dict[str, Any], **attributes: Any) -> ModuleType:
    """The module of a contract with this schema and these `attributes`."""
    made = ModuleType("generated_records")
    sys.modules[made.__name__] = made
    exec(compile(module_text(contract(schema, **attributes)), made.__name__, "exec"), made.__dict__)
    return made


def record_type(schema: dict[str, Any]) -> Any:
    return getattr(module(schema), record_name(contract(schema)))


def encoded(schema: Any, value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value, strict=True)
    return out.getvalue()


def goes_round(schema: dict[str, Any]) -> Any:
    """Send a value of every field over the wire and back, by both decoders; gives the record."""
    made, body = record_type(schema), encoded(schema, value_of(parse(schema)))
    ours = Decoder(made.SCHEMA, {1: json.dumps(schema)}.get).decode(frame(1, body))
    theirs = fastavro.schemaless_reader(io.BytesIO(body), fastavro.parse_schema(schema), None)
    record = made.from_dict(ours)
    assert record.to_dict() == ours == theirs
    assert made.from_dict(record.to_dict()) == made.from_dict(theirs) == record
    assert encoded(schema, record.to_dict()) == body
    assert record != 1
    for field in dataclasses.fields(record):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, field.name, 1)
    assert repr(copy.copy(record)) == repr(record) == repr(pickle.loads(pickle.dumps(record)))
    return record


def defaults_agree(schema: dict[str, Any]) -> Any:
    """Make a record of defaults only, which a decoder makes of a record without fields as well."""
    made = record_type(schema)
    empty = json.dumps({**{key: schema[key] for key in ("type", "name")}, "fields": []})
    read = made.from_dict(Decoder(made.SCHEMA, {1: empty}.get).decode(frame(1, b"")))
    assert repr(made()) == repr(read)
    return made()


EVERY_KIND: list[dict[str, Any]] = [
    {"name": "of_null", "type": "null", "default": None},
    {"name": "of_boolean", "type": "boolean", "default": False},
    {"name": "of_int", "type": "int", "default": -(2**31)},
    {"name": "of_double", "type": "double", "default": float("-inf")},
    {"name": "of_bytes", "type": "bytes", "default": "\u00ff"},
    {"name": "of_text", "type": ["null", "string"], "default": None},
    {"name": "of_map", "type": {"type": "map", "values": "int"}, "default": {}},
    {
        "name": "of_maps",
        "type": {"type": "map", "values": {"type": "map", "values": ["null", "int"]}},
        "default": {},
    },
    {"name": "of_array", "type": {"type": "array", "items": "string"}, "default": ["a"]},
    {"name": "of_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "of_on", "type": {"type": "int", "logicalType": "date"}},
    {"name": "of_clock", "type": {"type": "int", "logicalType": "time-millis"}},
    {"name": "of_price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "of_id", "type": {"type": "string", "logicalType": "uuid"}},
]
"""Fields whose code needs every name that a module can need."""


def record(*fields: dict[str, Any], name: str = "R") -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "t", "fields": list(fields)}


def enum_type(*symbols: str, name: str = "E") -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), "default": symbols[0]}
