"""What a peer published: when the broker appended each record, and what the records say."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import fastavro
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from contracts.avro.wire import HEADER_SIZE
from contracts.errors import ServiceFailed
from contracts.folder.model import Contract, JsonSchema
from contracts.kafka.cluster import Kafka
from contracts.kafka.coordinates import OFFSET_HEADER, PARTITION_HEADER

Coordinates = tuple[int, int]
"""Partition and offset of a raw record."""
Decode = Callable[[bytes], dict[str, Any]]

_WITHIN = 30.0
_NEAR = 1e-6
_OF_THE_BYTES = frozenset({"key", "value", "headers", "schema_id", "source_topic", "source_timestamp"})
"""Fields of a dead letter that only the stream fills, or each fills otherwise."""


@dataclass
class Published:
    """A peer's outputs."""

    appended: list[float] = field(default_factory=list)
    """When the broker appended each record, in seconds, in order."""
    records: dict[Coordinates, dict[str, Any]] = field(default_factory=dict)
    """What was published of a raw record: of those that are compared."""
    letters: dict[Coordinates, dict[str, Any]] = field(default_factory=dict)
    """Every dead letter."""

    @property
    def rate(self) -> float:
        """Records a second from the first append on: what came with it was done before."""
        first = sum(at == self.appended[0] for at in self.appended)
        return (len(self.appended) - first) / (self.appended[-1] - self.appended[0])

    @property
    def later_rate(self) -> float:
        """The same over the later half of the records."""
        half = len(self.appended) // 2
        return (len(self.appended) - half) / max(self.appended[-1] - self.appended[half], 1e-3)


def avro(schema: JsonSchema) -> Decode:
    """How a record in the wire format is read, by the contract's own schema; times stay milliseconds."""
    plain = fastavro.parse_schema(json.loads(json.dumps(schema).replace("timestamp-millis", "plain")))

    def decode(value: bytes) -> dict[str, Any]:
        body = io.BytesIO(value[HEADER_SIZE:])
        record = cast("dict[str, Any]", fastavro.schemaless_reader(body, plain, None))
        if body.read(1):
            raise ServiceFailed("bytes are left over behind a published record.")
        return record

    return decode


def text(schema: JsonSchema) -> Decode:
    """How a record in JSON is read, which leaves nulls out."""
    nulls = dict.fromkeys(one["name"] for one in schema["fields"])
    return lambda value: {**nulls, **json.loads(value)}


def read(
    kafka: Kafka, final: Contract, quarantine: Contract, reading: Callable[[JsonSchema], Decode], every: int
) -> Published:
    """All that stands on both topics, each `every`th record decoded; raises `ServiceFailed`."""
    found = Published()
    decode = reading(final.newest.schema)
    for message in _all(kafka, final.topic):
        found.appended.append(message.timestamp()[1] / 1000)
        at = _source(message)
        if at[1] % every == 0:
            found.records[at] = decode(message.value() or b"")
    decode = reading(quarantine.newest.schema)
    found.letters = {_source(one): decode(one.value() or b"") for one in _all(kafka, quarantine.topic)}
    found.appended.sort()
    return found


def _all(kafka: Kafka, topic: str) -> Iterator[Message]:
    consumer = Consumer({**kafka.client(), "group.id": "peers", "enable.auto.commit": False})
    partitions = [
        TopicPartition(topic, number, 0) for number in consumer.list_topics(topic).topics[topic].partitions
    ]
    left = sum(consumer.get_watermark_offsets(one, _WITHIN)[1] for one in partitions)
    consumer.assign(partitions)
    while left:
        messages = consumer.consume(min(left, 10_000), _WITHIN)
        if not messages:
            raise ServiceFailed(f"{topic} gives nothing for {_WITHIN:g} s, and {left} records are left.")
        for message in messages:
            if error := message.error():
                raise KafkaException(error)
            left -= 1
            yield message
    consumer.close()


def _source(message: Message) -> Coordinates:
    headers = dict(cast("list[tuple[str, bytes]]", message.headers()))
    return int(headers[PARTITION_HEADER]), int(headers[OFFSET_HEADER])


def differences(ours: Published, theirs: Published, unlike: Collection[str]) -> list[str]:
    """How a peer's outputs differ from the stream's, but for the fields `unlike`; empty where they do not."""
    found = []
    if len(ours.appended) != len(theirs.appended):
        found.append(f"{len(theirs.appended)} records were published, and {len(ours.appended)} by the stream")
    for ours_, theirs_, fields in (
        (ours.records, theirs.records, unlike),
        (ours.letters, theirs.letters, _OF_THE_BYTES),
    ):
        found += [f"{at} is there only once" for at in ours_.keys() ^ theirs_.keys()]
        found += [
            f"{at}: {name} is {theirs_[at][name]!r}, and {value!r} by the stream"
            for at in ours_.keys() & theirs_.keys()
            for name, value in ours_[at].items()
            if name not in fields and not _alike(value, theirs_[at][name])
        ]
    return found


def _alike(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float | int):
        return abs(ours - theirs) <= _NEAR
    return ours == theirs
