"""Each rule of the lint finds what it is for, and leaves the platform's own contracts alone."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.evolution.compatibility import parse
from contracts.folder.model import Consumer, Rule, Severity
from contracts.folder.read import load_contracts
from contracts.lint import RULES, lint
from tests.unit.contracts.built import contract


def schema(*fields: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    about = {"type": "record", "name": "Reading", "namespace": "weather.test", "doc": "A reading."}
    return {**about, **attributes, "fields": list(fields)}


def field(type_: Any, name: str = "a", **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, "doc": "Something.", **attributes}


E = {"type": "enum", "name": "E", "doc": "An enum.", "symbols": ["X"]}
SELF = schema(field(["null", "Reading"], default=None))
FAULTY = {
    "field-name": (schema(field("int", "camelCase")), "/fields/0"),
    "type-name": (schema(name="reading"), ""),
    "namespace": (schema(namespace=""), ""),
    "doc": (schema({"name": "a", "type": "int"}), "/fields/0"),
    "unit": (schema(field(["null", "double"], default=None)), "/fields/0"),
    "utc-time": (schema(field("long", "observed_at")), "/fields/0"),
    "default": (schema(field(["null", "int"], default=1)), "/fields/0"),
    "enum-default": (schema(field(E)), "/fields/0/type"),
    "logical-type": (schema(field("long", logicalType="timestamp-millis")), "/fields/0"),
    "decimal": (schema(field({"type": "bytes", "logicalType": "decimal"}, unit="€")), "/fields/0/type"),
    "recursion": (SELF, ""),
    "zero-byte-items": (schema(field({"type": "array", "items": "null"})), "/fields/0/type"),
    "spark-union": (schema(field(["int", "string"])), "/fields/0/type"),
}


def test_every_rule_has_a_schema_that_breaks_it() -> None:
    assert FAULTY.keys() == RULES.keys()


@pytest.mark.parametrize("rule", FAULTY)
def test_a_rule_names_the_place_that_breaks_it(rule: str) -> None:
    record, path = FAULTY[rule]
    assert [(fault.rule, fault.path) for fault in lint([contract(record)])] == [(rule, path)]


@pytest.mark.parametrize("rule", FAULTY)
def test_an_exception_excuses_its_rule(rule: str) -> None:
    record, _ = FAULTY[rule]
    assert lint([contract(record, exceptions={rule: "An old sender."})]) == []


def test_an_exception_needs_a_reason_and_a_rule_that_exists() -> None:
    faults = lint([contract(schema(), exceptions={"doc": " ", "no-such-rule": "why"})])
    assert [(fault.rule, fault.path) for fault in faults] == [
        ("exception", "/exceptions/doc"),
        ("exception", "/exceptions/no-such-rule"),
    ]


def test_a_guess_is_no_doc_no_unit_and_no_text_of_a_contract() -> None:
    guessed = field("double", unit="guess: m") | {"doc": "guess: a depth."}
    count = field("int", "b", unit="guess: which one")
    rule = Rule(id="r", check="not_null", severity=Severity.INFO, why="guess: so", parameters={"field": "a"})
    faults = lint([contract(schema(guessed, count), description="guess: d", owner="guess: o", rules=(rule,))])
    assert [(fault.rule, fault.path) for fault in faults] == [
        ("doc", "/fields/0"),
        ("unit", "/fields/0"),
        ("unit", "/fields/1"),
        ("guess", "/description"),
        ("guess", "/owner"),
        ("guess", "/rules/0/why"),
    ]


def test_a_rule_about_times_is_held_to_fields_that_hold_one() -> None:
    time = {"type": "long", "logicalType": "timestamp-millis"}
    record = schema(
        field(["null", time], "seen_at", default=None), field("long", "sent"), field("int", "old")
    )

    def rule(**parameters: str) -> Rule:
        return Rule(id="r", check="near", severity=Severity.INFO, why="So.", parameters=parameters)

    rules = rule(field="seen_at", other="seen_at"), rule(field="seen_at", other="sent", unless="old")
    faults = lint([contract(record, rules=rules)])
    assert [(fault.rule, fault.path) for fault in faults] == [
        ("rule-type", "/rules/1/other"),
        ("rule-type", "/rules/1/unless"),
    ]


def test_a_consumer_of_a_field_that_is_gone_is_named_with_its_owner() -> None:
    reader = Consumer(name="dashboard", owner="team-sky", reads=("b",))
    [fault] = lint([contract(schema(field("int")), consumers=(reader,))])
    assert fault.rule == "consumer-field"
    assert "dashboard (team-sky) reads b" in fault.message


@pytest.mark.parametrize(
    ("type_", "default", "lawful"),
    [
        ("int", 2**31 - 1, True),
        ("int", 2**31, False),
        ("int", True, False),
        ("boolean", 1, False),
        ("double", 1, True),
        ("bytes", "ÿ", True),
        ("bytes", "Ā", False),
        ({"type": "fixed", "name": "F", "doc": "x", "size": 2}, "ab", True),
        ({"type": "fixed", "name": "F", "doc": "x", "size": 2}, "a", False),
        ({"type": "array", "items": "int"}, [1, 2], True),
        ({"type": "array", "items": "int"}, ["x"], False),
        ({"type": "map", "values": "int"}, {"x": 1}, True),
        ({**E, "default": "X"}, "Y", False),
    ],
)
def test_a_default_is_held_to_its_type(type_: Any, default: Any, lawful: bool) -> None:
    faults = list(RULES["default"].look(parse(schema(field(type_, default=default)))))
    assert (faults == []) is lawful


def test_the_platforms_own_contracts_are_clean() -> None:
    assert lint(load_contracts().values()) == []
