"""The topics of one stream under test: filled with raw records, read back to their ends, compared."""

from __future__ import annotations

import io
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import fastavro
import pytest
import requests
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from pyspark.sql import SparkSession

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.folder.model import Role
from contracts.folder.product import product_named
from contracts.folder.read import HOME, load_contract, load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import watermarks
from contracts.registry.registry import SchemaRegistry, connect
from streaming import Job, Progress, Stream
from streaming.running.supervise import Supervisor

RAW, FINAL, QUARANTINE = "topic-weather", "topic-weather-final", "topic-weather-quarantine"
_SECONDS = 30.0
_SECONDS_TO_READ = 120.0
_LOOK_EVERY = 0.02
_TRIGGER = "1 second"

Coordinates = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """Topics and registered contracts of one test."""

    bootstrap_servers: str
    registry_url: str
    raw: str
    final: str
    quarantine: str
    raw_id: int
    final_id: int

    def arguments(self, checkpoint: Path) -> list[str]:
        """The command line that runs the stream here."""
        names = ["--topic", self.raw, "--final", self.final, "--quarantine", self.quarantine]
        return ["streaming", "run", "--json", "--quick-start", "--checkpoint", str(checkpoint), *names]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a child process that is to run here."""
        here = {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers, "SCHEMA_REGISTRY_URL": self.registry_url}
        return {**os.environ, **here}

    def produce(self, values: Iterable[bytes | None]) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap_servers, "linger.ms": 5})
        for number, value in enumerate(values):
            producer.produce(self.raw, value, key=f"S{number % 7}")
        assert producer.flush(_SECONDS) == 0

    def read(self, topic: str) -> list[Message]:
        """Every message of a topic, up to its end offsets."""
        consumer = Consumer(
            {"bootstrap.servers": self.bootstrap_servers, "group.id": "tests", "enable.auto.commit": False}
        )
        parts = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        marks = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10) for p in parts}
        assert all(marks.values())
        wanted = sum(high - low for low, high in (mark for mark in marks.values() if mark))
        consumer.assign([TopicPartition(topic, p, 0) for p in parts])
        messages: list[Message] = []
        while len(messages) < wanted:
            batch = consumer.consume(min(2000, wanted - len(messages)), timeout=10)
            assert batch, f"{topic}: {len(messages)} of {wanted} records within 10 s"
            assert all(message.error() is None for message in batch)
            messages += batch
        consumer.close()
        return messages

    def job(self, checkpoint: Path) -> Job:
        """What the stream is asked to do here."""
        topics = {Role.RAW: self.raw, Role.FINAL: self.final, Role.QUARANTINE: self.quarantine}
        return Job(
            product=product_named("weather").on_topics(topics),
            kafka=Kafka(self.bootstrap_servers),
            registry=SchemaRegistry(url=self.registry_url),
            checkpoint=checkpoint,
        )

    def published(self) -> int:
        """How many records both output topics were ever given."""
        both = (watermarks(Kafka(self.bootstrap_servers), topic) for topic in (self.final, self.quarantine))
        return sum(end for topic in both for _, end in topic.values())

    def wait_until_published(self, records: int) -> None:
        deadline = time.monotonic() + _SECONDS_TO_READ
        while (now := self.published()) < records:
            assert time.monotonic() < deadline, f"{now} of {records} published in {_SECONDS_TO_READ:.0f} s"
            time.sleep(_LOOK_EVERY)

    def lost_and_doubled(self) -> tuple[list[Coordinates], list[Coordinates]]:
        """Raw coordinates that neither output topic names, and those that are named more than once."""
        published = Counter(sources(self.read(self.final) + self.read(self.quarantine)))
        sent = {(message.partition() or 0, message.offset() or 0) for message in self.read(self.raw)}
        return sorted(sent - set(published)), sorted(at for at, count in published.items() if count > 1)


@pytest.fixture
def place(topic: Callable[..., str], bootstrap_servers: str, registry_url: str) -> Iterator[Place]:
    """Raw, final and quarantine topics of a test's own, with two partitions each."""
    topics = [topic(partitions=2) for _ in range(3)]
    yield make_place(bootstrap_servers, registry_url, topics)
    # A stream that starts asks for every subject that there is, and gives that up when they are very many.
    for name in topics:
        requests.delete(f"{registry_url}/subjects/{name}-value", timeout=10).raise_for_status()


