"""A narrowed reader schema is a lawful schema that reads the same values."""

from __future__ import annotations

import io
from typing import Any

import fastavro
import pytest

from contracts.errors import UnusableSetting
from contracts.folder.read import load_contracts
from streaming.record.projection import project, reader_schema

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Weather",
    "namespace": "test",
    "fields": [
        {
            "name": "rain",
            "type": [
                "null",
                {"type": "record", "name": "Amount", "fields": [{"name": "mm", "type": "double"}]},
            ],
        },
        {"name": "snow", "type": ["null", "Amount"]},
        {"name": "hail", "type": {"type": "array", "items": "test.Amount"}},
    ],
}
RECORD: dict[str, Any] = {"rain": {"mm": 1.0}, "snow": {"mm": 2.0}, "hail": [{"mm": 3.0}]}


@pytest.mark.parametrize("kept", [["rain", "hail"], ["snow", "hail"], ["hail"], ["rain", "snow", "hail"]])
def test_a_named_type_is_defined_at_its_first_place_that_is_left(kept: list[str]) -> None:
    written = io.BytesIO()
    fastavro.schemaless_writer(written, SCHEMA, RECORD)
    written.seek(0)
    narrowed = project(SCHEMA, kept)
    assert fastavro.schemaless_reader(written, SCHEMA, narrowed) == {name: RECORD[name] for name in kept}


def test_a_field_that_the_schema_lacks_is_named() -> None:
    with pytest.raises(UnusableSetting, match="no field hoar"):
        project(SCHEMA, ["rain", "hoar"])


def test_the_stream_reads_what_the_raw_contract_declares_and_nothing_else() -> None:
    raw = load_contracts()["topic-weather"]
    declared = next(c.reads for c in raw.consumers if c.name == "streaming")
    assert {field["name"] for field in reader_schema(raw)["fields"]} == set(declared)
