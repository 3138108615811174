"""Values that a declared reader of a topic cannot hold, as Spark SQL: Spark holds more than others do.

Python's times end with the year 9999, a time of day with the day, and a UUID is one only in its own spelling.
What is looked for is what Spark writes and fastavro, or a typed record, fails to read or reads otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from contracts.avro.timestamps import EARLIEST_MS, LATEST_MS
from contracts.checks.rules import column, literal
from contracts.evolution.compatibility.readable import SPARK_NUMBERS, SPARK_STRUCT_FROM
from contracts.evolution.compatibility.schema import Type, parse
from contracts.folder.model import JsonSchema

NOT_UTF8 = "a text that is not UTF-8"
_NO_TIME = "a time outside the years 1 to 9999"
_NO_TIME_OF_DAY = "a time of day outside the 24 hours"
_UUID = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\\z"

_MOMENT = f"BETWEEN timestamp_micros({EARLIEST_MS}000L) AND timestamp_micros({LATEST_MS}999L)"
_LOCAL_MOMENT = "BETWEEN TIMESTAMP_NTZ'0001-01-01 00:00:00' AND TIMESTAMP_NTZ'9999-12-31 23:59:59.999999'"

_KEPT: dict[tuple[str, str], tuple[str, str]] = {
    ("int", "date"): ("BETWEEN DATE'0001-01-01' AND DATE'9999-12-31'", _NO_TIME),
    ("int", "time-millis"): ("BETWEEN 0 AND 86399999", _NO_TIME_OF_DAY),
    ("long", "time-micros"): ("BETWEEN 0L AND 86399999999L", _NO_TIME_OF_DAY),
    ("long", "timestamp-millis"): (_MOMENT, _NO_TIME),
    ("long", "timestamp-micros"): (_MOMENT, _NO_TIME),
    ("long", "local-timestamp-millis"): (_LOCAL_MOMENT, _NO_TIME),
    ("long", "local-timestamp-micros"): (_LOCAL_MOMENT, _NO_TIME),
    ("string", "uuid"): (f"RLIKE {literal(_UUID)}", "a text that is no UUID"),
}
"""Kind and logical type to what, behind a value, is true where all hold it; and what it is otherwise."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A kind of value of one field that some reader cannot hold: `holds` is Spark SQL that is true for it."""

    field: str
    holds: str
    what: str


def unreadable(schema: JsonSchema, names: Collection[str]) -> tuple[Unreadable, ...]:
    """All that a reader cannot hold of the fields `names` of a record, in the record's order."""
    fields = (field for field in parse(schema).fields if field.name in names)
    return tuple(
        Unreadable(f.name, holds, what) for f in fields for holds, what in _within(f.type, column(f.name), 0)
    )


def _within(node: Type, value: str, depth: int) -> Iterator[tuple[str, str]]:
    """Conditions on the expression `value` of the type `node`, each with what such a value is."""
    logical = str(node.attributes.get("logicalType", ""))
    if node.kind == "string":
        yield f"NOT is_valid_utf8({value})", NOT_UTF8
    if kept := _KEPT.get((node.kind, logical)):
        yield f"NOT ({value} {kept[0]})", kept[1]
    elif node.kind == "enum" and node.enum_default is None:
        symbols = ", ".join(map(literal, node.symbols))
        yield f"{value} NOT IN ({symbols})", "a symbol that its enum lacks"
    elif node.kind == "record":
        for field in node.fields:
            yield from _within(field.type, f"{value}.{column(field.name)}", depth)
    elif node.kind == "union":
        for branch, inner in _branches(node, value):
            yield from _within(branch, inner, depth)
    elif node.items:
        one = f"e{depth}"
        items = f"map_values({value})" if node.kind == "map" else value
        for holds, what in _within(node.items, one, depth + 1):
            yield f"exists({items}, {one} -> {holds})", what
        if node.kind == "map":
            yield f"exists(map_keys({value}), {one} -> NOT is_valid_utf8({one}))", NOT_UTF8


def _branches(node: Type, value: str) -> Iterator[tuple[Type, str]]:
    """Branches of a union that hold something, each with the expression by which Spark gives it."""
    branches = [branch for branch in node.branches if branch.kind != "null"]
    if len(branches) < SPARK_STRUCT_FROM or {b.kind for b in branches} in SPARK_NUMBERS:
        return iter([(branches[0], value)] if len(branches) == 1 else [])
    return ((branch, f"{value}.member{number}") for number, branch in enumerate(branches))