def make_place(bootstrap_servers: str, registry_url: str, topics: Sequence[str]) -> Place:
    """Register the contracts for raw, final and quarantine `topics`."""
    contracts, registry = load_contracts(), connect(registry_url)
    ids = []
    for name, topic in zip((RAW, FINAL, QUARANTINE), topics, strict=True):
        ours = replace(contracts[name], topic=topic)
        ids.append(registry.register(ours.subject, ours.newest.text))
    registry.close()
    raw, final, quarantine = topics
    return Place(bootstrap_servers, registry_url, raw, final, quarantine, ids[0], ids[1])


def sources(messages: Iterable[Message]) -> list[Coordinates]:
    """Raw partition and offset that each published message names in its headers."""
    named: list[dict[str, Any]] = [dict(message.headers() or ()) for message in messages]
    return sorted((int(h["source-partition"]), int(h["source-offset"])) for h in named)


def decoded(message: Message, contract: str) -> dict[str, Any]:
    """The record in a message, by the newest schema of the contract of this name."""
    schema = fastavro.parse_schema(load_contracts()[contract].newest.schema)
    record = fastavro.schemaless_reader(io.BytesIO((message.value() or b"")[HEADER_SIZE:]), schema, None)
    assert isinstance(record, dict)
    return record


def raw_values(
    count: int, schema_id: int, schema: dict[str, Any] | None = None, **fields: Any
) -> list[bytes]:
    """Framed raw records, by the newest schema of the raw contract unless another is given."""
    parsed = fastavro.parse_schema(schema or load_contract(HOME / RAW).newest.schema)
    values = []
    for i in range(count):
        body = io.BytesIO()
        record = {
            "source": "NYCFLIGHTS13",
            "replay": True,
            "station": f"S{i % 7}",
            "observed_at": 1_356_998_400_000 + i * 3_600_000,
            "received_at": 1_700_000_000_000,
            "units": "METRIC",
            "temperature": 20.0,
            **fields,
        }
        fastavro.schemaless_writer(body, parsed, record)
        values.append(frame(schema_id, body.getvalue()))
    return values


class Running:
    """A stream at work in a thread of its own."""

    def __init__(self, stream: Supervisor) -> None:
        self.stream = stream
        self.batches: list[Progress] = []
        self.failures: list[BaseException] = []
        self.told: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.stream.run(self.told.put)
        except BaseException as failure:
            self.failures.append(failure)
        self.told.put(None)

    def wait_until_read(self, records: int) -> float:
        """Wait until `records` of the raw topic are read; returns how many seconds that took."""
        began = time.monotonic()
        while not self.batches or sum(self.batches[-1].end_offsets.values()) < records:
            left = began + _SECONDS_TO_READ - time.monotonic()
            try:
                batch = self.told.get(timeout=max(left, 0.001))
            except queue.Empty:
                pytest.fail(
                    f"{records} records were not read within {_SECONDS_TO_READ:.0f} s: {self.batches[-1:]}"
                )
            assert batch is not None, self.failures
            self.batches.append(batch)
        return time.monotonic() - began


@contextmanager
def running(
    place: Place, spark: SparkSession, checkpoint: Path, *, real_time: bool = False, once_within: str = ""
) -> Iterator[Running]:
    """Run the stream in `spark` as long as the block lasts; it must not fail."""
    job = replace(place.job(checkpoint), real_time=real_time, once_within=once_within)
    if not real_time:
        # What is produced at once is one batch so: each costs a second or two, however small it is.
        job = replace(job, trigger=_TRIGGER)
    with Stream(job, spark.newSession()) as stream:
        at_work = Running(stream)
        at_work.thread.start()
        try:
            yield at_work
        finally:
            stream.stop()
            at_work.thread.join(_SECONDS_TO_READ)
        assert not at_work.thread.is_alive(), "the stream did not stop"
        assert not at_work.failures
