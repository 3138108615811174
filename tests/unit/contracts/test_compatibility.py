"""What passes Avro and still breaks a reader is named, with its rule and its place."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import ENGINES, RULES, Labelled, check_schemas, parse
from contracts.folder.model import Mode


def record(*fields: dict[str, Any], name: str = "R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, **attributes, "fields": list(fields)}


def field(name: str, type_: Any, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **attributes}


def timestamp(unit: str) -> dict[str, str]:
    return {"type": "long", "logicalType": f"timestamp-{unit}"}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def enum(*symbols: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **attributes}


def broken(
    old: Any, new: Any, mode: Mode = Mode.FULL_TRANSITIVE, readers: tuple[str, ...] = ENGINES
) -> list[tuple[str, str]]:
    history = [
        Labelled(label=f"v{n}", type=parse(s)) for n, s in enumerate(old if isinstance(old, list) else [old])
    ]
    new_one = Labelled(label="new", type=parse(new))
    return [(found.rule, found.path) for found in check_schemas(history, new_one, mode, readers)]


A = record(field("a", "int"))
SAFE = {
    "a field with a default is added": (
        A,
        record(field("a", "int"), field("b", ["null", "int"], default=None)),
    ),
    "a doc is reworded": (A, record(field("a", "int", doc="other"), doc="other")),
    "a symbol is added to an enum with a default": (
        record(field("a", enum("X", default="X"))),
        record(field("a", enum("X", "Y", default="X"))),
    ),
    "fields change places": (
        record(field("a", "int"), field("b", "string")),
        record(field("b", "string"), field("a", "int")),
    ),
}
BROKEN = {
    "millis become micros": (
        record(field("t", timestamp("millis"))),
        record(field("t", timestamp("micros"))),
        [("reader-logical-type", "/fields/0/type")],
    ),
    "a logical type is dropped inside a union": (
        record(field("t", ["null", timestamp("millis")], default=None)),
        record(field("t", ["null", "long"], default=None)),
        [("reader-logical-type", "/fields/0/type/1")],
    ),
    "a decimal's scale grows": (
        record(field("d", decimal(4, 2))),
        record(field("d", decimal(4, 3))),
        [("reader-decimal", "/fields/0/type")],
    ),
    "a default changes": (
        record(field("a", "int", default=1)),
        record(field("a", "int", default=2)),
        [("reader-default", "/fields/0")],
    ),
    "a union's branches change places": (
        record(field("a", ["int", "string"])),
        record(field("a", ["string", "int"])),
        [("reader-union-order", "/fields/0/type"), ("reader-union-shape", "/fields/0/type")],
    ),
    "a field is renamed behind an alias": (
        record(field("a", "int", default=1)),
        record(field("b", "int", default=1, aliases=["a"])),
        [("reader-alias", "/fields/0")],
    ),
    "a namespace changes": (
        record(field("a", "int"), namespace="x"),
        record(field("a", "int"), namespace="y"),
        [("reader-name", "")],
    ),
    "a field without a default is added": (
        A,
        record(field("a", "int"), field("b", "int")),
        [("avro-field-default", "/fields/1")],
    ),
    "a field without a default is removed": (
        record(field("a", "int"), field("b", "int")),
        A,
        [("avro-field-default", "")],
    ),
    "an int becomes a long, which old readers cannot read": (
        A,
        record(field("a", "long")),
        [("avro-type", "/fields/0/type")],
    ),
    "an enum without a default loses a symbol": (
        record(field("a", enum("X", "Y"))),
        record(field("a", enum("X"))),
        [("avro-enum-symbol", "/fields/0/type")],
    ),
    "a fixed changes its size": (
        record(field("a", {"type": "fixed", "name": "F", "size": 1})),
        record(field("a", {"type": "fixed", "name": "F", "size": 2})),
        [("avro-fixed-size", "/fields/0/type"), ("avro-fixed-size", "/fields/0/type")],
    ),
    "an enum's default changes": (
        record(field("a", enum("X", "Y", default="X"))),
        record(field("a", enum("X", "Y", default="Y"))),
        [("reader-default", "/fields/0/type")],
    ),
    "a unit changes": (
        record(field("a", "int", unit="m")),
        record(field("a", "int", unit="km")),
        [("reader-unit", "/fields/0")],
    ),
    "a default is added that fastavro hands over as text": (
        A,
        record(field("a", "int"), field("b", "bytes", default="x")),
        [("reader-raw-default", "/fields/1")],
    ),
    "a default is added that leaves gaps in a record": (
        A,
        record(field("a", "int"), field("b", record(field("c", "int", default=1), name="I"), default={})),
        [("reader-raw-default", "/fields/1")],
    ),
    "a default is of the second branch": (
        A,
        record(field("a", "int"), field("b", ["null", "int"], default=1)),
        [("reader-unlawful-default", "/fields/1")],
    ),
    "a logical type is put on the field": (
        record(field("a", "long")),
        record(field("a", "long", logicalType="timestamp-millis")),
        [("reader-idle-logical-type", "/fields/0")],
    ),
    "two fields differ in upper and lower case": (
        A,
        record(field("a", "int"), field("A", "int", default=0)),
        [("reader-field-spelling", "/fields/1")],
    ),
    "a type takes the name of another for an alias": (
        record(field("a", record(name="I"), default={})),
        record(field("a", record(name="I"), default={}), aliases=["I"]),
        [("reader-alias-taken", "")],
    ),
    "a union has a number with a logical type beside a number": (
        record(field("a", ["int", timestamp("millis")])),
        record(field("a", ["int", timestamp("millis")])),
        [("reader-folded-union", "/fields/0/type")],
    ),
    "an array's items take no bytes": (
        A,
        record(field("a", "int"), field("b", {"type": "array", "items": "null"}, default=[])),
        [("reader-zero-byte-items", "/fields/1/type")],
    ),
    "a type holds itself": (
        record(field("next", ["null", "R"], default=None)),
        record(field("next", ["null", "R"], default=None)),
        [("reader-recursion", "")],
    ),
    "a decimal is larger than Spark's": (
        A,
        record(field("a", "int"), field("b", ["null", decimal(39, 2)], default=None)),
        [("reader-unlawful-decimal", "/fields/1/type/1")],
    ),
    "bytes stand behind text in a union": (
        record(field("a", ["string", "bytes"])),
        record(field("a", ["string", "bytes"])),
        [("reader-union-first", "/fields/0/type")],
    ),
    "two branches of a union differ in their namespace alone": (
        record(field("a", [record(field("x", "int"), name="n.I"), record(field("y", "int"), name="m.I")])),
        record(field("a", [record(field("x", "int"), name="n.I"), record(field("y", "int"), name="m.I")])),
        [("reader-union-first", "/fields/0/type")],
    ),
    "an alias without its namespace is another branch's name": (
        record(field("a", [record(name="n.I", aliases=["K"]), record(field("y", "int"), name="m.K")])),
        record(field("a", [record(name="n.I", aliases=["K"]), record(field("y", "int"), name="m.K")])),
        [("reader-union-first", "/fields/0/type")],
    ),
    "two types become one by an alias": (
        record(field("a", record(name="I")), field("b", record(name="K"))),
        record(field("a", record(name="I", aliases=["K"])), field("b", "I")),
        [
            ("avro-name", "/fields/0/type"),
            ("reader-alias-taken", "/fields/0/type"),
            ("reader-name", "/fields/0/type"),
        ],
    ),
    "two types have one alias": (
        record(field("a", record(name="I"))),
        record(
            field("a", record(name="K", aliases=["I"])),
            field("b", record(name="L", aliases=["I"]), default={}),
        ),
        [
            ("avro-name", "/fields/0/type"),
            ("reader-alias-taken", "/fields/0/type"),
            ("reader-alias-taken", "/fields/1/type"),
            ("reader-name", "/fields/0/type"),
        ],
    ),
    "a record stands in a union at the top": (A, [A], [("reader-root-union", "")]),
    "a record is renamed": (A, record(field("a", "int"), name="S"), [("avro-name", ""), ("reader-name", "")]),
}


@pytest.mark.parametrize("change", SAFE)
def test_a_safe_change_passes_in_full(change: str) -> None:
    old, new = SAFE[change]
    assert broken(old, new) == []


@pytest.mark.parametrize("change", BROKEN)
def test_a_breaking_change_is_named_with_its_place(change: str) -> None:
    old, new, expected = BROKEN[change]
    assert sorted(set(broken(old, new))) == sorted(set(expected))


@pytest.mark.parametrize(
    ("mode", "safe"),
    [
        (Mode.NONE, True),
        (Mode.BACKWARD, True),
        (Mode.BACKWARD_TRANSITIVE, True),
        (Mode.FORWARD, False),
        (Mode.FORWARD_TRANSITIVE, False),
        (Mode.FULL, False),
        (Mode.FULL_TRANSITIVE, False),
    ],
)
def test_each_mode_looks_in_its_own_direction(mode: Mode, safe: bool) -> None:
    assert (broken(A, record(field("a", "long")), mode) == []) is safe


@pytest.mark.parametrize(("mode", "safe"), [(Mode.BACKWARD, True), (Mode.BACKWARD_TRANSITIVE, False)])
def test_only_a_transitive_mode_looks_past_the_last_version(mode: Mode, safe: bool) -> None:
    history = [record(), record(field("a", "int", default=0))]
    assert (broken(history, A, mode) == []) is safe


def test_a_renamed_type_with_its_old_name_for_an_alias_breaks_old_readers_alone() -> None:
    old, new = record(field("a", enum("X"))), record(field("a", {**enum("X"), "name": "F", "aliases": ["E"]}))
    assert broken(old, new, Mode.BACKWARD) == []
    assert broken(old, new, Mode.FORWARD) == [
        ("avro-name", "/fields/0/type"),
        ("reader-name", "/fields/0/type"),
    ]


def test_readers_that_nobody_declares_do_not_count() -> None:
    old, new = record(field("t", timestamp("millis"))), record(field("t", timestamp("micros")))
    assert broken(old, new, readers=()) == []


def test_a_recursive_schema_is_compared_to_its_end() -> None:
    node = record(field("value", "int"), field("next", ["null", "R"], default=None))
    assert broken(node, node, readers=("fastavro",)) == []


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"type": "record", "name": "R"}, "/"),
        (record(field("a", "number")), "/fields/0/type"),
        (record(field("a", ["int", "int"])), "/fields/0/type"),
        (record(field("a", enum("X", "X"))), "/fields/0/type"),
        (record(field("a", "int"), field("a", "int")), "/fields/1"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(schema: Any, where: str) -> None:
    with pytest.raises(UnusableSetting, match=f"at {where}:"):
        parse(schema)


def test_every_rule_says_what_to_do_instead() -> None:
    assert all(rule.purpose.endswith(".") and rule.instead.endswith(".") for rule in RULES.values())
