"""`check` tells which change breaks whom, on the folder of contracts and on any two files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

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
