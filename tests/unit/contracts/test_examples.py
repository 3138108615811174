"""Every example is a value of its version, and survives the wire, the typed record and JSON."""

from __future__ import annotations

import importlib
import io
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.json_form import from_json, to_json
from contracts.avro.wire import frame
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import parse
from contracts.folder.read import HOME, load_contracts
from contracts.generate import module_name

CONTRACTS = load_contracts()
EXAMPLES = [
    pytest.param(topic, version, path, id=f"{topic}/v{version.number}/{path.stem}")
    for topic, contract in CONTRACTS.items()
    for version in contract.versions
    for path in sorted((HOME / topic / "examples" / f"v{version.number}").glob("*.json"))
]


def framed(schema: Any, value: Any, schema_id: int = 7) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value, strict=True)
    return frame(schema_id, out.getvalue())


def only(written: Any, told: Any) -> Any:
    """What `told` names, at any depth: a newer reader knows more fields than an older version's example."""
    if isinstance(told, dict):
        return {name: only(written[name], value) for name, value in told.items()}
    if isinstance(told, list) and len(written) == len(told):
        return [only(*pair) for pair in zip(written, told, strict=True)]
    return written


def record_type(topic: str) -> Any:
    contract = CONTRACTS[topic]
    module = importlib.import_module(f"contracts.records.{module_name(contract)}")
    return getattr(module, contract.newest.schema["name"])


@pytest.mark.parametrize(("topic", "version", "path"), EXAMPLES)
def test_an_example_written_with_its_version_reads_back_as_the_same_typed_record(
    topic: str, version: Any, path: Path
) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    value = from_json(parse(version.schema), told)
    decoded = Decoder(record_type(topic).SCHEMA, lambda _id: version.text).decode(
        framed(version.schema, value)
    )
    record = record_type(topic).from_dict(decoded)
    assert record.to_dict() == decoded
    written = to_json(record.to_dict())
    assert only(written, told) == told


@pytest.mark.parametrize("topic", ["topic-weather", "topic-weather-final", "topic-weather-quarantine"])
def test_the_newest_version_has_examples(topic: str) -> None:
    assert list((HOME / topic / "examples" / f"v{CONTRACTS[topic].newest.number}").glob("*.json"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda value: b"", "not framed"),
        (lambda value: b"\x01" + value[1:], "magic byte"),
        (lambda value: value + b"\x00", "1 bytes follow"),
        (lambda value: value[:-1], "no record of schema 7"),
        (lambda value: value[:4] + b"\x08" + value[5:], "knows no schema 8"),
    ],
)
def test_a_damaged_value_is_refused_with_its_reason(damage: Any, message: str) -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}
    decoder = Decoder(json.dumps(schema), {7: json.dumps(schema)}.get)
    value = framed(schema, {"a": "rain"})
    assert decoder.decode(value) == {"a": "rain"}
    with pytest.raises(Undecodable, match=message):
        decoder.decode(damage(value))


def test_json_that_is_no_value_of_the_type_is_refused() -> None:
    with pytest.raises(UnusableSetting, match="yesterday"):
        from_json(parse({"type": "long", "logicalType": "timestamp-millis"}), "yesterday")


@pytest.mark.parametrize(
    ("of", "told", "value"),
    [
        ({"type": "fixed", "name": "F", "size": 2, "logicalType": "uuid"}, "AP8=", b"\x00\xff"),
        ({"type": "string", "logicalType": "date"}, "today", "today"),
        ({"type": "int", "logicalType": "timestamp-millis"}, 7, 7),
        ({"type": "double", "logicalType": "decimal"}, 7.5, 7.5),
    ],
)
def test_json_of_a_type_whose_logical_type_a_decoder_does_not_heed_is_the_plain_types(
    of: Any, told: Any, value: Any
) -> None:
    assert from_json(parse(of), told) == value
    assert to_json(value) == told
