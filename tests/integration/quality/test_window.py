"""What a window reads, however a record names its schema and whatever it was stamped with."""

from __future__ import annotations

import json

import pytest
from confluent_kafka import Producer
from pyspark.sql import SparkSession

from contracts.avro.wire import HEADER_SIZE, SCHEMA_ID_HEADER, frame
from contracts.folder.product import product_named
from contracts.records.topic_weather_quality import Slice
from contracts.registry.registry import Registry
from quality.sources import open_sources
from quality.window.extent import Window
from quality.window.read import TIMESTAMP, WRITER, read
from tests.integration.quality.places import Place
from tests.poison import alter_topics

_FAR = {"message.timestamp.after.max.ms": str(2**63 - 1), "retention.ms": "-1"}


def test_a_window_reads_ids_in_kafka_headers_our_branch_of_a_union_and_any_timestamp(
    place: Place, registry: Registry, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = place.contract.newest.schema
    union_id = registry.register(place.contract.subject, json.dumps(["null", schema]))
    framed = place.record()
    body = framed[HEADER_SIZE:]
    alter_topics(place.bootstrap_servers, [place.topic], _FAR)
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    sent: list[tuple[bytes, list[tuple[str, str | bytes | None]]]] = [
        (framed, []),
        (framed, [("n", b"1"), (SCHEMA_ID_HEADER, None)]),
        (body, [(SCHEMA_ID_HEADER, frame(place.schema_id, b""))]),
        (frame(union_id, b"\x02" + body), []),
        (frame(union_id, b"\x00"), []),
        (body, [(SCHEMA_ID_HEADER, b"?")]),
    ]
    for value, headers in sent:
        producer.produce(place.topic, value, headers=headers, partition=0, timestamp=2**63 - 1)
    assert producer.flush(15) == 0
    window = Window(
        topic=place.topic,
        slices=(Slice(partition=0, start=0, end=6),),
    )
    for name, text in {
        **place.env,
        "KAFKA_BOOTSTRAP_SERVERS": place.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": registry.url,
    }.items():
        monkeypatch.setenv(name, text)
    with (
        open_sources(product_named("weather")) as sources,
        read(sources, spark, window, ["station"]) as records,
    ):
        rows = records.readable.select("station", WRITER, TIMESTAMP).collect()
        assert (records.rows, records.unreadable) == (4, 2)
    assert [row.station for row in rows] == ["JFK"] * 4
    assert [row[WRITER] for row in rows] == [place.schema_id] * 3 + [union_id]
    assert {row[TIMESTAMP].year for row in rows} == {9999}
