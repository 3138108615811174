"""What a window reads, however a record names its schema and whatever it was stamped with."""

from __future__ import annotations

import json

from confluent_kafka import Producer
from pyspark.sql import SparkSession

from contracts.kafka import Kafka
from contracts.wire import HEADER_SIZE, SCHEMA_ID_HEADER, frame
from quality.places import Slice, Window
from quality.window import TIMESTAMP, WRITER, read
from tests.integration.quality.places import NOW, Place
from tests.poison import alter_topics

_UNION_ID = 4711
_FAR = {"message.timestamp.after.max.ms": str(2**63 - 1), "retention.ms": "-1"}


def test_a_window_reads_ids_in_kafka_headers_our_branch_of_a_union_and_any_timestamp(
    place: Place, spark: SparkSession
) -> None:
    framed = place.record()
    body = framed[HEADER_SIZE:]
    alter_topics(place.bootstrap_servers, [place.topic], _FAR)
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    sent: list[tuple[bytes, list[tuple[str, str | bytes | None]]]] = [
        (framed, []),
        (framed, [("n", b"1"), (SCHEMA_ID_HEADER, None)]),
        (body, [(SCHEMA_ID_HEADER, frame(place.schema_id, b""))]),
        (frame(_UNION_ID, b"\x02" + body), []),
        (frame(_UNION_ID, b"\x00"), []),
        (body, [(SCHEMA_ID_HEADER, b"?")]),
    ]
    for value, headers in sent:
        producer.produce(place.topic, value, headers=headers, partition=0, timestamp=2**63 - 1)
    assert producer.flush(15) == 0
    schema = place.contract.newest.schema
    writers = {place.schema_id: json.dumps(schema), _UNION_ID: json.dumps(["null", schema])}
    window = Window(
        topic=place.topic,
        since=None,
        until=None,
        slices=(Slice(partition=0, start=0, end=6),),
        asked_at=NOW,
    )
    kafka = Kafka(place.bootstrap_servers)
    with read(spark, window, kafka=kafka, writers=writers, reader=schema) as records:
        rows = records.readable.select("station", WRITER, TIMESTAMP).collect()
        assert (records.rows, records.unreadable) == (4, 2)
    assert [row.station for row in rows] == ["JFK"] * 4
    assert [row[WRITER] for row in rows] == [place.schema_id] * 3 + [_UNION_ID]
    assert {row[TIMESTAMP].year for row in rows} == {9999}
