"""A record on its way: by what its topic knows it, and what an error says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException

from contracts.errors import PlatformError, Unreachable, UnusableSetting
from contracts.kafka.topics import broker_error, missing

if TYPE_CHECKING:
    from contracts.kafka.publishing.topic import Topic

ANY = -1
"""The partition that Kafka's client chooses by the key."""

Headers = Sequence[tuple[str, bytes | None]]
Outcome = Callable[["KafkaError | None"], None]
"""Learns what became of a record: None once the broker has acknowledged it, else why it was given up."""

Mark = tuple[str, int, bytes | None, bytes | None, tuple[Any, ...]]
"""What a record is known by: its topic, partition, key, value and headers."""

CLIENTS_OWN = frozenset(
    {
        KafkaError._FATAL,
        KafkaError._FENCED,
        KafkaError._GAPLESS_GUARANTEE,
        KafkaError._INCONSISTENT,
        KafkaError._PURGE_INFLIGHT,
        KafkaError._PURGE_QUEUE,
        KafkaError._STATE,
        KafkaError._TRANSPORT,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.UNKNOWN_PRODUCER_ID,
    }
)
"""Errors of a record that are its client's alone: another client may send it."""
_NO_TOPIC = frozenset(
    {KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART}
)
_TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})


class NotDelivered(PlatformError):
    """Records that were handed over and not acknowledged by the broker."""

    exit_code = Unreachable.exit_code


class Record(NamedTuple):
    """A record that no client has at the moment."""

    number: int
    """Its place in the order in which those of its topic were handed over."""
    topic: Topic
    value: bytes | None
    key: bytes | None
    partition: int
    headers: Headers | None
    outcome: Outcome | None
    sent_to: int | None = None
    """The partition that it may have arrived at; None where it was never sent."""

    @property
    def mark(self) -> Mark | None:
        """What it is known by if it has arrived; None where it cannot have."""
        if self.sent_to is None:
            return None
        return mark_of(self.topic.name, self.sent_to, self.key, self.value, self.headers)


def mark_of(topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Any) -> Mark:
    """What a record is known by; `headers` as Kafka's client takes and gives them."""
    return topic, partition, key, value, tuple(headers or ())


def sentence(error: KafkaError, record: Record, settings: Mapping[str, Any]) -> PlatformError:
    """Why a client with these `settings` gave a record up, for a person."""
    topic = record.topic.name
    if error.code() in _TOO_LARGE:
        size = len(record.value or b"")
        return UnusableSetting(
            f"a record of {size:,} bytes is larger than {topic} takes: raise its max.message.bytes."
        )
    if error.code() in _NO_TOPIC:
        return missing(topic, settings)
    if error.code() == KafkaError._MSG_TIMED_OUT:
        error = KafkaError(KafkaError._TIMED_OUT)
    return broker_error(KafkaException(error), settings)
