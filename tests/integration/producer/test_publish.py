"""What the producer sends is on the broker, under its contract, keyed by station."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import fastavro
import pytest
from confluent_kafka import Consumer, TopicPartition

from contracts.avro.wire import HEADER_SIZE, schema_id
from contracts.errors import RegistryMismatch, Unreachable, UnusableSetting
from contracts.folder.model import Contract
from contracts.folder.read import HOME, load_contract
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import connect
from producer import Context, parse
from producer.backfill import Backfill
from producer.outbox import Outbox
from producer.publish import Publisher
from producer.replay import SOURCE, load_observations
from producer.state import State
from producer.stored import StoredBody

CONTEXT = Context(
    product="weather", source=SOURCE, replay=True, units="METRIC", received_at=1_700_000_000_000
)


@dataclasses.dataclass(frozen=True)
class Place:
    """Topics and subjects of a test's own."""

    bootstrap_servers: str
    registry_url: str
    raw: Contract
    quarantine: Contract
    raw_id: int

    def publisher(self, registry: Any) -> Publisher:
        return Publisher(Kafka(self.bootstrap_servers), registry, raw=self.raw, quarantine=self.quarantine)

    def read(self, contract: Contract, count: int) -> list[tuple[bytes | None, int, Any]]:
        """Read `count` records: key, schema id, value."""
        parsed = fastavro.parse_schema(contract.newest.schema)
        conf = {"bootstrap.servers": self.bootstrap_servers, "group.id": contract.topic}
        with closing(Consumer({**conf, "enable.auto.commit": False})) as consumer:
            consumer.assign([TopicPartition(contract.topic, 0, 0)])
            messages = consumer.consume(count, timeout=20)
        assert len(messages) == count
        return [
            (
                message.key(),
                schema_id(message.value() or b""),
                fastavro.schemaless_reader(io.BytesIO((message.value() or b"")[HEADER_SIZE:]), parsed),
            )
            for message in messages
        ]


@pytest.fixture
def own(topic: Callable[..., str], bootstrap_servers: str, registry_url: str) -> Place:
    contracts = [
        dataclasses.replace(load_contract(HOME / name), topic=topic())
        for name in ("topic-weather", "topic-weather-quarantine")
    ]
    with closing(connect(registry_url)) as registry:
        ids = [registry.register(c.subject, c.newest.text) for c in contracts]
    return Place(bootstrap_servers, registry_url, contracts[0], contracts[1], ids[0])


def test_stored_bodies_arrive_once_each_and_in_order(own: Place) -> None:
    observations = [one for one in load_observations()[:3000] if one.station.code == "JFK"]
    bodies = [StoredBody(str(n), one.body("METRIC"), 1) for n, one in enumerate(observations)]
    bodies.insert(7, StoredBody("broken", b"{", 1))
    with closing(connect(own.registry_url)) as registry:
        publisher = own.publisher(registry)
        with closing(State(None, publisher.topic_ids)) as state:
            done = Backfill(CONTEXT, publisher, state).run(bodies, stop=threading.Event())
        publisher.close()
    assert (done.read, done.refused) == (len(bodies), 1)
    assert done.first_refused[0].startswith("broken: BROKEN_JSON")
    assert publisher.raw.sent == publisher.raw.delivered == len(observations)
    records = own.read(own.raw, len(observations))
    assert {(key, writer) for key, writer, _ in records} == {(b"id:94789", own.raw_id)}
    assert [r["observed_at"].timestamp() for _, _, r in records] == [one.time for one in observations]


def test_a_body_that_is_no_weather_is_quarantined_with_its_exact_bytes(own: Place) -> None:
    body = b'{"name": "\xff\x00", broken'
    with closing(connect(own.registry_url)) as registry:
        publisher = own.publisher(registry)
        with closing(State(None, publisher.topic_ids)) as state:
            outbox = Outbox(publisher, state)
            outbox.quarantine(body, 1_700_000_000_000, "BROKEN_TEXT: no text.")
            outbox.close(20)
    ((_, _, letter),) = own.read(own.quarantine, 1)
    assert (letter["reason"], letter["stage"], letter["value"]) == ("UNPARSABLE_BODY", "PRODUCER", body)
    assert letter["explanation"] == "BROKEN_TEXT: no text."


def test_a_contract_that_is_not_registered_is_refused_before_anything_is_sent(own: Place) -> None:
    unregistered = dataclasses.replace(own.raw, topic=own.raw.topic + "-other")
    with closing(connect(own.registry_url)) as registry, pytest.raises(RegistryMismatch, match="apply"):
        Publisher(Kafka(own.bootstrap_servers), registry, raw=unregistered, quarantine=own.quarantine)


def test_a_topic_that_is_not_there_is_named(own: Place) -> None:
    missing = dataclasses.replace(own.raw, topic=own.raw.topic + "-missing")
    with closing(connect(own.registry_url)) as registry:
        registry.register(missing.subject, missing.newest.text)
        with pytest.raises(UnusableSetting, match="there is no topic"):
            Publisher(Kafka(own.bootstrap_servers), registry, raw=missing, quarantine=own.quarantine)


def test_a_broker_that_is_not_there_is_named(own: Place) -> None:
    with (
        closing(connect(own.registry_url)) as registry,
        pytest.raises(Unreachable, match="no Kafka broker answers"),
    ):
        Publisher(Kafka("127.0.0.1:1"), registry, raw=own.raw, quarantine=own.quarantine)


def test_a_record_is_keyed_by_its_station_and_keeps_what_the_contract_does_not_name(own: Place) -> None:
    record = parse(load_observations()[0].body("METRIC"), CONTEXT)
    with closing(connect(own.registry_url)) as registry:
        publisher = own.publisher(registry)
        publisher.send(record)
        publisher.close()
    ((key, _, found),) = own.read(own.raw, 1)
    assert key == record["station"].encode()
    assert found["extra"] == {"/base": json.dumps("stations")}
    assert found["temperature"] == record["temperature"]
