"""What came to some partitions of late."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from contracts.broker import ANSWERS_WITHIN, CLIENT_LOG, broker_error
from contracts.kafka import Kafka
from contracts.publishing.record import Partition, missing

_LOOK_WITHIN = 3.0
_SILENT_FOR = 10.0
_QUIET_FOR = 1.0
"""Seconds without a record, after which what a lost client's connection still carried has arrived."""
_QUIET_WITHIN = 10.0
"""Seconds after which a topic that others keep writing to is taken as it is."""
_NO_LEADER_YET = frozenset(
    {
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    }
)
"""What a broker says of a partition for a moment after it was made, or after the broker's start."""
_AT_ONCE = 1000
_A_MOMENT = 0.1


def ends(kafka: Kafka, topics: Collection[str], within: float = ANSWERS_WITHIN) -> dict[str, dict[int, int]]:
    """Each of `topics` to the next offset of its partitions; waits `within` seconds for the broker.

    Raises `UnusableSetting` where one is missing, `Unreachable`, `AccessRefused`, `ServiceFailed`.
    """
    with _consumer(kafka) as consumer:
        marks = _watermarks(consumer, topics, within)
    return {topic: {p: end for (t, p), (_, end) in marks.items() if t == topic} for topic in topics}


def behind(kafka: Kafka, known: Mapping[Partition, int]) -> Iterator[Message]:
    """Give the records from these offsets on, by partition, until no more come.

    Raises what `ends` raises.
    """
    if not known:
        return
    with _consumer(kafka) as consumer:
        held = _watermarks(consumer, {topic for topic, _ in known}, _LOOK_WITHIN)
        begins = {
            at: min(max(offset, held[at][0]), held[at][1]) for at, offset in known.items() if at in held
        }
        left = {at for at, begin in begins.items() if begin < held[at][1]}
        consumer.assign([TopicPartition(*at, begin) for at, begin in begins.items()])
        heard = newest = time.monotonic()
        deadline = heard + _QUIET_WITHIN
        while left or (heard - newest < _QUIET_FOR and heard < deadline):
            messages = consumer.consume(_AT_ONCE, timeout=_A_MOMENT)
            now = time.monotonic()
            if left and not messages and now - heard > _SILENT_FOR:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            heard = now if messages or not left else heard
            deadline = now + _QUIET_WITHIN if left else deadline
            for message in messages:
                at, error = (message.topic() or "", message.partition() or 0), message.error()
                if error is None:
                    newest = now
                    if (message.offset() or 0) + 1 >= held[at][1]:
                        left.discard(at)
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(at)


def _watermarks(
    consumer: Consumer, topics: Collection[str], within: float
) -> dict[Partition, tuple[int, int]]:
    # Asked for all topics, since asking for one by name may create it.
    there = consumer.list_topics(timeout=within).topics
    found: dict[Partition, tuple[int, int]] = {}
    for topic in topics:
        if topic not in there:
            raise missing(topic)
        for number in there[topic].partitions:
            found[topic, number] = _marks(consumer, TopicPartition(topic, number), within)
    return found


def _marks(consumer: Consumer, at: TopicPartition, within: float) -> tuple[int, int]:
    deadline = time.monotonic() + within
    while (marks := _ask(consumer, at, within)) is None:
        if time.monotonic() > deadline:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        time.sleep(_A_MOMENT)
    return marks


def _ask(consumer: Consumer, at: TopicPartition, within: float) -> tuple[int, int] | None:
    """The oldest and the next offset; None where there is no answer yet."""
    try:
        marks: tuple[int, int] | None = consumer.get_watermark_offsets(at, timeout=within)
    except KafkaException as error:
        if error.args[0].code() not in _NO_LEADER_YET:
            raise
        return None
    return marks


@contextmanager
def _consumer(kafka: Kafka) -> Iterator[Consumer]:
    """A consumer that belongs to no group and commits nothing."""
    settings = {
        **kafka.client(),
        "group.id": "weather-publishing",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
    consumer = Consumer(settings, logger=CLIENT_LOG)
    try:
        yield consumer
    except KafkaException as error:
        raise broker_error(error, kafka.client()) from None
    finally:
        consumer.close()
