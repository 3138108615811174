"""`check` tells which change breaks whom, on the folder of contracts and on any two files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import UnusableSetting
from contracts.evolution.check import check
from contracts.evolution.compatibility import CATEGORIES, RULES, parse, words
from contracts.evolution.compatibility.paths import find_field
from contracts.evolution.diff import diff
from contracts.folder.model import Consumer, Contract, Mode
from tests.avro_pairs import evolved, random_record
from tests.unit.contracts.built import contract

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli


def second_version(folder: Path, change: Any) -> Path:
    home = folder / "topic-weather"
    schema = json.loads((home / "v1.avsc").read_text(encoding="utf-8"))
    change({field["name"]: field for field in schema["fields"]}, schema["fields"])
    (home / "v2.avsc").write_text(json.dumps(schema), encoding="utf-8")
    return home / "v2.avsc"


def remove(name: str) -> Any:
    return lambda by_name, fields: fields.remove(by_name[name])


def retype(name: str, type_: Any) -> Any:
    return lambda by_name, _fields: by_name[name].update(type=type_)


def drop_inside_rain(by_name: dict[str, Any], _fields: list[Any]) -> None:
    by_name["rain"]["type"][1]["fields"].pop()


def write(path: Path, *fields: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "record", "name": "R", "fields": fields}), encoding="utf-8")
    return path


TODAY = date(2026, 1, 1)
A = {"name": "a", "type": "int"}
B = {"name": "b", "type": "string", "default": ""}
MILLIS, MICROS = (
    {"name": "t", "type": {"type": "long", "logicalType": f"timestamp-{unit}"}, "default": 0}
    for unit in ("millis", "micros")
)


def test_the_platforms_own_contracts_are_compatible(cli: Cli) -> None:
    ran = cli("check", "--json")
    assert (ran.code, ran.json) == (0, {"compatible": True, "findings": []})


def test_a_new_field_with_a_default_is_compatible_before_it_is_locked(folder: Path, cli: Cli) -> None:
    field = {"name": "uv_index", "type": ["null", "double"], "default": None}
    second_version(folder, lambda _by_name, fields: fields.append(field))
    assert cli("check", "--json").json["compatible"] is True


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (remove("humidity"), "consumer-field-removed"),
        (retype("humidity", ["null", "float"]), "consumer-field-changed"),
        (drop_inside_rain, "consumer-field-changed"),
    ],
)
def test_a_consumer_who_loses_a_field_is_named_with_its_owner(
    change: Any, rule: str, folder: Path, cli: Cli
) -> None:
    file = second_version(folder, change)
    ran = cli("check", "--json")
    assert ran.code == 1
    row, *_ = [row for row in ran.json["findings"] if row["layer"] == "consumers"]
    assert (row["rule"], row["consumer"], row["owner"]) == (rule, "streaming", "weather-stream")
    assert row["file"] == str(file)
    assert "streaming, owned by weather-stream, reads" in row["message"]
    assert row["instead"]


def test_a_version_that_breaks_someone_cannot_be_locked(folder: Path, cli: Cli) -> None:
    locked = (folder / "contracts.lock").read_bytes()
    second_version(folder, remove("humidity"))
    ran = cli("lock")
    assert ran.code == 1
    assert "streaming, owned by weather-stream, reads humidity" in ran.err
    assert (folder / "contracts.lock").read_bytes() == locked


def test_a_field_that_nobody_declared_may_go(folder: Path, cli: Cli) -> None:
    second_version(folder, remove("city_id"))
    assert cli("check", "--json").json == {"compatible": True, "findings": []}


def test_a_locked_version_that_changed_or_is_gone_is_found(folder: Path, cli: Cli) -> None:
    file = folder / "topic-weather" / "v1.avsc"
    file.write_text(file.read_text(encoding="utf-8").replace('"Visibility."', '"View."'), encoding="utf-8")
    with (folder / "contracts.lock").open("a", encoding="utf-8") as lock:
        lock.write("topic-gone v1 sha256:00\n")
    ran = cli("check", "--json")
    assert ran.code == 1
    found = {(row["rule"], row["topic"], row["layer"]) for row in ran.json["findings"]}
    assert found == {("lock-changed", "topic-weather", "lock"), ("lock-changed", "topic-gone", "lock")}


def test_another_spelling_of_a_locked_version_is_no_change(folder: Path, cli: Cli) -> None:
    file = folder / "topic-weather" / "v1.avsc"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8"))), encoding="utf-8")
    assert cli("check").code == 0


@pytest.mark.parametrize(
    ("mode", "compatible"),
    [
        ("NONE", True),
        ("BACKWARD", True),
        ("BACKWARD_TRANSITIVE", False),
        ("FORWARD", False),
        ("FORWARD_TRANSITIVE", False),
        ("FULL", False),
        ("FULL_TRANSITIVE", False),
    ],
)
def test_files_are_held_against_their_history_oldest_first(
    mode: str, compatible: bool, tmp_path: Path, cli: Cli
) -> None:
    # The newest old version alone can be read, and cannot read the new one; the oldest lacks a needed field.
    oldest, older = write(tmp_path / "1.avsc"), write(tmp_path / "2.avsc", {**A, "default": 0}, B)
    new = write(tmp_path / "3.avsc", {"name": "a", "type": "long"}, B)
    ran = cli(
        "check", "--old", oldest, "--old", older, "--new", new, "--mode", mode, "--readers", "", "--json"
    )
    assert (ran.code, ran.json["compatible"]) == (0 if compatible else 1, compatible)
    assert bool(ran.json["findings"]) is not compatible


@pytest.mark.parametrize(
    ("readers", "compatible"),
    [("spark,fastavro", False), ("spark", False), ("fastavro", False), ("none", True), ("", True)],
)
def test_what_readers_see_counts_for_those_that_are_named(
    readers: str, compatible: bool, tmp_path: Path, cli: Cli
) -> None:
    old, new = write(tmp_path / "old.avsc", MILLIS), write(tmp_path / "new.avsc", MICROS)
    ran = cli("check", "--old", old, "--new", new, "--mode", "FULL", "--readers", readers, "--json")
    assert ran.json["compatible"] is compatible
    rows = [(row["rule"], row["layer"], row["path"]) for row in ran.json["findings"]]
    assert rows == ([] if compatible else [("reader-logical-type", "readers", "/fields/0/type")])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--old", "nowhere.avsc", "--new", "good.avsc"], "nowhere.avsc cannot be read"),
        (["--new", "broken.avsc"], "broken.avsc is not valid JSON"),
        (["--new", "wrong.avsc"], "wrong.avsc: not an Avro schema: at /fields/0/type"),
        (["--old", "good.avsc"], "--old needs --new"),
        (["--new", "good.avsc", "--readers", "flink"], "there is no reader 'flink'"),
        (["--new", "good.avsc", "--mode", "SIDEWAYS"], "SIDEWAYS"),
        (
            ["--rules", "names", "--rules", "wire"],
            "there is no category of rules 'wire'; known are resolution, meaning, shape, names, safety, "
            "consumers, lock, generations.",
        ),
        (["--new", "loop.avsc"], "loop.avsc cannot be read"),
        (["--new", "deep.avsc"], "deep.avsc"),
    ],
)
def test_files_that_cannot_be_compared_are_told_and_exit_with_2(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("good.avsc"), A)
    Path("broken.avsc").write_text('{"type": ', encoding="utf-8")
    write(Path("wrong.avsc"), {"name": "a", "type": "number"})
    Path("loop.avsc").symlink_to("loop.avsc")
    Path("deep.avsc").write_text('{"type":"array","items":' * 3000 + '"int"' + "}" * 3000, encoding="utf-8")
    ran = cli("check", *arguments, "--json")
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("categories", "rules"),
    [
        ((), {"avro-type", "reader-logical-type", "reader-unit"}),
        (("resolution",), {"avro-type"}),
        (("meaning",), {"reader-logical-type", "reader-unit"}),
        (("lock", "resolution", "consumers"), {"avro-type"}),
        (("lock",), set()),
    ],
)
def test_only_the_rules_of_the_categories_that_are_named_count(
    categories: tuple[str, ...], rules: set[str], tmp_path: Path, cli: Cli
) -> None:
    depth = {"name": "depth", "type": "int", "default": 0}
    old = write(tmp_path / "old.avsc", MILLIS, A, {**depth, "unit": "cm"})
    new = write(tmp_path / "new.avsc", MICROS, {**A, "type": "string"}, {**depth, "unit": "mm"})
    options = [option for name in categories for option in ("--rules", name)]
    ran = cli("check", "--old", old, "--new", new, *options, "--json")
    assert {row["rule"] for row in ran.json["findings"]} == rules
    assert (ran.code, ran.json["compatible"]) == (int(bool(rules)), not rules)
    assert {row["category"] for row in ran.json["findings"]} <= set(categories or CATEGORIES)


def test_every_category_has_rules_and_is_in_the_help_and_in_the_readme(
    monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    assert [*dict.fromkeys(rule.category for rule in RULES.values())] == [*CATEGORIES]
    monkeypatch.setenv("COLUMNS", "200")
    shown, readme = cli("check", "--help").out, Path("README.md").read_text(encoding="utf-8")
    for name, why in CATEGORIES.items():
        assert name in shown
        assert f"| `{name}` | {why} |" in readme


def contract_of(*schemas: Any, reads: tuple[str, ...]) -> Contract:
    """A contract whose versions are `schemas`, with one consumer that reads `reads`."""
    consumer = Consumer(name="dashboard", owner="team-sky", reads=reads)
    return contract(*schemas, consumers=(consumer,), mode=Mode.FULL)


def lost(old: Any, new: Any) -> list[str]:
    """What a consumer of the field `v` is told when its type changes from `old` to `new`."""
    schemas = [
        {"type": "record", "name": "Root", "fields": [{"name": "v", "type": type_}]} for type_ in (old, new)
    ]
    faults = check([contract_of(*schemas, reads=("v",))], {}, TODAY)
    return [fault.message for fault in faults if fault.rule == "consumer-field-changed"]


def inner(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "Inner", "fields": list(fields)}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def values(type_: Any) -> dict[str, Any]:
    return {"type": "map", "values": type_}


RECURSIVE = inner({"name": "next", "type": ["null", "Inner"]}, A)
DECIMAL = {"logicalType": "decimal", "precision": 4, "scale": 2}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("int", ["int"]),
        (inner(A), [inner(A)]),
        (array("int"), array(["int"])),
        (array(array("int")), [array([array(["int"])])]),
        (values(inner(A)), values([inner({**A, "type": ["int"]})])),
        (RECURSIVE, [RECURSIVE]),
        (array(["null", "int"]), array(["int", "null"])),
        (["null", inner(A)], [inner(A), "null"]),
        (["null"], "null"),
    ],
)
def test_a_union_of_one_branch_and_the_order_of_null_take_nothing_from_a_consumer(
    one: Any, other: Any
) -> None:
    assert (lost(one, other), lost(other, one)) == ([], [])


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: ["null", t], array, lambda t: values([t])])
def test_a_consumer_loses_nothing_by_a_name_that_is_still_an_alias(wrap: Any) -> None:
    renamed = {**inner(A, B), "name": "Outer", "aliases": ["Inner"]}
    assert lost(wrap(inner(A)), wrap(renamed)) == []
    assert lost(wrap(inner(A, B)), wrap({**renamed, "fields": [A]})) == [
        "dashboard, owned by team-sky, reads v, which has lost b since v1."
    ]
    assert lost(wrap(inner(A)), wrap({**inner(A), "name": "Outer"})) != []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ([inner(A, B)], inner(A), "has lost b"),
        (array([inner(A)]), array(inner({**A, "type": "long"})), "holds a, which was int and is long"),
        (inner(), inner(A), None),
        (inner(A), inner(), "has lost a"),
        (
            array(["int", "null"]),
            [array("int"), "null"],
            "was list of (int or null) and is list of int or null",
        ),
        (["null", inner(A)], [inner(), "null"], "has lost a"),
        (["int", "string"], ["string", "int"], "was int or string and is string or int"),
        (
            {"type": "bytes", **DECIMAL},
            {"type": "fixed", "name": "F", "size": 4, **DECIMAL},
            "was decimal(4, 2) in bytes and is decimal(4, 2) in F",
        ),
        (
            {**array("int"), "logicalType": "date"},
            {"type": "int", "logicalType": "date"},
            "was date in array and is date in int",
        ),
    ],
)
def test_what_a_consumer_loses_below_a_field_is_told(old: Any, new: Any, told: str | None) -> None:
    assert lost(old, new) == (
        [f"dashboard, owned by team-sky, reads v, which {told} since v1."] if told else []
    )


def test_a_field_is_found_in_any_record_of_a_union() -> None:
    plain = {"type": "record", "name": "P", "fields": [{"name": "x", "type": "int"}]}
    nested = {"type": "record", "name": "Q", "fields": [{"name": "x", "type": inner(A)}]}
    root = parse([plain, nested])
    assert find_field(root, "x.a") is root.branches[1].fields[0].type.fields[0]


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(random=st.randoms(use_true_random=False))
def test_whatever_two_versions_are_they_are_compared_to_the_end(random: Random) -> None:
    old = random_record(random)
    new = evolved(random, old) if random.random() < 0.8 else random_record(random)
    names = [field["name"] for field in old["fields"]]
    reads = (*names, *(f"{name}.{below}" for name in names for below in "abcd"))
    try:
        assert all(map(words, (parse(old), parse(new))))
    except UnusableSetting:  # the change has put two of a name into one union
        return
    contract = contract_of(old, new, reads=reads)
    check([contract], {}, TODAY)
    diff(contract, *contract.versions)
