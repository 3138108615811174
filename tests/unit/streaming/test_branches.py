"""Which branch of a union is ours, and which schema the stream does not read by."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.folder.model import Contract
from streaming.record.branches import flaw, other_branches
from streaming.record.plan import Plan

FIELDS: list[dict[str, Any]] = [{"name": "n", "type": "int"}]


@pytest.fixture(scope="module")
def raw(plan: Plan) -> Contract:
    """A contract whose record is `a.Ours` and was `b.Theirs` once."""
    schema = {"type": "record", "name": "a.Ours", "aliases": ["b.Theirs"], "fields": FIELDS}
    return replace(plan.raw, versions=(replace(plan.raw.newest, schema=schema, text=json.dumps(schema)),))


def record(name: str, *more: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [*FIELDS, *more]}


@pytest.mark.parametrize("name", ["a.Ours", "b.Theirs", "elsewhere.Ours", "Ours"])
def test_the_branch_of_our_name_or_alias_is_ours(raw: Contract, name: str) -> None:
    union = json.dumps(["null", record(name), record("c.Other")])
    assert flaw(union, raw) is None
    assert other_branches(union, raw) == {0: "null", 2: "c.Other"}


def test_a_record_has_no_other_branches_whatever_its_name(raw: Contract) -> None:
    assert other_branches(json.dumps(record("c.Other")), raw) == {}
    assert flaw(json.dumps(record("c.Other")), raw) is None


def test_a_union_without_our_record_is_of_no_use(raw: Contract) -> None:
    enum = {"type": "enum", "name": "a.Ours", "symbols": ["A"]}
    assert flaw(json.dumps([enum, record("c.Other")]), raw) == "it is a union that holds no a.Ours"


@pytest.mark.parametrize("nested", [["null", "Ours"], {"type": "array", "items": "Ours"}])
def test_a_schema_that_holds_itself_is_of_no_use_since_its_bytes_may_be_nested_without_end(
    raw: Contract, nested: Any
) -> None:
    own = record("a.Ours", {"name": "next", "type": nested})
    for schema in (own, ["null", own]):
        told = flaw(json.dumps(schema), raw)
        assert told is not None
        assert told.startswith("a.Ours holds itself")
