"""Whatever a contract's types, defaults and texts are, its typed records compile and carry every value."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.errors import ContractsAtFault
from contracts.generate import module_text
from tests.unit.contracts.built import contract
from tests.unit.contracts.generated import (
    VALUES,
    defaults_agree,
    enum_type,
    goes_round,
    module,
    record,
    record_type,
)

LAWFUL_DEFAULTS: list[tuple[Any, Any]] = [
    ("null", None),
    ("boolean", True),
    ("int", 2**31 - 1),
    ("int", -(2**31)),
    ("long", -(2**63)),
    ("long", 2**63 - 1),
    ("float", 1),
    ("double", -0.0),
    ("double", 5e-324),
    ("double", float("nan")),
    ("double", float("inf")),
    ("float", float("-inf")),
    ("double", "NaN"),
    ("double", "-Infinity"),
    ("string", ""),
    ("string", '"""\\'),
    ("string", "\u0000\u2028\U0001f32a\u202e\r\n{x}%s"),
    ("bytes", "\u0000\u00ff'\"\\"),
    ({"type": "fixed", "name": "F", "size": 2}, "\u00ff\u0000"),
    (enum_type("None", "True", "mro"), "mro"),
    ({"type": "array", "items": "double"}, []),
    ({"type": "array", "items": "double"}, [1, float("nan")]),
    ({"type": "array", "items": {"type": "array", "items": enum_type("None")}}, [["None"], []]),
    ({"type": "map", "values": "bytes"}, {}),
    ({"type": "map", "values": {"type": "array", "items": "string"}}, {"": [], '"\\': ["a", "b"]}),
    (["null", "string"], None),
    (["string", "null"], "a"),
    (["string"], "a"),
    (["null"], None),
    ([{"type": "map", "values": "int"}, "null"], {"a": 1}),
    (record(name="Empty"), {}),
    (
        record({"name": "from", "type": "int"}, {"name": "from_", "type": "int", "default": 2}, name="Two"),
        {"from": 1},
    ),
    (
        record(
            {"name": "below", "type": {"type": "array", "items": ["null", "t.Node"]}, "default": []},
            name="Node",
        ),
        {"below": [None]},
    ),
    (
        {
            "type": "array",
            "items": record({"name": "by", "type": {"type": "map", "values": "int"}}, name="One"),
        },
        [{"by": {"a": 1}}],
    ),
]


@pytest.mark.parametrize(("of", "value"), LAWFUL_DEFAULTS)
def test_a_record_without_values_has_the_defaults_that_a_decoder_fills_in(of: Any, value: Any) -> None:
    made = defaults_agree(record({"name": "a", "type": of, "default": value}))
    assert repr(type(made).from_dict(made.to_dict())) == repr(made)
    assert made is not type(made)()


def test_a_default_that_changes_in_one_record_stays_in_another() -> None:
    tags = {"name": "tags", "type": {"type": "map", "values": "int"}, "default": {"a": 1}}
    made = record_type(record(tags))
    assert made().tags is not made().tags


@pytest.mark.parametrize(
    ("of", "value"),
    [
        ("int", "a"),
        ("int", 2**31),
        ("long", True),
        ("double", "warm"),
        ("double", "1.5"),
        ("double", None),
        ("double", True),
        ("double", 10**400),
        ("string", None),
        ("bytes", "\u0100"),
        (enum_type("A"), "B"),
        ({"type": "array", "items": "int"}, {}),
        ({"type": "map", "values": "int"}, []),
        ({"type": "array", "items": "int"}, ["a"]),
        (["null", "int"], "a"),
        (record({"name": "b", "type": "int"}, name="B"), {}),
        (record(name="B"), {"c": 1}),
        (record(name="B"), 1),
        ({"type": "int", "logicalType": "date"}, "yesterday"),
    ],
)
def test_a_default_that_is_no_value_of_its_type_is_refused_by_its_place(of: Any, value: Any) -> None:
    with pytest.raises(ContractsAtFault, match="/fields/0: the default of a is no value of its type"):
        module_text(contract(record({"name": "a", "type": of, "default": value})))


def test_a_default_that_holds_itself_is_refused_by_its_place() -> None:
    endless = record({"name": "a", "type": "t.R", "default": {}})
    with pytest.raises(ContractsAtFault, match="/fields/0: the default of a holds itself without end"):
        module_text(contract(endless))


def test_a_default_of_a_later_branch_is_the_records_default_too() -> None:
    assert record_type(record({"name": "a", "type": ["string", "null"], "default": None}))().a is None
    assert record_type(record({"name": "a", "type": ["null", "string"], "default": "x"}))().a == "x"


