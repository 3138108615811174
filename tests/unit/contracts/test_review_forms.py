"""A review for programs points at the file and the line of what it tells of."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from contracts.evolution.compatibility import parse
from contracts.evolution.compatibility.readable import fields
from contracts.folder.read import HOME, load_contracts
from contracts.folder.yaml_text import line_of
from contracts.review.forms import FORMATS
from tests.unit.contracts.checkouts import checkout, edit, named, next_version

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

CONTRACTS = load_contracts()
VERSIONS = [version.path for contract in CONTRACTS.values() for version in contract.versions]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, in a folder with signs of every kind, whose change breaks a reader and adds a rule."""
    made = checkout(tmp_path / "a, b:%20 ü", "topic-weather")
    monkeypatch.setenv("CONTRACTS_DIR", str(made))
    next_version(made / "topic-weather", retyped)
    edit(
        made / "topic-weather" / "contract.yaml",
        "rules: []",
        "rules:\n  - {id: moist, check: range, field: humidity, max: 100, severity: info, why: So.}",
    )
    return made


def retyped(rows: list[dict[str, Any]]) -> None:
    named(rows, "humidity")["type"] = ["null", "string"]
    named(rows, "pressure")["unit"] = "100 %\nof it"
    rows.remove(named(rows, "city_id"))


def line_at(folder: Path, file: str, line: int) -> str:
    return (folder.parent / file).read_text(encoding="utf-8").splitlines()[line - 1]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_line_of_each_field_is_where_its_object_begins(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    told = [(field.name, line_of(text, field.path)) for field in fields(parse(json.loads(text)))]
    assert told
    for name, line in told:
        assert f'"name": "{name}"' in " ".join(lines[line - 1 : line + 1])


def test_the_line_of_each_rule_and_consumer_is_where_its_row_begins() -> None:
    text = (HOME / "topic-weather-final" / "contract.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    for number, rule in enumerate(CONTRACTS["topic-weather-final"].rules):
        assert lines[line_of(text, f"/rules/{number}") - 1] == f"  - id: {rule.id}"
        assert lines[line_of(text, f"/rules/{number}/severity") - 1].endswith(rule.severity.value)
    assert lines[line_of(text, "/consumers/1/reads") - 1].lstrip().startswith("reads: [")


@pytest.mark.parametrize(
    ("text", "pointer", "line"),
    [
        ('{\n\t"a":\n\t\t[1,\n\t\t2]}', "/a/1", 4),
        ('{"a": "\\ud83d\\ude00",\n"b": 1}', "/b", 1),
        ("a: 1\nb:\n  c: 2", "/b/nothing/more", 2),
        ("a: 1\nb: [1,\n2]", "/b/7", 2),
        ("a: 1\nb: [1", "/b", 1),
        ("[" * 5000, "/0", 1),
        ("", "/a", 1),
        ("a: &x\n  b: 1\nc: *x", "/c/b", 2),
    ],
)
def test_a_place_that_is_not_there_gives_the_last_line_on_the_way(text: str, pointer: str, line: int) -> None:
    assert line_of(text, pointer) == line


def test_annotations_are_one_line_each_and_point_at_what_they_tell_of(folder: Path, cli: Cli) -> None:
    ran = cli("review", "--format", "github")
    assert ran.code == 1
    shape = r"::(error|warning|notice) file=([^,:]+),line=(\d+),title=([a-z-]+)::(.+)"
    rows = [re.fullmatch(shape, line) for line in ran.out.splitlines()]
    assert all(rows)
    told = {(row[1], row[4]): (unquote(row[2]), int(row[3]), unquote(row[5])) for row in rows if row}
    file, line, words = told["error", "avro-union-branch"]
    assert file == "contracts/topic-weather/v3.avsc"
    assert '"string"' in line_at(folder, file, line)
    file, line, words = told["warning", "new-unit"]
    assert words.startswith(
        "topic-weather: the unit of pressure was hPa and is 100 %\nof it; read by streaming"
    )
    assert '"name": "pressure"' in line_at(folder, file, line + 1)
    file, line, words = told["notice", "rules"]
    assert file == "contracts/topic-weather/contract.yaml"
    assert "moist" in line_at(folder, file, line)
    assert "%25" in ran.out


def test_sarif_has_what_the_standard_asks_for(folder: Path, cli: Cli) -> None:
    told = cli("review", "--format", "sarif").json
    assert (told["version"], len(told["runs"])) == ("2.1.0", 1)
    run = told["runs"][0]
    assert run["tool"]["driver"]["name"] == "contracts"
    known = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert known["avro-union-branch"]["shortDescription"]["text"].startswith("A reader's union takes")
    assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}
    for result in run["results"]:
        assert result["ruleId"] in known
        assert result["message"]["text"]
        [location] = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        file = unquote(place["artifactLocation"]["uri"])
        assert line_at(folder, file, place["region"]["startLine"])


def test_what_is_gone_has_no_place(folder: Path, cli: Cli) -> None:
    for file in (folder / "topic-weather").iterdir():
        if file.is_file():
            file.unlink()
    next_version(checkout(folder.parent / "other", "topic-air") / "topic-air", lambda _: None)
    (folder.parent / "other" / "contracts" / "topic-air").rename(folder / "topic-air")
    results = cli("review", "--format", "sarif").json["runs"][0]["results"]
    gone = [result for result in results if result["ruleId"] in {"lock-changed", "topic-gone"}]
    assert [result["locations"] for result in gone] == [[], [], []]
    assert "::error title=lock-changed::" in cli("review", "--format", "github").out


def test_each_form_tells_of_the_same_changes(folder: Path, cli: Cli) -> None:
    whole = {name: cli("review", "--format", name).out for name in FORMATS}
    [topic] = json.loads(whole["json"])["topics"]
    assert {change["kind"] for change in topic["changes"]} == {"removed", "retyped", "new unit", "rules"}
    for change in topic["changes"]:
        words = change["words"].split(" was ")[0]
        assert all(words in text for text in whole.values())
        assert change["line"] >= 1
