"""What an engine cannot read of a schema, whatever came before it; its defaults first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from contracts.evolution.compatibility.schema import Field, Type, walk

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


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a schema breaks a rule: a JSON pointer, and what stands there."""

    path: str
    message: str


_LOGICAL: dict[str, frozenset[str]] = {
    "date": frozenset({"int"}),
    "decimal": frozenset({"bytes", "fixed"}),
    "duration": frozenset({"fixed"}),
    "local-timestamp-micros": frozenset({"long"}),
    "local-timestamp-millis": frozenset({"long"}),
    "time-micros": frozenset({"long"}),
    "time-millis": frozenset({"int"}),
    "timestamp-micros": frozenset({"long"}),
    "timestamp-millis": frozenset({"long"}),
    "uuid": frozenset({"string", "fixed"}),
}
"""Logical type to the kinds that carry it; the nanosecond ones are left out, for Spark knows none."""
SPARK_STRUCT_FROM = 2
"""From so many branches beside null on, Spark makes a union a struct."""
SPARK_NUMBERS = (frozenset({"int", "long"}), frozenset({"float", "double"}))
"""Branches that Spark folds into one number: a union of one of these is no struct."""


def meaning(type_: Type) -> str:
    """Avro's word for what Spark reads: the logical type where the kind carries it, else the kind."""
    logical = str(type_.attributes.get("logicalType"))
    # Spark has no type of its own for these: it reads what they stand on.
    plain = logical in ("uuid", "duration") or type_.kind not in _LOGICAL.get(logical, frozenset())
    return type_.kind if plain else logical


def fields(root: Type) -> Iterator[Field]:
    """Every field of every record."""
    return (field for node in walk(root) for field in node.fields)


def unlawful_defaults(root: Type) -> Iterator[Spot]:
    """Defaults that are no value of their type, or of a union not of its first branch."""
    for field in fields(root):
        if not field.has_default or fits(field.default, field.type):
            continue
        if any(fits(field.default, branch) for branch in field.type.branches):
            yield Spot(field.path, f"the default of {field.name} is not of the union's first branch")
        else:
            yield Spot(field.path, f"the default of {field.name} is no {field.type.full_name}")


def idle_logical_types(root: Type) -> Iterator[Spot]:
    """Logical types that stand where nothing heeds them."""
    for field in fields(root):
        logical = field.attributes.get("logicalType")
        if logical is not None:
            yield Spot(field.path, f"logicalType {logical} stands on the field {field.name}, not on its type")
    for node in walk(root):
        logical = node.attributes.get("logicalType")
        if logical is not None and node.kind not in _LOGICAL.get(str(logical), frozenset()):
            yield Spot(node.path, f"{node.kind} carries no logical type {logical}")


def unlawful_decimals(root: Type) -> Iterator[Spot]:
    """Decimals that Spark cannot hold, or that Avro reads as plain bytes."""
    for node in walk(root):
        if node.logical[:1] != ("decimal",):
            continue
        _, precision, scale = node.logical
        if not isinstance(precision, int) or not 1 <= precision <= 38:
            yield Spot(
                node.path, f"a decimal of precision {precision!r} is none that Spark can hold (1 to 38)"
            )
        elif not isinstance(scale, int) or not 0 <= scale <= precision:
            yield Spot(node.path, f"a decimal of precision {precision} has no scale {scale!r}")


def recursion(root: Type) -> Iterator[Spot]:
    """Types that hold themselves."""
    inside: list[int] = []
    done: set[int] = set()

    def visit(node: Type) -> Iterator[Spot]:
        if id(node) in inside:
            yield Spot(node.path, f"{node.full_name} holds itself")
            return
        if id(node) in done:
            return
        inside.append(id(node))
        for below in node.below:
            yield from visit(below)
        done.add(inside.pop())

    yield from visit(root)


def zero_byte_items(root: Type) -> Iterator[Spot]:
    """Arrays of which a few bytes can announce billions of items."""
    for node in walk(root):
        if node.kind == "array" and node.items is not None and _takes_no_bytes(node.items, {}):
            yield Spot(node.path, "the items of the array take no bytes")


def _takes_no_bytes(type_: Type, known: dict[int, bool]) -> bool:
    if type_.kind == "record":
        if id(type_) not in known:
            known[id(type_)] = False  # one that holds itself
            known[id(type_)] = all(_takes_no_bytes(field.type, known) for field in type_.fields)
        return known[id(type_)]
    return type_.kind == "null" or (type_.kind == "fixed" and type_.size == 0)


def fields_of_one_spelling(root: Type) -> Iterator[Spot]:
    """Fields that differ in nothing but upper and lower case, which Spark takes for one."""
    for node in walk(root):
        met: dict[str, str] = {}
        for field in node.fields:
            other = met.setdefault(field.name.lower(), field.name)
            if other != field.name:
                yield Spot(field.path, f"Spark takes {field.name} and {other} for one field")


def folded_unions(root: Type) -> Iterator[Spot]:
    """Unions that lose what they mean in Spark: of null or nothing, or of numbers with a logical type."""
    for node in walk(root):
        branches = [branch for branch in node.branches if branch.kind != "null"]
        if node.kind == "union" and not branches:
            yield Spot(node.path, "Spark cannot write a union of null or nothing")
        elif {b.kind for b in branches} in SPARK_NUMBERS and any(b.logical for b in branches):
            yield Spot(node.path, "Spark reads this union as a plain number, and drops its logical type")


def root_unions(root: Type) -> Iterator[Spot]:
    """A union in the place of the whole record, which Spark cannot make a struct of."""
    branches = [branch for branch in root.branches if branch.kind != "null"]
    several = len(branches) >= SPARK_STRUCT_FROM and {b.kind for b in branches} not in SPARK_NUMBERS
    if several or any(branch.kind == "record" for branch in branches):
        yield Spot(root.path, "the schema is a union, and Spark reads a record in no union at the top")
