"""Reads what is on a topic already, so that a restart sends nothing twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from contracts.broker import CLIENT_LOG, broker_error
from contracts.errors import Unreachable
from contracts.kafka import Kafka

_CLOCK_STEP = 5_000
"""Milliseconds by which a clock may be set back between noting a time and sending a record."""
_ANSWERS_WITHIN = 10.0
_QUIET_FOR = 0.5
"""Seconds without a record at the end of a topic: what a killed producer had under way has arrived."""
_SILENT_FOR = 30.0
_BATCH = 1000


def fingerprint(value: bytes) -> bytes:
    """Sixteen bytes that stand for a record's value."""
    return hashlib.blake2b(value, digest_size=16).digest()


def on_topic(kafka: Kafka, topic: str, since: int) -> Counter[bytes]:
    """Count the records that came to `topic` since a time (milliseconds), by the fingerprint of their value.

    Raises `Unreachable` when the broker falls silent.
    """
    settings = {
        **kafka.client(),
        "group.id": "weather-producer-tail",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
    with closing(Consumer(settings, logger=CLIENT_LOG)) as consumer:
        try:
            return Counter(map(fingerprint, _values(consumer, topic, max(0, since - _CLOCK_STEP))))
        except KafkaException as error:
            raise broker_error(error, kafka.client()) from None


def _values(consumer: Consumer, topic: str, since: int) -> Iterator[bytes]:
    partitions = consumer.list_topics(topic, timeout=_ANSWERS_WITHIN).topics[topic].partitions
    asked = [TopicPartition(topic, number, since) for number in partitions]
    # A partition without so late a record is read from its end, where one may still arrive.
    consumer.assign(
        [
            TopicPartition(topic, at.partition, at.offset if at.offset >= 0 else OFFSET_END)
            for at in consumer.offsets_for_times(asked, timeout=_ANSWERS_WITHIN)
        ]
    )
    at_end: set[int] = set()
    silent = 0.0
    while True:
        messages = consumer.consume(_BATCH, timeout=_QUIET_FOR)
        silent = 0.0 if messages else silent + _QUIET_FOR
        for message in messages:
            error, value = message.error(), message.value()
            if error is None:
                at_end.discard(message.partition() or 0)
                if value is not None:
                    yield value
            elif error.code() == KafkaError._PARTITION_EOF:
                at_end.add(message.partition() or 0)
        if not messages and len(at_end) == len(partitions):
            return
        if silent >= _SILENT_FOR:
            raise Unreachable(f"the broker is silent: {topic} could not be read to its end.")
