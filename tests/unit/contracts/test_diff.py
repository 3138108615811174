"""`diff` says each change in words, and whether producers or consumers may move first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.evolution.diff import Change, diff
from contracts.folder.model import Rule, Severity, Version
from tests.unit.contracts.built import contract

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

ENUM = {"type": "enum", "name": "E", "symbols": ["X", "Y"], "default": "X"}
A = {"name": "a", "type": "int", "unit": "m"}
D = {"name": "d", "type": "int", "default": 1}


def version(number: int, *fields: dict[str, Any]) -> Version:
    schema = {"type": "record", "name": "R", "fields": list(fields)}
    return Version(number=number, path=Path(f"v{number}.avsc"), text="", schema=schema)


def changes(old: list[Any], new: list[Any], *rules: Rule) -> list[Change]:
    before, now = version(1, *old), version(2, *new)
    return diff(contract(versions=(before, now), rules=rules), before, now)


@pytest.mark.parametrize(
    ("old", "new", "kind", "words", "producers_first", "consumers_first"),
    [
        ([A], [A, D], "added", "d was added: int", True, True),
        ([A], [A, {**A, "name": "b"}], "added", "b was added: int", True, False),
        ([A, D], [A], "removed", "d was removed: int", True, True),
        ([A, D], [D], "removed", "a was removed: int", False, True),
        ([A], [{**A, "type": "long"}], "retyped", "a was int and is long", False, True),
        ([A], [{**A, "unit": "km"}], "new unit", "the unit of a was m and is km", False, False),
        ([D], [{**D, "default": 2}], "new default", "the default of d was 1 and is 2", False, False),
        ([D], [{**D, "name": "e", "aliases": ["d"]}], "renamed", "d is called e", False, False),
        (
            [{"name": "e", "type": ["null", ENUM]}],
            [{"name": "e", "type": ["null", {**ENUM, "name": "F", "aliases": ["E"]}]}],
            "retyped",
            "e was enum E and is enum F",
            False,
            True,
        ),
        (
            [{"name": "u", "type": ["null", "int"]}],
            [{"name": "u", "type": ["int", "null"]}],
            "retyped",
            "u was a union of null, int and is a union of int, null",
            False,
            False,
        ),
        (
            [{"name": "u", "type": {"type": "array", "items": "int"}}],
            [{"name": "u", "type": {"type": "array", "items": ["int"]}}],
            "retyped",
            "u was int and is a union of int",
            True,
            True,
        ),
        (
            [{"name": "u", "type": {"type": "array", "items": ["int", "null"]}}],
            [{"name": "u", "type": [{"type": "array", "items": "int"}, "null"]}],
            "retyped",
            "u was list of (int or null) and is list of int or null",
            False,
            False,
        ),
        (
            [{"name": "e", "type": ENUM}],
            [{"name": "e", "type": {**ENUM, "symbols": ["X", "Y", "Z"]}}],
            "new symbols",
            "e may be Z as well",
            True,
            True,
        ),
        (
            [{"name": "e", "type": ENUM}],
            [{"name": "e", "type": {**ENUM, "symbols": ["X"]}}],
            "lost symbols",
            "e is no longer Y",
            True,
            True,
        ),
    ],
)
def test_a_change_is_told_with_who_may_move_first(
    old: list[Any], new: list[Any], kind: str, words: str, producers_first: bool, consumers_first: bool
) -> None:
    [change] = changes(old, new)
    assert (change.kind, change.producers_first.safe, change.consumers_first.safe) == (
        kind,
        producers_first,
        consumers_first,
    )
    assert change.words.startswith(words)
    assert change.producers_first.words
    assert change.consumers_first.words


def test_a_change_inside_a_nullable_record_is_found() -> None:
    inner = {"type": "record", "name": "I", "fields": [A]}
    wider = {**inner, "fields": [A, D]}
    [change] = changes([{"name": "i", "type": ["null", inner]}], [{"name": "i", "type": ["null", wider]}])
    assert change.words == "i.d was added: int"


@pytest.mark.parametrize(("field", "since"), [("d", 1), ("a", 2)])
def test_a_rule_that_came_with_the_version_or_with_its_field_is_told(field: str, since: int) -> None:
    rule = Rule(
        id="r",
        check="not_null",
        severity=Severity.INFO,
        why="It is.",
        parameters={"field": field},
        since=since,
    )
    assert [change.kind for change in changes([A], [A, D], rule)] == ["added", "new rule"]
    assert changes([A], [A], replace(rule, since=1)) == []


def test_diff_prints_the_newest_change_for_people_and_for_programs(folder: Path, cli: Cli) -> None:
    assert cli("new-version", "topic-weather").code == 0
    file = folder / "topic-weather" / "v2.avsc"
    schema = json.loads(file.read_text(encoding="utf-8"))
    schema["fields"].append({"name": "uv_index", "type": ["null", "double"], "default": None})
    file.write_text(json.dumps(schema), encoding="utf-8")
    told = cli("diff", "topic-weather", "--json").json
    assert (told["topic"], told["from"], told["to"]) == ("topic-weather", 1, 2)
    [change] = told["changes"]
    assert change["words"] == "uv_index was added: double or null"
    assert change["consumers_first"] == {"safe": True, "words": "readers of v2 see null in records of v1"}
    text = cli("diff", "topic-weather").out
    assert "producers first: readers of v1 pass over it" in text


@pytest.mark.parametrize("arguments", [["topic-weather"], ["topic-weather", "--to", "3"], ["topic-other"]])
def test_versions_that_there_are_not_exit_with_2(arguments: list[str], folder: Path, cli: Cli) -> None:
    ran = cli("diff", *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_new_version_copies_the_newest_with_its_examples_ready_to_edit(folder: Path, cli: Cli) -> None:
    home = folder / "topic-weather"
    told = cli("new-version", "topic-weather", "--json").json
    assert told == {"topic": "topic-weather", "version": 2, "file": str(home / "v2.avsc")}
    assert (home / "v2.avsc").read_bytes() == (home / "v1.avsc").read_bytes()
    names = [{path.name for path in (home / "examples" / v).iterdir()} for v in ("v1", "v2")]
    assert names[0] == names[1]
    assert cli("check").code == 0
