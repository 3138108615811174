"""Reads a topic as typed records. Needs confluent-kafka and fastavro, nothing else."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from contracts.broker import ANSWERS_WITHIN, CLIENT_LOG, broker_error
from contracts.decode import Decoder, Undecodable
from contracts.errors import ServiceFailed, Unreachable, UnusableSetting
from contracts.registry import connect

_POLL = 0.5
_SILENT_FOR = 30.0
"""Seconds without a word from a broker that still has records to give."""


class Record(Protocol):
    """What `contracts.records` hold."""

    SCHEMA: ClassVar[str]

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Any:
        """Make a record of a decoded dictionary."""


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Generic[R]):
    """One record of a topic and where it came from."""

    value: R
    key: bytes | None
    topic: str
    partition: int
    offset: int
    timestamp: datetime | None
    """Kafka's timestamp, UTC."""
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """A record that cannot be decoded, as it came."""

    reason: str
    key: bytes | None
    value: bytes | None
    topic: str
    partition: int
    offset: int


OnPoison: TypeAlias = Literal["raise"] | Callable[[Poison], None]


def consume(
    topic: str,
    record_type: type[R],
    *,
    bootstrap_servers: str,
    registry_url: str,
    group: str | None = None,
    from_beginning: bool = True,
    stop_at_end: bool = False,
    limit: int | None = None,
    on_poison: OnPoison = "raise",
    kafka: Mapping[str, Any] | None = None,
    registry: Mapping[str, Any] | None = None,
) -> Generator[Message[R], None, None]:
    """Iterate over the records of `topic`, each as a `record_type`, whichever version it was written with.

    With a `group` the work is shared with its other members and goes on where the group stopped; a record
    counts as done when the next is asked for (at least once). Without, every partition is read, and nothing
    is remembered. `stop_at_end` ends where the topic ended at the start, `limit` after so many records.
    A record that cannot be decoded raises `Undecodable`, or is handed to `on_poison` and passed over.
    `kafka` and `registry` are further properties of the two clients, such as their security settings.

    Raises `UnusableSetting` for a topic that there is not, `Unreachable` where broker or registry do not
    answer.
    """
    if limit is not None and limit < 1:
        raise UnusableSetting("a limit must be 1 or more.")
    schemas = connect(registry_url, registry)
    decoder = Decoder(record_type.SCHEMA, schemas.schema)
    source = _Source(topic, bootstrap_servers, group, from_beginning, kafka or {})
    given = 0
    try:
        for message in source.messages(stop_at_end):
            try:
                value = record_type.from_dict(decoder.decode(message.value()))
            except Undecodable as error:
                poison = _poison(message, str(error))
                if on_poison == "raise":
                    where = f"{poison.topic}, partition {poison.partition}, offset {poison.offset}"
                    raise Undecodable(f"{where}: {error}") from None
                on_poison(poison)
                source.done(message)
                continue
            yield _typed(message, value)
            source.done(message)
            given += 1
            if given == limit:
                return
    finally:
        source.close()
        schemas.close()


class _Source:
    """A topic's messages from the broker, and how far the topic reached when reading began."""

    def __init__(
        self,
        topic: str,
        bootstrap_servers: str,
        group: str | None,
        from_beginning: bool,
        more: Mapping[str, Any],
    ) -> None:
        self._topic, self._address, self._grouped = topic, bootstrap_servers, group is not None
        self._start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        self._assigned: set[int] | None = None
        self._at: dict[int, int] = {}
        self._consumer = Consumer(
            {
                **more,
                "bootstrap.servers": bootstrap_servers,
                "group.id": group or f"unnamed-{uuid.uuid4()}",
                "enable.auto.commit": self._grouped,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest" if from_beginning else "latest",
            },
            logger=CLIENT_LOG,
        )

    def messages(self, stop_at_end: bool) -> Iterator[KafkaMessage]:
        ends = self._ends()
        if self._grouped:
            self._consumer.subscribe([self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke)
        else:
            self._assigned = set(ends)
            self._consumer.assign([TopicPartition(self._topic, p, self._start) for p in ends])
        heard = time.monotonic()
        while not (stop_at_end and self._reached(ends)):
            message = self._consumer.poll(_POLL)
            if message is None:
                if stop_at_end and time.monotonic() - heard > _SILENT_FOR:
                    raise Unreachable(
                        f"the Kafka broker at {self._address} has been silent for {_SILENT_FOR:.0f} s: "
                        f"see whether it runs; {self._topic} was not read to its end."
                    )
                continue
            heard = time.monotonic()
            if self._is_record(message):
                offset, end = _offset(message), ends.get(_partition(message), 0)
                if not stop_at_end or offset < end:
                    yield message
                self._at[_partition(message)] = offset + 1

    def done(self, message: KafkaMessage) -> None:
        if self._grouped:
            self._consumer.store_offsets(message)

    def close(self) -> None:
        self._consumer.close()

    def _is_record(self, message: KafkaMessage) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            self._at[_partition(message)] = _offset(message)
        elif not error.retriable():
            raise ServiceFailed(f"{self._topic} cannot be read: {error.str()}.")
        return False

    def _ends(self) -> dict[int, int]:
        try:
            known = self._consumer.list_topics(timeout=ANSWERS_WITHIN).topics
            if self._topic not in known:
                raise UnusableSetting(
                    f"there is no topic {self._topic} at {self._address}: create it or correct it."
                )
            return {
                p: self._consumer.get_watermark_offsets(
                    TopicPartition(self._topic, p), timeout=ANSWERS_WITHIN
                )[1]
                for p in known[self._topic].partitions
            }
        except KafkaException as error:
            raise broker_error(error, self._address) from None

    def _reached(self, ends: Mapping[int, int]) -> bool:
        return self._assigned is not None and all(
            self._at.get(p, 0) >= ends.get(p, 0) for p in self._assigned
        )

    def _on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned = {p.partition for p in partitions}

    def _on_revoke(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._assigned = None
        self._at.clear()


def _partition(message: KafkaMessage) -> int:
    return message.partition() or 0


def _offset(message: KafkaMessage) -> int:
    return message.offset() or 0


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _typed(message: KafkaMessage, value: R) -> Message[R]:
    kind, millis = message.timestamp()
    headers: Any = message.headers() or ()
    return Message(
        value=value,
        key=_bytes(message.key()),
        topic=message.topic() or "",
        partition=_partition(message),
        offset=_offset(message),
        timestamp=datetime.fromtimestamp(millis / 1000, timezone.utc) if kind else None,
        headers=tuple((name, _bytes(content)) for name, content in headers),
    )


def _poison(message: KafkaMessage, reason: str) -> Poison:
    return Poison(
        reason=reason,
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        topic=message.topic() or "",
        partition=_partition(message),
        offset=_offset(message),
    )
