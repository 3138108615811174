"""`init --from-topic` learns from the records of a real topic, as JSON or in the wire format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from confluent_kafka import Producer

from contracts.avro.encode import encoder
from contracts.folder.read import load_contract
from contracts.registry.registry import connect
from tests.conftest import MakeTopic, RunCli

LIMIT = 15.0
SCHEMA = {
    "type": "record",
    "name": "Level",
    "namespace": "tide.raw",
    "doc": "A level.",
    "fields": [
        {"name": "level", "type": "float", "doc": "How high.", "unit": "m"},
        {"name": "sky", "type": "string", "doc": "What the sky is like."},
    ],
}


def send(bootstrap_servers: str, topic: str, values: Iterable[bytes | None]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap_servers})
    for number, value in enumerate(values):
        producer.produce(topic, value, partition=number % 2)
    assert producer.flush(LIMIT) == 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONTRACTS_DIR", str(tmp_path / "contracts"))
    return tmp_path / "contracts"


def test_json_records_give_a_contract_and_what_is_no_record_is_counted(
    folder: Path, topic: MakeTopic, bootstrap_servers: str, run_cli: RunCli
) -> None:
    name = topic(2)
    good = [json.dumps({"level": n / 2, "when": f"2026-01-{n + 1:02}"}).encode() for n in range(30)]
    send(bootstrap_servers, name, [*good, None, b"no JSON", b"[1]"])
    ran = run_cli("contracts", "init", "topic-tide", "--from-topic", name, "--json")
    assert ran.returncode == 0, ran.stderr
    assert "2 records could not be read and were left out" in ran.stderr
    contract = load_contract(folder / "topic-tide")
    types = {field["name"]: field["type"] for field in contract.newest.schema["fields"]}
    assert types == {"level": "double", "when": {"type": "int", "logicalType": "date"}}
    (rule,) = contract.rules
    assert rule.parameters == {"field": "level", "min": 0.0, "max": 14.5}


def test_of_many_records_the_newest_are_read(
    folder: Path, topic: MakeTopic, bootstrap_servers: str, run_cli: RunCli
) -> None:
    name = topic(2)
    old, new = [b'{"a": "x", "k": 1}'] * 40, [b'{"a": 1, "k": 1}'] * 10
    send(bootstrap_servers, name, [*old, *new])
    ran = run_cli("contracts", "init", "topic-tide", "--from-topic", name, "--records", "10")
    assert ran.returncode == 0, ran.stderr
    schema = load_contract(folder / "topic-tide").newest.schema
    assert schema["fields"][0]["type"] == "long"


def test_records_in_the_wire_format_give_the_schema_that_they_were_written_with(
    folder: Path, topic: MakeTopic, bootstrap_servers: str, registry_url: str, run_cli: RunCli
) -> None:
    name = topic(2)
    schema_id = connect(registry_url).register(f"{name}-value", json.dumps(SCHEMA))
    encode = encoder(SCHEMA, schema_id)
    send(bootstrap_servers, name, [encode({"level": n / 2, "sky": "clear"}) for n in range(30)])
    ran = run_cli("contracts", "init", "topic-tide", "--from-topic", name)
    assert ran.returncode == 0, ran.stderr
    contract = load_contract(folder / "topic-tide")
    assert contract.newest.schema == SCHEMA
    assert [(rule.check, rule.parameters["max"]) for rule in contract.rules] == [("range", 14.5)]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([], "has no record to learn from."),
        ([None], "has no record to learn from."),
        ([b"no JSON"], "0:0 is no JSON"),
        ([b"\0\xff\xff\xff\xfe"], "the registry knows no schema"),
    ],
)
def test_a_topic_without_a_record_that_can_be_read_is_told(
    values: list[bytes | None], sentence: str, folder: Path, topic: MakeTopic, bootstrap_servers: str,
    run_cli: RunCli,
) -> None:  # fmt: skip
    name = topic(2)
    send(bootstrap_servers, name, values)
    ran = run_cli("contracts", "init", "topic-tide", "--from-topic", name)
    assert ran.returncode == 2
    assert sentence in " ".join(ran.stderr.split())
    assert "Traceback" not in ran.stderr
    assert not folder.exists()


def test_a_topic_that_is_not_there_is_told(folder: Path, run_cli: RunCli) -> None:
    ran = run_cli("contracts", "init", "topic-tide", "--from-topic", "topic-nobody-made")
    assert ran.returncode == 2
    assert "topic-nobody-made" in ran.stderr
    assert not folder.exists()
