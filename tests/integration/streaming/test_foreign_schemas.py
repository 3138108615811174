"""What others do with our subject and topic: unions, other languages, references, deletions, headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.common.schema_registry_client import SchemaReference
from pyspark.sql import SparkSession

from contracts.avro.wire import HEADER_SIZE, SCHEMA_ID_HEADER, frame
from contracts.folder.read import load_contracts
from contracts.registry.registry import Registry, connect
from tests.streams import QUARANTINE, RAW, Place, decoded, raw_values, running

_JSON = '{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "title": "%s"}'
_PROTOBUF = 'syntax = "proto3"; message M%s { string a = 1; }'


@pytest.fixture
def registry(place: Place) -> Iterator[Registry]:
    with closing(connect(place.registry_url)) as found:
        yield found


def _register(registry: Registry, place: Place, text: str, kind: str = "AVRO", **more: Any) -> int:
    return registry.client.register_schema(f"{place.raw}-value", Schema(text, kind, **more))


@pytest.fixture
def lenient(place: Place) -> None:
    """Our subject takes any schema at all."""
    requests.put(
        f"{place.registry_url}/config/{place.raw}-value", json={"compatibility": "NONE"}, timeout=10
    ).raise_for_status()


def _no_records(place: Place) -> list[tuple[str, str]]:
    """Schemas of which there are no records: text and language."""
    unique = place.raw.replace("-", "_")
    return [
        ('"string"', "AVRO"),
        (json.dumps({"type": "enum", "name": f"E{unique}", "symbols": ["A"]}), "AVRO"),
        (json.dumps({"type": "map", "values": "int", "doc": unique}), "AVRO"),
        (json.dumps([{"type": "record", "name": f"Other{unique}", "fields": []}, "null"]), "AVRO"),
        (_JSON % unique, "JSON"),
        (_PROTOBUF % unique, "PROTOBUF"),
    ]


def _reasons(place: Place) -> list[tuple[str, str]]:
    letters = (decoded(message, QUARANTINE) for message in place.read(place.quarantine))
    return [(letter["reason"], letter["explanation"]) for letter in letters]


def test_schemas_without_records_in_our_subject_neither_stop_the_stream_nor_keep_it_from_starting(
    place: Place, spark: SparkSession, tmp_path: Path, registry: Registry, lenient: None
) -> None:
    before, later = _no_records(place)[:3], _no_records(place)[3:]
    body = raw_values(1, place.raw_id)[0][HEADER_SIZE:]
    ids = [_register(registry, place, text, kind) for text, kind in before]
    with running(place, spark, tmp_path / "checkpoint") as stream:
        place.produce([frame(schema_id, body) for schema_id in ids] + raw_values(3, place.raw_id))
        stream.wait_until_read(6)
        more = [_register(registry, place, text, kind) for text, kind in later]
        place.produce([frame(schema_id, body) for schema_id in more] + raw_values(3, place.raw_id))
        stream.wait_until_read(12)
    assert len(place.read(place.final)) == 6
    told = _reasons(place)
    assert {reason for reason, _ in told} == {"UNUSABLE_SCHEMA"}
    assert len(told) == 6
    # Apicurio does not tell the language of a schema beside Avro ones.
    for word in ("no JSON", "not an Avro schema", "union", "string", "enum", "map"):
        assert any(word in why for _, why in told), (word, told)


def test_our_branch_of_a_union_that_is_registered_while_the_stream_runs_flows(
    place: Place, spark: SparkSession, tmp_path: Path, registry: Registry, lenient: None
) -> None:
    unique = place.raw.replace("-", "_")
    other = {"type": "record", "name": f"Other{unique}", "fields": [{"name": "n", "type": "int"}]}
    body = raw_values(1, place.raw_id)[0][HEADER_SIZE:]
    with running(place, spark, tmp_path / "checkpoint") as stream:
        place.produce(raw_values(3, place.raw_id))
        stream.wait_until_read(3)
        union = _register(registry, place, json.dumps([other, load_contracts()[RAW].newest.schema]))
        place.produce([frame(union, b"\x02" + body), frame(union, b"\x00\x02"), frame(union, b"\x02" + body)])
        stream.wait_until_read(6)
    assert len(place.read(place.final)) == 5
    assert _reasons(place) == [
        ("OTHER_TYPE", f"It is of the type Other{unique}, another one of the schema {union}.")
    ]
    assert place.lost_and_doubled() == ([], [])


def test_a_version_that_refers_to_a_type_of_another_subject_is_read(
    place: Place, spark: SparkSession, tmp_path: Path, registry: Registry, lenient: None
) -> None:
    schema = load_contracts()[RAW].newest.schema
    subject = f"{place.raw}-elsewhere-value"
    condition = next(f for f in schema["fields"] if f["name"] == "conditions")["type"]["items"]
    apart = {**condition, "namespace": "weather.raw"}
    registry.register(subject, json.dumps(apart))
    version = registry.versions(subject)[-1].version
    reference = SchemaReference("weather.raw.Condition", subject, version)
    fields = [
        {**f, "type": {"type": "array", "items": "weather.raw.Condition"}} if f["name"] == "conditions" else f
        for f in schema["fields"]
    ]
    text = json.dumps({**schema, "fields": fields})
    with running(place, spark, tmp_path / "checkpoint") as stream:
        new_id = _register(registry, place, text, references=[reference])
        assert new_id != place.raw_id
        conditions = [{"id": 800, "main": "Clear", "description": None, "icon": None}]
        place.produce(raw_values(5, new_id, conditions=conditions))
        stream.wait_until_read(5)
    final = [decoded(message, "topic-weather-final") for message in place.read(place.final)]
    assert [record["condition"] for record in final] == ["Clear"] * 5
    assert {record["writer_schema_id"] for record in final} == {new_id}


def test_records_of_a_deleted_version_are_ours_although_another_subject_shares_its_id(
    place: Place, spark: SparkSession, tmp_path: Path, registry: Registry, lenient: None
) -> None:
    schema = load_contracts()[RAW].newest.schema
    more = [*schema["fields"], {"name": f"n{place.raw[-8:]}", "type": ["null", "int"], "default": None}]
    text = json.dumps({**schema, "fields": more})
    gone = _register(registry, place, text)
    assert registry.register(f"{place.raw}-elsewhere-value", text) == gone
    version = registry.versions(f"{place.raw}-value")[-1].version
    requests.delete(
        f"{place.registry_url}/subjects/{place.raw}-value/versions/{version}", timeout=10
    ).raise_for_status()
    assert [row.id for row in registry.versions(f"{place.raw}-value")] == [place.raw_id]
    with running(place, spark, tmp_path / "checkpoint") as stream:
        place.produce(raw_values(5, gone, json.loads(text)))
        stream.wait_until_read(5)
    assert (len(place.read(place.final)), _reasons(place)) == (5, [])


def test_a_record_whose_id_is_in_a_kafka_header_flows_with_its_trace_and_one_of_a_new_version_waits_for_it(
    place: Place, spark: SparkSession, tmp_path: Path, registry: Registry, lenient: None
) -> None:
    schema = load_contracts()[RAW].newest.schema
    more = [*schema["fields"], {"name": f"n{place.raw[-8:]}", "type": ["null", "int"], "default": None}]
    trace = [("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    body = raw_values(1, place.raw_id)[0][HEADER_SIZE:]
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})

    def send(schema_id: int, value: bytes) -> None:
        headers: list[tuple[str, str | bytes | None]] = [*trace, (SCHEMA_ID_HEADER, frame(schema_id, b""))]
        producer.produce(place.raw, value, headers=headers, partition=0)

    with running(place, spark, tmp_path / "checkpoint") as stream:
        send(place.raw_id, body)
        place.produce(raw_values(1, place.raw_id))
        assert producer.flush(30) == 0
        stream.wait_until_read(2)
        new_id = _register(registry, place, json.dumps({**schema, "fields": more}))
        send(new_id, raw_values(1, new_id, {**schema, "fields": more})[0][HEADER_SIZE:])
        send(4_000_000_000, body)
        producer.produce(place.raw, body, headers=[(SCHEMA_ID_HEADER, b"\x01" + bytes(16))], partition=0)
        producer.produce(place.raw, body, headers=[(SCHEMA_ID_HEADER, b"\x01")], partition=0)
        assert producer.flush(30) == 0
        stream.wait_until_read(6)
    final = place.read(place.final)
    assert {decoded(message, "topic-weather-final")["writer_schema_id"] for message in final} == {
        place.raw_id,
        new_id,
    }
    headers: list[Any] = [message.headers() for message in final]
    assert sum(trace[0] in held for held in headers) == 2
    assert sorted(reason for reason, _ in _reasons(place)) == [
        "UNKNOWN_SCHEMA",
        "UNKNOWN_SCHEMA",
        "WRONG_HEADER",
    ]
    assert place.lost_and_doubled() == ([], [])
