"""One pair of schemas for each kind of question that resolution answers, with Avro's verdict.

The kinds are those that the suites of Avro, Karapace, Confluent's registry and hamba/avro ask about.
"""

from __future__ import annotations

from typing import Any


def record(name: str, *fields: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, **attributes, "fields": list(fields)}


def field(name: str, type_: Any, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **attributes}


def enum(name: str, *symbols: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **attributes}


def fixed(name: str, size: int, **attributes: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **attributes}


def array(items: Any, **attributes: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **attributes}


def mapping(values: Any) -> dict[str, Any]:
    return {"type": "map", "values": values}


def holder(type_: Any, **attributes: Any) -> dict[str, Any]:
    """A record around a type, as a contract holds it."""
    return record("Station", field("v", type_), **attributes)


GUST = field("gust", "int")
OLD, NEW = record("Wind", GUST), record("Breeze", GUST, aliases=["Wind"])
SKY = record("Sky", field("cover", "int"))
OLD_ENUM, NEW_ENUM = enum("Side", "N", "S"), enum("Bearing", "N", "S", aliases=["Side"])
OLD_FIXED, NEW_FIXED = fixed("Mac", 2), fixed("Address", 2, aliases=["Mac"])

RENAMED: dict[str, tuple[Any, Any]] = {
    "a record at the top": (NEW, OLD),
    "a record in a field": (holder(NEW), holder(OLD)),
    "a record in an array": (holder(array(NEW)), holder(array(OLD))),
    "a record in a map": (holder(mapping(NEW)), holder(mapping(OLD))),
    "a nullable record": (holder(["null", NEW]), holder(["null", OLD])),
    "a record that becomes nullable": (holder(["null", NEW]), holder(OLD)),
    "a record out of a union of one": (holder(NEW), holder([OLD])),
    "one of two records of a union": (holder([SKY, NEW]), holder([SKY, OLD])),
    "an enum": (holder(NEW_ENUM), holder(OLD_ENUM)),
    "a nullable enum": (holder(["null", NEW_ENUM]), holder(["null", OLD_ENUM])),
    "a fixed": (holder(NEW_FIXED), holder(OLD_FIXED)),
    "a nullable fixed": (holder(["null", NEW_FIXED]), holder(["null", OLD_FIXED])),
    "a record that is named twice": (
        record("Station", field("v", NEW), field("w", ["null", "Breeze"])),
        record("Station", field("v", OLD), field("w", ["null", "Wind"])),
    ),
    "a record for the second time": (holder({**NEW, "aliases": ["Gale", "Wind"]}), holder(OLD)),
    "a record of the alias's own namespace": ({**NEW, "namespace": "met"}, {**OLD, "namespace": "met"}),
    "a record and its namespace": (
        {**NEW, "namespace": "met", "aliases": ["old.Wind"]},
        {**OLD, "namespace": "old"},
    ),
    "a namespace that all types below inherit": (
        holder({**OLD, "aliases": ["old.Wind"]}, namespace="met", aliases=["old.Station"]),
        holder(OLD, namespace="old"),
    ),
}
"""What was renamed, and has its old name for an alias: reader and writer. All are compatible."""

