"""A consumer outlives its broker and its registry: both are killed under it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import fastavro
import pytest
from confluent_kafka import Producer

from contracts.avro.wire import frame
from contracts.consume import consume
from contracts.kafka.cluster import Kafka
from contracts.kafka.topics import Broker
from contracts.registry.registry import connect
from embedded import Services

SCHEMA = {"type": "record", "name": "Count", "fields": [{"name": "number", "type": "long"}]}
TOPIC = "topic-outages"


@dataclass(frozen=True)
class Count:
    number: int
    SCHEMA: ClassVar[str] = json.dumps(SCHEMA)

    @classmethod
    def from_dict(cls, value: Any) -> Count:
        return cls(value["number"])


@pytest.mark.timeout(180)
def test_a_consumer_reads_on_after_its_broker_and_without_its_registry(tmp_path: Path) -> None:
    with Services(data_dir=tmp_path / "data", log_dir=tmp_path / "logs") as own:
        Broker(Kafka(own.bootstrap_servers)).create(TOPIC, partitions=2)
        schema_id = connect(own.schema_registry_url).register(f"{TOPIC}-value", Count.SCHEMA)
        sent: list[int] = []

        def send(count: int) -> None:
            producer = Producer({"bootstrap.servers": own.bootstrap_servers, "acks": "all"})
            for number in range(len(sent), len(sent) + count):
                out = io.BytesIO()
                fastavro.schemaless_writer(out, fastavro.parse_schema(SCHEMA), {"number": number})
                producer.produce(TOPIC, frame(schema_id, out.getvalue()), partition=number % 2)
                sent.append(number)
            assert producer.flush(60) == 0

        send(20)
        messages = consume(
            TOPIC,
            Count,
            bootstrap_servers=own.bootstrap_servers,
            registry_url=own.schema_registry_url,
            group="group-outages",
            kafka={"auto.commit.interval.ms": 100},
        )
        seen = {next(messages).value.number for _ in range(10)}
        own.kill("broker")
        own.kill("registry")
        own.restart("broker")
        send(20)
        while len(seen) < len(sent):
            seen.add(next(messages).value.number)
        messages.close()
        assert seen == set(sent)
