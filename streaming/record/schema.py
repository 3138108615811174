"""What the stream asks of an Avro record schema, answered from its JSON."""

from __future__ import annotations

from typing import Any

from contracts.folder.model import JsonSchema


def field_names(schema: JsonSchema) -> tuple[str, ...]:
    """Names of a record's fields, in order."""
    return tuple(field["name"] for field in schema["fields"])


def non_null_fields(schema: JsonSchema) -> frozenset[str]:
    """Names of the fields that cannot hold a null."""
    return frozenset(f["name"] for f in schema["fields"] if "null" not in _branches(f["type"]))


def enums(schema: JsonSchema) -> dict[str, JsonSchema]:
    """Field name to enum schema, of the fields that hold an enum with a default."""
    return {
        field["name"]: branch
        for field in schema["fields"]
        for branch in _branches(field["type"])
        if isinstance(branch, dict) and branch["type"] == "enum" and "default" in branch
    }


def _branches(node: Any) -> list[Any]:
    branches = node if isinstance(node, list) else [node]
    plain = ({"type"}, {"type", "logicalType"})
    return [b["type"] if isinstance(b, dict) and set(b) in plain else b for b in branches]