OTHER: dict[str, tuple[Any, Any, bool]] = {
    "a record and one of its fields are renamed": (
        holder(record("Breeze", field("peak", "int", aliases=["gust"]), aliases=["Wind"])),
        holder(OLD),
        True,
    ),
    "an alias of the writer helps no reader": (holder(OLD), holder(NEW), False),
    "an alias of an alias is none": (holder({**NEW, "aliases": ["Gale"]}), holder(OLD), False),
    "an alias takes the namespace of its type": (
        {**NEW, "namespace": "met"},
        {**OLD, "namespace": "old"},
        False,
    ),
    "an alias without a namespace reaches none": (NEW, {**OLD, "namespace": "old"}, False),
    "an alias on a type of another kind": (holder({**NEW, "aliases": ["Side"]}), holder(OLD_ENUM), False),
    "an alias does not excuse a lost symbol": (
        holder({**NEW_ENUM, "symbols": ["N"]}),
        holder(OLD_ENUM),
        False,
    ),
    "an alias does not excuse another size": (holder({**NEW_FIXED, "size": 3}), holder(OLD_FIXED), False),
    "an alias does not excuse a field without a default": (
        holder({**NEW, "fields": [GUST, field("mean", "int")]}),
        holder(OLD),
        False,
    ),
    "two types exchange their names": (
        record(
            "R", field("v", {**OLD, "aliases": ["Calm"]}), field("w", record("Calm", GUST, aliases=["Wind"]))
        ),
        record("R", field("v", record("Calm", GUST)), field("w", OLD)),
        True,
    ),
    "a record that holds itself is renamed": (
        record("Breeze", field("next", ["null", "Breeze"]), aliases=["Wind"]),
        record("Wind", field("next", ["null", "Wind"])),
        True,
    ),
    "the namespace alone changes": ({**OLD, "namespace": "a"}, {**OLD, "namespace": "b"}, True),
    "the namespace comes with the name": (holder(record("met.Wind", GUST)), holder(OLD), True),
    "two records of a union have one short name": (
        holder([record("a.Wind", GUST), record("b.Wind", field("mean", "int"))]),
        holder([record("b.Wind", field("mean", "int")), record("a.Wind", GUST)]),
        True,
    ),
    "a type wrapped into a union of one": (["int"], "int", True),
    "a type out of a union of one": ("int", ["int"], True),
    "a promoted type out of a union of one": ("double", ["float"], True),
    "a union of one in an array in a map": (mapping(array(["long"])), mapping(array("int")), True),
    "a union of nothing reads nothing": ([], "int", False),
    "a union of nothing writes nothing": ("int", [], True),
    "a union of nothing on both sides": ([], [], True),
    "every branch is promoted": ("double", ["int", "long", "float"], True),
    "one branch is not promoted": ("float", ["int", "double"], False),
    "null is written where it is not read": ("int", ["null", "int"], False),
    "branches change their order": (["string", "null", "int"], ["int", "string", "null"], True),
    "a branch that another one takes": (["null", "double"], ["null", "int"], True),
    "text in a union of bytes": (["null", "bytes"], ["null", "string"], True),
    "an attribute that unnamed types do not have": (
        holder(array("int", name="v")),
        holder(array("int")),
        True,
    ),
    "fixed bytes are no bytes": ("bytes", fixed("F", 4), False),
    "an enum is no text": ("string", OLD_ENUM, False),
    "a text is no enum": (OLD_ENUM, "string", False),
    "a truth value is no number": ("int", "boolean", False),
    "a number is not narrowed": ("int", "long", False),
    "a map is no record": (OLD, mapping("int"), False),
    "a list is no single value": (array("int"), "int", False),
    "a field's default does not stand for a symbol": (
        holder(enum("Side", "N")) | {"fields": [field("v", enum("Side", "N"), default="N")]},
        holder(OLD_ENUM),
        False,
    ),
    "an enum's default stands for a symbol": (
        holder(enum("Side", "N", default="N")),
        holder(OLD_ENUM),
        True,
    ),
    "the writer's enum default does not": (
        holder(enum("Side", "N")),
        holder({**OLD_ENUM, "default": "N"}),
        False,
    ),
    "symbols change their order": (enum("Side", "S", "N"), OLD_ENUM, True),
    "a record that holds itself for ever": (
        record("Loop", field("next", "Loop")),
        record("Loop", field("next", "Loop")),
        True,
    ),
    "a record that holds itself loses a type far below": (
        record("Loop", field("next", ["null", "Loop"]), field("v", "int")),
        record("Loop", field("next", ["null", "Loop"]), field("v", "string")),
        False,
    ),
    "two records that hold each other": (
        record("A", field("b", record("B", field("a", ["null", "A"]), field("x", "int", default=1)))),
        record("A", field("b", record("B", field("a", ["null", "A"])))),
        True,
    ),
    "two records that hold each other, one without a default": (
        record("A", field("b", record("B", field("a", ["null", "A"]), field("x", "int")))),
        record("A", field("b", record("B", field("a", ["null", "A"])))),
        False,
    ),
    "a tree through an array": (
        record("Tree", field("v", "long"), field("below", array("Tree"))),
        record("Tree", field("below", array("Tree")), field("v", "int")),
        True,
    ),
    "a field without a default in an array's record": (
        holder(array(record("I", GUST, field("mean", "int")))),
        holder(array(record("I", GUST))),
        False,
    ),
    "a renamed field is promoted": (
        record("R", field("peak", "double", aliases=["gust"])),
        record("R", GUST),
        True,
    ),
    "a renamed field meets both of its names": (
        record("R", field("peak", "int", aliases=["gust"])),
        record("R", GUST, field("peak", "int")),
        False,
    ),
    "two fields read one": (
        record("R", field("low", "int", aliases=["gust"]), field("high", "int", aliases=["gust"])),
        record("R", GUST),
        True,
    ),
    "a type is named without the namespace that it has": (
        record("met.R", field("a", record("Wind", GUST, namespace="met")), field("b", "Wind")),
        record("met.R", field("a", record("met.Wind", GUST)), field("b", "met.Wind")),
        True,
    ),
}
"""Reader, writer, and whether Avro lets the one read the other."""
