"""The catalogue says all that a contract says, fetches nothing, and runs nothing that a contract says."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from contracts.catalogue import Example, facts, pages
from contracts.checks.rules import definition
from contracts.cli import app
from contracts.evolution.diff import diff
from contracts.folder.model import Consumer, Contract
from contracts.folder.read import load_contract, load_contracts
from tests.unit.contracts.folders import newest_alone

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

CONTRACTS = load_contracts()
EVIL = "\"><script>alert('x')</script><img src=x onerror=alert(1)>&amp;{{ 7 * 7 }}"


def page_of(contract: Contract, example: Example | None = None) -> str:
    return pages([facts(contract, example)])[PurePosixPath("topics") / f"{contract.topic}.html"]


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", page.partition("</style>")[2])).split())


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_a_page_tells_everything_of_its_contract(contract: Contract) -> None:
    text = text_of(page_of(contract, Example(name="london", text='{"a": 1}')))
    for field in contract.newest.schema["fields"]:
        assert f" {field['name']} " in text
        assert " ".join(field["doc"].split()) in text
        assert str(field.get("unit", "")) in text
    for rule in contract.rules:
        assert f"{rule.id} {rule.severity.value} {definition(rule, contract.newest.schema)}" in text
        assert " ".join(rule.why.split()) in text
    for consumer in contract.consumers:
        assert f"{consumer.name} owned by {consumer.owner} {' '.join(consumer.reads)}" in text
        assert f"read by {consumer.name}" in text
    for told in (contract.owner, contract.description, contract.subject, contract.mode.value):
        assert told in text
    assert all(f"{name.capitalize()} {value}" in text for name, value in contract.service_level.items())
    assert f"import {contract.newest.schema['name']} for message in consume( " in text
    assert 'london {"a": 1}' in text


@pytest.fixture
def changed(tmp_path: Path) -> Contract:
    """A contract with two versions, of which the second adds a field within a field."""
    home = newest_alone("topic-weather-final", tmp_path / "topic-weather-final")
    schema: dict[str, Any] = load_contract(home).newest.schema
    for row in schema["fields"]:
        if row["name"] == "temperature":
            row["unit"] = "K"
    sky = {"type": "record", "name": "Sky", "fields": [{"name": "okta", "type": "int", "default": 8}]}
    schema["fields"].append({"name": "sky", "type": ["null", sky], "default": None, "doc": "The sky."})
    (home / "v2.avsc").write_text(json.dumps(schema), encoding="utf-8")
    return load_contract(home)


def test_the_history_is_told_in_words_with_what_it_means_for_a_roll_out(changed: Contract) -> None:
    text = text_of(page_of(changed))
    found = diff(changed, *changed.versions)
    assert len(found) >= 2
    for change in found:
        assert f"{change.kind} : {change.words}" in text
        assert change.producers_first.words in text
        assert change.consumers_first.words in text
    since = {line.name: line.since for line in facts(changed, None).fields}
    assert (since["temperature"], since["sky"], since["sky.okta"]) == (1, 2, 2)


def test_nothing_that_a_contract_says_is_markup() -> None:
    schema = json.loads(json.dumps(CONTRACTS["topic-weather-final"].newest.schema))
    schema["fields"][0] |= {"doc": EVIL, "unit": EVIL, "type": "string", "default": EVIL}
    contract = CONTRACTS["topic-weather-final"]
    evil = replace(
        contract,
        topic="topic?#'\"<b>",
        owner=EVIL,
        description=EVIL,
        service_level={EVIL: EVIL},
        consumers=(Consumer(name=EVIL, owner=EVIL, reads=("source", EVIL)),),
        rules=(replace(contract.rules[0], why=EVIL),),
        versions=(replace(contract.newest, schema=schema),),
    )
    for page in pages([facts(evil, Example(name=EVIL, text=EVIL))]).values():
        assert "<script" not in page
        assert "<img" not in page
        assert "<b>" not in page
        assert "{{ 7 * 7 }}" in page
        assert 'href="' in page
        assert "topics/topic%3F%23%27%22%3Cb%3E.html" in page


def test_a_page_needs_no_network_and_allows_no_script() -> None:
    for page in pages([facts(contract, None) for contract in CONTRACTS.values()]).values():
        style = page.partition("<style>")[2].partition("</style>")[0]
        allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"content=\"default-src 'none'; style-src 'sha256-{allowed}';" in page
        assert not re.search(r"<(script|link|img|iframe|object|embed|form)\b|\sstyle=|\son\w+=", page)
        assert not re.search(r"url\(|@import", style)
        assert all("//" not in target for target in re.findall(r'(?:href|src)="([^"]*)"', page))


def test_docs_writes_the_same_pages_each_time_and_every_link_leads_to_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["docs", "--output", str(tmp_path), "--json"])
    written = [Path(path) for path in json.loads(done.stdout)["written"]]
    assert len(written) == 1 + len(CONTRACTS)
    for path in written:
        for target in re.findall(r'href="([^"]*)"', path.read_text(encoding="utf-8")):
            assert (path.parent / target).is_file(), target
    before = [path.read_bytes() for path in written]
    assert CliRunner().invoke(app, ["docs", "--output", str(tmp_path)]).exit_code == 0
    assert [path.read_bytes() for path in written] == before
    assert 'id="example"' in (tmp_path / "topics" / "topic-weather-final.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", [["docs"], ["generate"], ["export", "odcs"]], ids=lambda verb: verb[0])
def test_a_folder_that_cannot_be_written_is_named(verb: list[str], cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    done = cli(*verb, "--output", str(tmp_path / "taken"))
    assert done.code == 2
    assert "taken cannot be written" in done.err
