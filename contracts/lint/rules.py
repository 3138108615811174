"""The lint's rules, one row each: what is asked, why, what to do, and who looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.evolution.compatibility.readable import (
    SPARK_NUMBERS,
    SPARK_STRUCT_FROM,
    Spot,
    fields,
    idle_logical_types,
    recursion,
    unlawful_decimals,
    unlawful_defaults,
    zero_byte_items,
)
from contracts.evolution.compatibility.schema import NAMED, Type, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRule:
    """One row of the table."""

    category: str
    purpose: str
    instead: str
    look: Callable[[Type], Iterator[Spot]]


GUESS = "guess:"
"""Begins a text that a tool proposed, and that a person is to write."""

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
_NAMESPACE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_UTC = frozenset({"timestamp-millis", "timestamp-micros"})
_MEASURES = frozenset({"float", "double"})


def _field_names(root: Type) -> Iterator[Spot]:
    for field in fields(root):
        if not _SNAKE.fullmatch(field.name):
            yield Spot(field.path, f"field {field.name} is not in snake_case")


def _type_names(root: Type) -> Iterator[Spot]:
    for node in walk(root):
        if node.kind in NAMED and not _PASCAL.fullmatch(node.name):
            yield Spot(node.path, f"{node.kind} {node.name} is not in PascalCase")


def _namespaces(root: Type) -> Iterator[Spot]:
    if not _NAMESPACE.fullmatch(root.namespace):
        yield Spot(root.path, f"the namespace {root.namespace!r} is not lower-case names with dots")


def _lack(attributes: Mapping[str, Any], name: str) -> str:
    """How an attribute is yet to be written, as a verb and its object; empty where it is written."""
    text = str(attributes.get(name, "")).strip()
    return f"has a guess for its {name}" if text.startswith(GUESS) else "" if text else f"has no {name}"


def _docs(root: Type) -> Iterator[Spot]:
    for node in walk(root):
        if node.kind in NAMED and (lack := _lack(node.attributes, "doc")):
            yield Spot(node.path, f"{node.kind} {node.name} {lack}")
    for field in fields(root):
        if lack := _lack(field.attributes, "doc"):
            yield Spot(field.path, f"field {field.name} {lack}")


def _units(root: Type) -> Iterator[Spot]:
    for field in fields(root):
        plain = field.type.plain
        measure = plain.kind in _MEASURES or plain.logical[:1] == ("decimal",)
        lack = _lack(field.attributes, "unit")
        if lack and (measure or "unit" in field.attributes):
            yield Spot(field.path, f"field {field.name} {lack}, which a measure needs")


def _times(root: Type) -> Iterator[Spot]:
    for field in fields(root):
        logical = field.type.plain.logical[:1]
        if field.name.endswith("_at") and (not logical or logical[0] not in _UTC):
            yield Spot(field.path, f"field {field.name} is a time without the logical type of one in UTC")
        elif logical and str(logical[0]).startswith("local-timestamp"):
            yield Spot(field.path, f"field {field.name} is a local time, which names no moment")


def _enum_defaults(root: Type) -> Iterator[Spot]:
    for node in walk(root):
        if node.kind == "enum" and node.enum_default is None:
            yield Spot(node.path, f"enum {node.name} has no default")


def _spark_unions(root: Type) -> Iterator[Spot]:
    for node in walk(root):
        names = {branch.full_name for branch in node.branches if branch.kind != "null"}
        if len(names) >= SPARK_STRUCT_FROM and names not in SPARK_NUMBERS:
            yield Spot(
                node.path, f"Spark reads the union of {', '.join(sorted(names))} as member0, member1 …"
            )


RULES: dict[str, LintRule] = {
    "field-name": LintRule(
        category="names",
        purpose="Fields are named in snake_case.",
        instead="Rename the field before the version is locked.",
        look=_field_names,
    ),
    "type-name": LintRule(
        category="names",
        purpose="Records, enums and fixeds are named in PascalCase.",
        instead="Rename the type before the version is locked.",
        look=_type_names,
    ),
    "namespace": LintRule(
        category="names",
        purpose="The record has a namespace, so that its name is unique.",
        instead='Add "namespace": "weather.…" to the record.',
        look=_namespaces,
    ),
    "doc": LintRule(
        category="meaning",
        purpose="Every type and every field says what it is.",
        instead='Add a "doc" with one sentence.',
        look=_docs,
    ),
    "unit": LintRule(
        category="meaning",
        purpose="Every measure names its unit.",
        instead='Add a "unit" to the field, such as "°C"; write "1" for a ratio.',
        look=_units,
    ),
    "utc-time": LintRule(
        category="meaning",
        purpose="Times are moments in UTC.",
        instead='Use {"type": "long", "logicalType": "timestamp-millis"}; put an offset beside it.',
        look=_times,
    ),
    "default": LintRule(
        category="defaults",
        purpose="A default is a value of the type, of a union's first branch: parsers refuse others.",
        instead="Mend the default, or put its branch first.",
        look=unlawful_defaults,
    ),
    "enum-default": LintRule(
        category="defaults",
        purpose="An enum has a default from version 1 on, or no symbol can ever be added.",
        instead='Add a symbol such as UNKNOWN, and "default": "UNKNOWN" to the enum.',
        look=_enum_defaults,
    ),
    "logical-type": LintRule(
        category="types",
        purpose="A logical type stands on a type that carries it; elsewhere it is silently ignored.",
        instead='Move it into the type: {"type": {"type": "long", "logicalType": "timestamp-millis"}}.',
        look=idle_logical_types,
    ),
    "decimal": LintRule(
        category="types",
        purpose="A decimal has a precision of 1 to 38 and a scale within it.",
        instead="Give the decimal a precision and a scale that engines can hold.",
        look=unlawful_decimals,
    ),
    "recursion": LintRule(
        category="safety",
        purpose="No type holds itself: a few bytes could nest deep enough to kill a reader.",
        instead="Flatten it, or refer to the other record by its key.",
        look=recursion,
    ),
    "zero-byte-items": LintRule(
        category="safety",
        purpose="Array items take bytes: of those that take none, a few bytes can announce billions.",
        instead="Give the items a field, or count them in a long.",
        look=zero_byte_items,
    ),
    "spark-union": LintRule(
        category="types",
        purpose="A union is a type and null: Spark turns others into a struct of member0, member1.",
        instead="Use a record with one nullable field for each type.",
        look=_spark_unions,
    ),
}
"""Rule id to rule. Ids are stable: exceptions name them."""