def test_a_default_of_a_logical_type_must_be_given() -> None:
    day = {"name": "a", "type": {"type": "int", "logicalType": "date"}, "default": 0}
    with pytest.raises(TypeError, match="'a'"):
        record_type(record(day))()
    assert goes_round(record(day)).a == date(2026, 1, 2)


def nested(of: dict[str, Any]) -> dict[str, Any]:
    """A type in every place that a type can stand."""
    name = of.get("name", of)
    return record(
        {"name": "plain", "type": of},
        {"name": "alone", "type": [name]},
        {"name": "option", "type": ["null", name]},
        {"name": "turned", "type": [name, "null"]},
        {"name": "list_of", "type": {"type": "array", "items": name}},
        {"name": "options", "type": {"type": "array", "items": ["null", name]}},
        {"name": "map_of", "type": {"type": "map", "values": name}},
        {
            "name": "deep",
            "type": {"type": "map", "values": {"type": "array", "items": {"type": "map", "values": name}}},
        },
        {"name": "below", "type": record({"name": "value", "type": name}, name="Below")},
    )


KINDS: list[dict[str, Any]] = [
    *(
        {"type": kind, **({} if logical == "None" else {"logicalType": logical})}
        for kind, logical in VALUES
        if kind != "null"
        if logical != "decimal"
    ),
    {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    {"type": "fixed", "name": "F", "size": 4, "logicalType": "decimal", "precision": 9, "scale": 2},
    {"type": "fixed", "name": "F", "size": 16, "logicalType": "uuid"},
    {"type": "fixed", "name": "F", "size": 12, "logicalType": "duration"},
    {"type": "fixed", "name": "F", "size": 3},
    {"type": "string", "logicalType": "date"},
    {"type": "int", "logicalType": "timestamp-millis"},
    {"type": "long", "logicalType": "uuid"},
    {"type": "double", "logicalType": ["not", "a name"]},
    enum_type("None", "from", "from_"),
    record(name="Empty"),
    record({"name": "self", "type": "string"}, name="Held"),
    record({"name": "next", "type": ["null", "t.Node"], "default": None}, name="Node"),
]


@pytest.mark.parametrize("of", KINDS, ids=json.dumps)
def test_every_type_goes_round_in_every_place(of: dict[str, Any]) -> None:
    goes_round(nested(of))


def test_a_fixed_that_is_a_uuid_is_one_in_the_record_and_bytes_for_the_encoder() -> None:
    schema = record(
        {"name": "id", "type": {"type": "fixed", "name": "Id", "size": 16, "logicalType": "uuid"}}
    )
    made = goes_round(schema)
    assert made.id == UUID(int=255)
    assert made.to_dict() == {"id": UUID(int=255).bytes}


def test_records_that_hold_each_other_go_round() -> None:
    back = {"name": "back", "type": ["null", "t.R"], "default": None}
    other = record(back, {"name": "again", "type": {"type": "array", "items": "t.Other"}}, name="Other")
    goes_round(
        record({"name": "other", "type": ["null", other], "default": None}, {"name": "R", "type": "int"})
    )


def test_an_enum_without_symbols_and_a_record_without_fields_compile() -> None:
    nothing = {"type": "enum", "name": "E", "symbols": []}
    made = module(record({"name": "a", "type": ["null", nothing], "default": None}))
    assert made.R().to_dict() == {"a": None}
    assert list(made.E) == []
    assert made.R.from_dict({"a": None}) == made.R()
    assert goes_round(record()).to_dict() == {}


DOCS = [
    "", " ", "\x00", 'a "quote"', '"""', '\\', "\\N{DEGREE SIGN}", "\\u12", "ends with \\", 'ends with "',
    "\ud800 a surrogate", "\u2028\u2029\x85\x0c\x1c lines", "\u202e turned", "\r\n", "\ufeff", "x" * 100_000,
    "\\" * 500, "\x00" * 500, '"' * 500, "long-" * 500, "# noqa", "{x} %s", None, 12, ["a"], {"b": "c"},
]  # fmt: skip


@pytest.mark.parametrize("doc", DOCS, ids=range(len(DOCS)))
def test_no_text_of_a_doc_or_a_unit_breaks_the_code(doc: Any, tmp_path: Path) -> None:
    states = {**enum_type("A"), "doc": doc}
    schema = {**record({"name": "a", "type": states, "doc": doc, "unit": doc}), "doc": doc}
    goes_round(schema)
    text = module_text(contract(schema))
    file = tmp_path / "records.py"
    file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text
    shown = str(doc or "").replace("\ud800", "\ufffd").split() or ["R"]
    # A long text is broken between its words, and nowhere else.
    assert "".join((record_type(schema).__doc__ or "").split()) == "".join(shown)
