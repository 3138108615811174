"""What the broker holds: the offsets of a topic, and which raw records its newest ones came from."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from contracts.broker import CLIENT_LOG, broker_error
from contracts.errors import ServiceFailed, Unreachable
from contracts.kafka import Kafka
from contracts.timestamps import KAFKA_SINCE_MS
from contracts.topic_source import offset_of, partition_of
from contracts.wire import NotFramed, schema_id_header, schema_id_or_guid
from streaming.encode import OFFSET_HEADER, PARTITION_HEADER

Coordinates = tuple[int, int]
"""Partition and offset of a raw record."""

_ANSWER_WITHIN = 10.0
_SILENT_AT_MOST = 30.0
_AT_ONCE = 2000
_LOOKED_AT = 500
_A_MOMENT = 0.1
_QUIET_FOR = 1.0
_QUIET_WITHIN = 60.0


def watermarks(kafka: Kafka, topic: str) -> dict[int, tuple[int, int]]:
    """Partition of `topic` to its oldest offset and its next one; raises `Unreachable`."""
    with _consumer(kafka) as consumer:
        return _watermarks(consumer, topic)


@contextmanager
def asking(kafka: Kafka) -> Iterator[Callable[[str], dict[int, tuple[int, int]]]]:
    """One connection for many questions: gives what answers as `watermarks` does, for any topic."""
    with _consumer(kafka) as consumer:
        yield lambda topic: _watermarks(consumer, topic)


def sources_since(
    kafka: Kafka, topics: Collection[str], time_ms: int, *, settled: bool = True
) -> dict[str, set[Coordinates]]:
    """Topic to the raw records that the records came from that it was given at `time_ms` or later.

    Where it is not `settled` yet, waits until no more come: what a dead stream had sent may still arrive.
    Records without the stream's headers, such as dead letters of a producer, are passed over.
    """
    found: dict[str, set[Coordinates]] = {topic: set() for topic in topics}
    quiet = 0.0 if settled else _QUIET_FOR
    deadline = time.monotonic() + _QUIET_WITHIN
    with _tails(kafka, topics, time_ms) as tails:
        newest = time.monotonic()
        while tails.left or time.monotonic() - newest < quiet:
            for message in tails.read():
                if coordinates := source_of(message):
                    newest = time.monotonic()
                    found[message.topic() or ""].add(coordinates)
            if not tails.left and time.monotonic() > deadline:
                raise ServiceFailed(
                    f"someone else keeps writing to {' or '.join(topics)}, and what this stream left there "
                    "must be looked at first: stop other streams that write there."
                )
    return found


def header_values(kafka: Kafka, topics: Collection[str], name: str, time_ms: int) -> set[bytes]:
    """Every value of a header of this `name` that records have which `topics` were given since `time_ms`."""
    found: set[bytes] = set()
    with _tails(kafka, topics, time_ms) as tails:
        while tails.left:
            for message in tails.read():
                headers: Any = message.headers() or ()
                found.update(value for key, value in headers if key == name and isinstance(value, bytes))
    return found


def remembers_since(kafka: Kafka, topics: Collection[str]) -> int:
    """The time, in ms since 1970, since which `topics` hold all that they were given; 0 for always."""
    with _consumer(kafka) as consumer:
        return max(
            (
                _oldest(consumer, topic, partition, marks)
                for topic in topics
                for partition, marks in _watermarks(consumer, topic).items()
                if marks[0] > 0
            ),
            default=0,
        )


def _oldest(consumer: Consumer, topic: str, partition: int, marks: tuple[int, int]) -> int:
    """When the oldest record was given that a partition still has: now, where it has none any more."""
    oldest, end = marks
    if oldest == end:
        return time.time_ns() // 1_000_000
    consumer.assign([TopicPartition(topic, partition, oldest)])
    now = time.time_ns() // 1_000_000
    for _ in range(_LOOKED_AT):
        message = consumer.poll(_ANSWER_WITHIN)
        if message is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        if error := message.error():
            if error.code() == KafkaError._PARTITION_EOF:
                break
            raise KafkaException(error)
        # One that a producer stamped with a time which cannot be is as old as the next one, or older.
        if KAFKA_SINCE_MS <= (stamp := message.timestamp()[1]) <= now:
            return stamp
    return now


def schemas_named(
    kafka: Kafka, topic: str, begins: Mapping[int, int], ends: Mapping[int, int]
) -> set[int | str]:
    """The schema ids and GUIDs that records of `topic` name between these offsets, by partition."""
    spans = {(topic, p): (begins.get(p, 0), end) for p, end in ends.items() if begins.get(p, 0) < end}
    found: set[int | str] = set()
    with _consumer(kafka) as consumer:
        consumer.assign([TopicPartition(topic, p, begin) for (_, p), (begin, _) in spans.items()])
        tails = _Tails(kafka, consumer, spans)
        while tails.left:
            for message in tails.read():
                part, offset = (topic, partition_of(message)), offset_of(message)
                if offset < spans[part][1]:
                    with suppress(NotFramed):
                        found.add(_schema_of(message))
                if offset + 1 >= spans[part][1]:
                    tails.left.discard(part)
    return found


def _schema_of(message: Message) -> int | str:
    """The id or the GUID of the schema that a record names; raises `NotFramed`."""
    header = schema_id_header(message.headers())
    named, _ = schema_id_or_guid(bytes(message.value() or b"") if header is None else bytes(header))
    return str(named) if isinstance(named, UUID) else named


class _Tails:
    """The newer part of some topics, read to their ends and beyond."""

    def __init__(self, kafka: Kafka, consumer: Consumer, parts: Collection[tuple[str, int]]) -> None:
        self.kafka, self.consumer = kafka, consumer
        self.left = set(parts)
        """Topics and partitions that have not been read to their ends."""
        self.heard = time.monotonic()

    def read(self) -> Iterator[Message]:
        """The records that come within a moment; raises `Unreachable` when nothing does for long."""
        for message in self.consumer.consume(_AT_ONCE, timeout=_A_MOMENT):
            self.heard = time.monotonic()
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                self.left.discard((message.topic() or "", message.partition() or 0))
        if self.left and time.monotonic() - self.heard > _SILENT_AT_MOST:
            raise Unreachable(f"the Kafka broker at {self.kafka.bootstrap_servers} stopped answering.")


@contextmanager
def _tails(kafka: Kafka, topics: Collection[str], time_ms: int) -> Iterator[_Tails]:
    """Read the records that `topics` were given at `time_ms` or later."""
    with _consumer(kafka) as consumer:
        ends = {(t, p): end for t in topics for p, (_, end) in _watermarks(consumer, t).items()}
        tails = consumer.offsets_for_times([TopicPartition(t, p, time_ms) for t, p in ends], _ANSWER_WITHIN)
        for tail in tails:
            # The end as it was seen, not as it will be when reading begins: nothing in between is missed.
            if tail.offset == OFFSET_END:
                tail.offset = ends[tail.topic, tail.partition]
        consumer.assign(tails)
        yield _Tails(kafka, consumer, ends)


def source_of(message: Message) -> Coordinates | None:
    """The raw record that a published one names; None where it names none."""
    headers: Mapping[str, object] = dict(message.headers() or ())
    partition, offset = headers.get(PARTITION_HEADER), headers.get(OFFSET_HEADER)
    if isinstance(partition, bytes) and isinstance(offset, bytes):
        return int(partition), int(offset)
    return None


@contextmanager
def _consumer(kafka: Kafka) -> Iterator[Consumer]:
    """A consumer that belongs to no group and commits nothing."""
    consumer = Consumer(
        {
            **kafka.client(),
            "group.id": "weather-stream",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        },
        logger=CLIENT_LOG,
    )
    try:
        yield consumer
    except KafkaException as error:
        raise broker_error(error, kafka.client()) from None
    finally:
        consumer.close()


def _watermarks(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    parts = consumer.list_topics(topic, timeout=_ANSWER_WITHIN).topics[topic].partitions
    found: dict[int, tuple[int, int]] = {}
    for partition in parts:
        marks = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_ANSWER_WITHIN)
        if marks is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        found[partition] = marks
    return found
