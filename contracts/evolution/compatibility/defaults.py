"""Defaults: whether one is a value of its type, and whether every engine reads the same value from it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from contracts.evolution.compatibility.schema import Type

_INTEGERS = {"int": 31, "long": 63}


def fits(default: Any, type_: Type) -> bool:
    """Whether `default` is a lawful default of `type_`; of a union, its first branch decides."""
    if type_.kind == "union":
        return bool(type_.branches) and fits(default, type_.branches[0])
    return _FITS[type_.kind](default, type_)


def reads_the_same(default: Any, type_: Type) -> bool:
    """Whether the default's JSON already is its value, as fastavro takes it to be.

    Java, and so Spark, makes bytes, times and decimals of it, and fills a record's gaps; fastavro hands it
    over as it stands.
    """
    if type_.kind == "union":
        return reads_the_same(default, type_.branches[0])
    if type_.kind == "record":
        fields = {field.name: field for field in type_.fields}
        return default.keys() == fields.keys() and all(
            reads_the_same(value, fields[name].type) for name, value in default.items()
        )
    if type_.kind in ("array", "map") and type_.items is not None:
        values = default if type_.kind == "array" else default.values()
        return all(reads_the_same(value, type_.items) for value in values)
    return type_.kind not in ("bytes", "fixed") and not type_.logical


def _integer(default: Any, type_: Type) -> bool:
    bound = 1 << _INTEGERS[type_.kind]
    return isinstance(default, int) and not isinstance(default, bool) and -bound <= default < bound


def _number(default: Any, _: Type) -> bool:
    return isinstance(default, (int, float)) and not isinstance(default, bool) and math.isfinite(default)


def _bytes(default: Any, type_: Type) -> bool:
    # Each byte stands as the character of its number.
    lawful = isinstance(default, str) and all(ord(character) < 0x100 for character in default)
    return lawful and (type_.kind == "bytes" or len(default) == type_.size)


def _items(default: Any, type_: Type) -> bool:
    values = default if type_.kind == "array" else getattr(default, "values", list)()
    lawful = isinstance(default, list if type_.kind == "array" else dict)
    return lawful and type_.items is not None and all(fits(value, type_.items) for value in values)


def _record(default: Any, type_: Type) -> bool:
    if not isinstance(default, dict) or default.keys() - {field.name for field in type_.fields}:
        return False
    return all(
        fits(default[field.name], field.type) if field.name in default else field.has_default
        for field in type_.fields
    )


_FITS: dict[str, Callable[[Any, Type], bool]] = {
    "null": lambda default, _: default is None,
    "boolean": lambda default, _: isinstance(default, bool),
    "int": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "bytes": _bytes,
    "fixed": _bytes,
    "string": lambda default, _: isinstance(default, str),
    "enum": lambda default, type_: default in type_.symbols,
    "array": _items,
    "map": _items,
    "record": _record,
}
