"""Versions that are registered while the stream runs, and ids that nobody has registered."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import Producer
from pyspark.sql import SparkSession

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.folder.read import load_contracts
from contracts.registry.registry import connect
from tests.streams import FINAL, RAW, Place, raw_values, running, sources
from tests.versions import with_a_new_field, with_an_order_of_its_own


def test_twenty_versions_in_one_batch_are_each_read_by_their_own_schema(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    registry = connect(place.registry_url)
    schema = load_contracts()[RAW].newest.schema
    versions = [with_an_order_of_its_own(schema, number) for number in range(1, 21)]
    ids = [registry.register(f"{place.raw}-value", json.dumps(schema)) for schema in versions]
    registry.close()
    assert len(set(ids)) == 20
    chosen = 12 * list(zip(ids, versions, strict=True))
    written = [(schema_id, -40.0 + i / 4) for i, (schema_id, _) in enumerate(chosen)]
    values = [
        raw_values(1, schema_id, schema, temperature=temperature)[0]
        for (_, schema), (schema_id, temperature) in zip(chosen, written, strict=True)
    ]
    # One partition and one producer: the old and the new stand next to each other.
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    for value in values:
        producer.produce(place.raw, value, partition=1)
    assert producer.flush(30) == 0
    with running(place, spark, tmp_path / "checkpoint") as stream:
        stream.wait_until_read(len(values))
    assert [batch.rows for batch in stream.batches] == [len(values)]
    final = fastavro.parse_schema(load_contracts()[FINAL].newest.schema)
    read = {}
    for message in place.read(place.final):
        [(_, offset)] = sources([message])
        body = io.BytesIO(bytes(message.value() or b"")[HEADER_SIZE:])
        record: Any = fastavro.schemaless_reader(body, final, None)
        read[offset] = (record["writer_schema_id"], record["temperature"])
        assert (record["station"], record["source"]) == ("S0", "NYCFLIGHTS13")
    assert read == dict(enumerate(written))


def test_a_writer_and_a_reader_of_version_1_go_on_beside_the_newest(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    raw, final = load_contracts()[RAW], load_contracts()[FINAL]
    first = raw.versions[0]
    registry = connect(place.registry_url)
    first_id = registry.register(f"{place.raw}-value", first.text)
    registry.close()
    place.produce([*raw_values(1, first_id, first.schema), *raw_values(1, place.raw_id, elevation=4.0)])
    with running(place, spark, tmp_path / "checkpoint") as stream:
        stream.wait_until_read(2)
    oldest, newest = (fastavro.parse_schema(one.schema) for one in (final.versions[0], final.newest))
    bodies = [bytes(message.value() or b"")[HEADER_SIZE:] for message in place.read(place.final)]
    as_of_now: list[Any] = [fastavro.schemaless_reader(io.BytesIO(body), newest, None) for body in bodies]
    as_before: list[Any] = [fastavro.schemaless_reader(io.BytesIO(body), newest, oldest) for body in bodies]
    assert {(one["writer_schema_id"], one["elevation"], one["qc"]) for one in as_of_now} == {
        (first_id, None, 1),
        (place.raw_id, 4.0, 1),
    }
    for old, new in zip(as_before, as_of_now, strict=True):
        assert old == {name: new[name] for name in old}
        assert old.keys() == {field["name"] for field in final.versions[0].schema["fields"]}


def test_records_of_a_version_registered_just_now_flow_and_none_is_put_aside_or_doubled(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    newer = with_a_new_field(load_contracts()[RAW].newest.schema)
    registry = connect(place.registry_url)
    # One schema has one id, whatever its subjects: this one is another's before it is ours.
    registry.register(f"{place.raw}-elsewhere-value", json.dumps(newer))
    with running(place, spark, tmp_path / "checkpoint") as stream:
        place.produce(raw_values(40, place.raw_id))
        stream.wait_until_read(40)
        new_id = registry.register(f"{place.raw}-value", json.dumps(newer))
        # At once: the stream cannot have heard of it.
        place.produce([*raw_values(40, new_id, newer, uv_index=3.5), *raw_values(20, place.raw_id)])
        seconds = stream.wait_until_read(100)
    registry.close()
    print(f"the new version flowed after {seconds:.1f} s")
    assert len(place.read(place.final)) == 100
    assert place.lost_and_doubled() == ([], [])


def test_a_hundred_foreign_ids_are_put_aside_and_the_stream_goes_on(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    good = raw_values(900, place.raw_id)
    foreign = [frame(1_000_000 + number, good[0][HEADER_SIZE:]) for number in range(100)]
    flood = [value for i, bad in enumerate(foreign) for value in (*good[9 * i : 9 * i + 9], bad)]
    with running(place, spark, tmp_path / "checkpoint") as stream:
        place.produce(good[:10])
        stream.wait_until_read(10)
        place.produce(flood)
        first = stream.wait_until_read(1_010)
        # The same ids again are known to be nobody's.
        place.produce(flood[:200])
        again = stream.wait_until_read(1_210)
    print(f"a flood of 1,000 records took {first:.1f} s, and 200 more of the same ids {again:.1f} s")
    assert len(place.read(place.quarantine)) == 120
    assert place.lost_and_doubled() == ([], [])
