"""Typed records say what the contract says, in Python's own types."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import contracts
from contracts.avro.decode import Decoder
from contracts.avro.wire import frame
from contracts.cli.writes import generate
from contracts.errors import ContractsAtFault, UnusableSetting
from contracts.folder.read import HOME, load_contracts
from contracts.generate import module_name, module_text
from tests.unit.contracts.built import contract
from tests.unit.contracts.generated import module

KINDS: dict[str, Any] = {
    "type": "record",
    "name": "Reading",
    "namespace": "weather.test",
    "doc": 'A "reading" with a back\\slash.',
    "fields": [
        {"name": "class", "type": "string", "doc": "A word of Python."},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "level", "type": ["null", "double"], "default": None, "doc": "Level.", "unit": "m"},
        {
            "name": "state",
            "type": {"type": "enum", "name": "State", "symbols": ["UNKNOWN", "None"], "default": "UNKNOWN"},
            "default": "None",
        },
        {
            "name": "parts",
            "type": {"type": "array", "items": {"type": "record", "name": "Part", "fields": []}},
            "default": [],
        },
        {"name": "again", "type": ["null", "Part"], "default": None},
        {"name": "tags", "type": {"type": "map", "values": "State"}, "default": {}},
    ],
}


@pytest.mark.parametrize("topic", [one.topic for one in load_contracts().values() if not one.schemas_of])
def test_the_committed_records_are_those_of_the_contract(topic: str) -> None:
    made = load_contracts()[topic]
    assert (HOME / "records" / f"{module_name(made)}.py").read_text(encoding="utf-8") == module_text(made)


def test_a_topic_that_shares_the_versions_of_another_shares_its_typed_records() -> None:
    assert module_name(load_contracts()["topic-air-quarantine"]) == "topic_weather_quarantine"


def test_a_record_is_frozen_slotted_keyword_only_and_in_the_schemas_order() -> None:
    reading = module(KINDS).Reading
    assert [f.name for f in dataclasses.fields(reading)] == [
        "class_", "at", "amount", "level", "state", "parts", "again", "tags",
    ]  # fmt: skip
    made = reading(class_="a", at=datetime.now(timezone.utc), amount=Decimal("1.00"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.level = 1.0
    assert not hasattr(made, "__dict__")
    with pytest.raises(TypeError):
        reading("a", datetime.now(timezone.utc), Decimal("1.00"))


def test_an_option_is_in_the_hint_only_where_the_schema_has_null() -> None:
    hints = {f.name: f.type for f in dataclasses.fields(module(KINDS).Reading)}
    assert hints == {
        "class_": "str",
        "at": "datetime",
        "amount": "Decimal",
        "level": "float | None",
        "state": "State",
        "parts": "tuple[Part, ...]",
        "again": "Part | None",
        "tags": "Mapping[str, State]",
    }


def test_a_record_goes_through_its_dictionary_unchanged() -> None:
    made = module(KINDS)
    reading = made.Reading(
        class_="a",
        at=datetime(2026, 1, 2, tzinfo=timezone.utc),
        amount=Decimal("1.25"),
        parts=(made.Part(), made.Part()),
        again=made.Part(),
        tags={"x": made.State.UNKNOWN},
    )
    assert reading.state is made.State.None_
    assert made.Reading.from_dict(reading.to_dict()) == reading


def test_a_symbol_of_a_newer_writer_reads_as_the_default() -> None:
    made = module(KINDS)
    assert made.State("SNOWED_IN") is made.State.UNKNOWN
    old = {"type": "record", "name": "R", "fields": [KINDS["fields"][4]]}
    new: dict[str, Any] = json.loads(json.dumps(old))
    new["fields"][0]["type"]["symbols"].append("SNOWED_IN")
    decoder = Decoder(json.dumps(old), lambda _id: json.dumps(new))
    assert decoder.decode(frame(1, b"\x04")) == {"state": "UNKNOWN"}


def test_units_are_in_the_documentation() -> None:
    assert '"""Level (m)."""' in module_text(contract(KINDS))


def test_a_union_of_two_types_is_refused_by_its_place() -> None:
    broken = {**KINDS, "fields": [{"name": "a", "type": ["null", "string", "long"], "default": None}]}
    with pytest.raises(ContractsAtFault, match="/fields/0/type"):
        module_text(contract(broken))


def test_a_folder_that_cannot_be_one_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "records").write_text("a file", encoding="utf-8")
    with pytest.raises(UnusableSetting, match="records cannot be written: File exists"):
        generate(output=tmp_path / "records")


def test_reading_needs_no_more_than_the_kafka_client_and_fastavro() -> None:
    heavy = "pydantic", "yaml", "typer", "rich", "jinja2", "pyspark"
    code = (
        "import sys, contracts.consume, contracts.records.topic_weather_final\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HOME.parent
    )
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(contracts, name) for name in contracts.__all__)
