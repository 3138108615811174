"""What the broker holds: the offsets of a topic, and which raw records its newest ones came from."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from contracts.broker import CLIENT_LOG, broker_error
from contracts.errors import ServiceFailed, Unreachable
from contracts.kafka import Kafka
from streaming.encode import OFFSET_HEADER, PARTITION_HEADER

Coordinates = tuple[int, int]
"""Partition and offset of a raw record."""

_ANSWER_WITHIN = 10.0
_SILENT_AT_MOST = 30.0
_AT_ONCE = 2000
_STEADY_FOR = 1.0
_STEADY_WITHIN = 60.0
_LOOK_EVERY = 0.1


def watermarks(kafka: Kafka, topic: str) -> dict[int, tuple[int, int]]:
    """Partition of `topic` to its oldest offset and its next one; raises `Unreachable`."""
    with _consumer(kafka) as consumer:
        return _watermarks(consumer, topic)


def steady(kafka: Kafka, topics: Collection[str]) -> None:
    """Wait until nothing is written to `topics` any more: what a dead stream had sent may still arrive."""
    with _consumer(kafka) as consumer:
        deadline = time.monotonic() + _STEADY_WITHIN
        seen, since = None, time.monotonic()
        while seen is None or time.monotonic() - since < _STEADY_FOR:
            found = [_watermarks(consumer, topic) for topic in topics]
            if found != seen:
                seen, since = found, time.monotonic()
            if time.monotonic() > deadline:
                raise ServiceFailed(
                    f"someone else keeps writing to {' or '.join(topics)}, and the unfinished batch must be "
                    "compared with them first: stop other streams that write there."
                )
            time.sleep(_LOOK_EVERY)


def sources_since(kafka: Kafka, topics: Collection[str], time_ms: int) -> dict[str, set[Coordinates]]:
    """Topic to the raw records that the records came from that it was given at `time_ms` or later.

    Records without the stream's headers, such as dead letters of a producer, are passed over.
    """
    found: dict[str, set[Coordinates]] = {topic: set() for topic in topics}
    for message in _since(kafka, topics, time_ms):
        found[message.topic() or ""].update(_source(message))
    return found


def header_values(kafka: Kafka, topic: str, name: str) -> set[bytes]:
    """Every value that records of `topic` have in a header of this `name`."""
    found: set[bytes] = set()
    for message in _since(kafka, [topic], 0):
        headers: Any = message.headers() or ()
        found.update(value for key, value in headers if key == name and isinstance(value, bytes))
    return found


def _since(kafka: Kafka, topics: Collection[str], time_ms: int) -> Iterator[Message]:
    """Every record that `topics` were given at `time_ms` or later, up to their ends."""
    with _consumer(kafka) as consumer:
        at = [TopicPartition(t, p, time_ms) for t in topics for p in _watermarks(consumer, t)]
        tails = [tail for tail in consumer.offsets_for_times(at, _ANSWER_WITHIN) if tail.offset != OFFSET_END]
        consumer.assign(tails)
        left = {(tail.topic, tail.partition) for tail in tails}
        heard = time.monotonic()
        while left:
            for message in consumer.consume(_AT_ONCE, timeout=1.0):
                heard = time.monotonic()
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard((message.topic(), message.partition()))
            if time.monotonic() - heard > _SILENT_AT_MOST:
                raise Unreachable(f"the Kafka broker at {kafka.bootstrap_servers} stopped answering.")


def _source(message: Message) -> Iterator[Coordinates]:
    headers: Mapping[str, object] = dict(message.headers() or ())
    partition, offset = headers.get(PARTITION_HEADER), headers.get(OFFSET_HEADER)
    if isinstance(partition, bytes) and isinstance(offset, bytes):
        yield int(partition), int(offset)


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
