"""What a schema means, whichever way it is spelled.

Registries write schemas anew: they drop `"order": "ascending"`, empty or doubled aliases, a `doc` or a
namespace that is null, and spell names and numbers their own way. The lock's digest counts all that, this
does not. What a reader, a generator or a page could notice counts: docs, aliases, defaults, units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import NO_DEFAULT, Field, Type, parse

_OF_A_FIELD = frozenset({"type", "name", "aliases", "default"})
_OF_A_TYPE = _OF_A_FIELD | {"namespace", "fields", "symbols", "size", "items", "values"}
"""Attributes that have a place of their own in what follows."""
_NO_MATTER: tuple[tuple[str, Any], ...] = (("doc", None), ("order", "ascending"), ("scale", 0))
"""Attributes whose value says no more than their absence."""
_JAVA_ALONE = "avro.java.string"


def meaning(schema: Any) -> str | None:
    """A text that is equal for two schemas (parsed JSON) that mean the same; None for what is no schema."""
    try:
        return json.dumps(_type(parse(schema), set()), sort_keys=True, ensure_ascii=False)
    except (UnusableSetting, TypeError, RecursionError):
        return None


def _type(node: Type, defined: set[str]) -> Any:
    if node.kind == "union":
        return [_type(branch, defined) for branch in node.branches]
    if node.name and node.full_name in defined:
        return node.full_name
    told: dict[str, Any] = {"type": node.kind, **_others(node.attributes, _OF_A_TYPE)}
    if node.name:
        defined.add(node.full_name)
        told |= {"name": node.full_name, "aliases": sorted(set(node.aliases))}
    if node.kind == "enum":
        told |= {"symbols": node.symbols, "default": node.enum_default}
    if node.kind == "fixed":
        told["size"] = node.size
    if node.items:
        told["items"] = _type(node.items, defined)
    if node.kind == "record":
        told["fields"] = [_field(field, defined) for field in node.fields]
    return told


def _field(field: Field, defined: set[str]) -> dict[str, Any]:
    told = {
        **_others(field.attributes, _OF_A_FIELD),
        "name": field.name,
        "aliases": sorted(set(field.aliases)),
    }
    told["type"] = _type(field.type, defined)
    return {**told, "default": _value(field.type, field.default)} if field.has_default else told


def _others(attributes: Mapping[str, Any], placed: frozenset[str]) -> dict[str, Any]:
    return {
        key: value
        for key, value in attributes.items()
        if key not in placed and key != _JAVA_ALONE and (key, value) not in _NO_MATTER
    }


def _value(node: Type, value: Any) -> Any:
    """A default as its type has it: 1 is a `double` like 1.0, a record holds the defaults of its fields."""
    if node.kind == "union" and node.branches:
        return _value(node.branches[0], value)
    if node.kind in ("float", "double") and isinstance(value, int) and abs(value) < 1 << 1023:
        return float(value)
    if node.kind == "record" and isinstance(value, dict):
        fields = {f.name: _value(f.type, value.get(f.name, f.default)) for f in node.fields}
        return {name: given for name, given in fields.items() if given is not NO_DEFAULT}
    if node.kind == "array" and node.items and isinstance(value, list):
        return [_value(node.items, item) for item in value]
    if node.kind == "map" and node.items and isinstance(value, dict):
        return {key: _value(node.items, item) for key, item in value.items()}
    return value
