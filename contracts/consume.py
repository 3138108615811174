"""Reads a topic as typed records. Needs confluent-kafka and fastavro, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

from confluent_kafka import Message as KafkaMessage

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.wire import schema_id_header
from contracts.errors import UnusableSetting
from contracts.generate.part import part_of
from contracts.generations.mapping import read_succession
from contracts.kafka.cluster import ANSWERS_WITHIN
from contracts.kafka.notes import note
from contracts.kafka.source import TopicSource, log
from contracts.registry.registry import connect

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Record(Protocol):
    """A class of `contracts.records`."""

    SCHEMA: ClassVar[str]

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Any:
        """Make a record of a decoded dictionary."""


class Successor(Record, Protocol):
    """A class of `contracts.records` of a contract that succeeds another."""

    MAPPING: ClassVar[str]


R = TypeVar("R", bound=Record)
Values: TypeAlias = Mapping[str, Any]
"""A decoded record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivered:
    """What Kafka says of a record."""

    key: bytes | None
    topic: str
    partition: int
    offset: int
    timestamp: datetime | None
    """Kafka's timestamp, UTC; None where it has none, or one outside the years that Python holds."""
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp_ms: int | None = None
    """Kafka's timestamp as it came, in milliseconds since 1970; None where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(_Delivered, Generic[R]):
    """One record of a topic and where it came from."""

    value: R


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison(_Delivered):
    """A record that cannot be decoded, as it came."""

    reason: str
    value: bytes | None


OnPoison: TypeAlias = Literal["raise", "skip"] | Callable[[Poison], None]


def consume(
    topic: str,
    record_type: type[R],
    *,
    bootstrap_servers: str,
    registry_url: str,
    reads: Collection[str] | None = None,
    through: type[Successor] | None = None,
    group: str | None = None,
    from_beginning: bool = True,
    stop_at_end: bool = False,
    limit: int | None = None,
    on_poison: OnPoison = "raise",
    kafka: Mapping[str, Any] | None = None,
    registry: Mapping[str, Any] | None = None,
    starts: Mapping[int, int] | None = None,
    answers_within: float = ANSWERS_WITHIN,
) -> Generator[Message[R], None, None]:
    """Iterate over the records of `topic`, each as a `record_type`, whichever version it was written with.

    With a `group` the work is shared with its other members and goes on where the group stopped; a record
    counts as done when the next is asked for (at least once). Without, every partition is read, and nothing
    is remembered. `stop_at_end` ends where the topic ended at the start, `limit` after so many records.
    Schema ids are read from the value or from Confluent's header `__value_schema_id`, GUIDs too.
    A record that cannot be decoded raises `Undecodable` (`"raise"`), is passed over with a warning in the log
    `contracts.consume` (`"skip"`), or is handed to a function and passed over once that returns.
    `kafka` and `registry` are further properties of the two clients, such as their security settings:
    `contracts.Kafka.client` and `contracts.SchemaRegistry.client` give them. `starts` are offsets by
    partition: without a group, nothing but these partitions is read, each from its offset. The broker has
    `answers_within` seconds for an answer.

    `reads` are the contract's names of the only fields that are decoded, dotted within a field: `station`,
    `conditions.code`. That takes less time; a record that is asked for another field raises `AttributeError`.
    A group leaves the names at the broker, beside its offsets, for `python -m contracts consumers`.

    `through` is the record class of a contract that succeeds another. With it the topic of the older
    generation is read as that class, or, where the mapping is lossless, the newer topic as the older class.

    Each schema is asked for once: with a registry that is down, reading goes on up to the first record of a
    schema that was not met before.

    Raises `UnusableSetting` for a topic or a field that does not exist or a property that a client refuses,
    `Unreachable` where broker or registry do not answer, `AccessRefused` where they do not let us in.
    """
    if limit is not None and limit < 1:
        raise UnusableSetting("a limit must be 1 or more.")
    reads = (reads,) if isinstance(reads, str) else reads
    part = record_type if reads is None else part_of(record_type, frozenset(reads))
    make: Callable[[Values], R] = part.from_dict
    schema, decoded = record_type.SCHEMA, reads
    if through:
        # Each field may be made of another one: all are decoded.
        (schema, change), decoded = _mapped(record_type, through), None
        make = _both(change, part.from_dict)
    schemas = connect(registry_url, registry)
    subject = f"{topic}-value"
    decoder = Decoder(schema, schemas.schema, lambda guid: schemas.schema_by_guid(guid, subject), decoded)
    properties = _with_address(bootstrap_servers, kafka or {})
    source = TopicSource(
        topic,
        properties,
        group,
        from_beginning,
        starts=starts,
        answers_within=answers_within,
        note=note(decoded),
    )
    given = 0
    try:
        for message in source.messages(stop_at_end):
            try:
                record = _value(decoder, make, record_type.__name__, message)
            except Undecodable as error:
                value = _bytes(message.value())
                _settle(Poison(reason=str(error), value=value, **_delivery(message)), on_poison)
                source.done(message)
                continue
            yield Message(value=record, **_delivery(message))
            source.done(message)
            given += 1
            if given == limit:
                return
    finally:
        source.close()
        schemas.close()


def _with_address(bootstrap_servers: str, more: Mapping[str, Any]) -> dict[str, Any]:
    if more.get("bootstrap.servers", bootstrap_servers) != bootstrap_servers:
        raise UnusableSetting("bootstrap.servers: set by the arguments of `consume`, not in `kafka`.")
    return {**more, "bootstrap.servers": bootstrap_servers}


def _settle(poison: Poison, policy: OnPoison) -> None:
    if callable(policy):
        policy(poison)
        return
    text = f"{poison.topic}, partition {poison.partition}, offset {poison.offset}: {poison.reason}"
    if policy == "raise":
        raise Undecodable(text) from None
    log.warning("skipped %s", text)


def _mapped(record_type: type[R], through: type[Successor]) -> tuple[str, Callable[[Values], Values]]:
    """The schema to decode by, and what makes the values of a `record_type` of what is decoded."""
    mapping = read_succession(through.MAPPING)
    if record_type is through:
        return json.dumps(mapping.schema), mapping.up
    mapping.refuse_loss()
    return through.SCHEMA, mapping.down


def _both(first: Callable[[Values], Values], then: Callable[[Values], R]) -> Callable[[Values], R]:
    return lambda values: then(first(values))


def _value(decoder: Decoder, make: Callable[[Values], R], name: str, message: KafkaMessage) -> R:
    header = _bytes(schema_id_header(message.headers()))
    decoded = decoder.decode(_bytes(message.value()), header)
    try:
        return make(decoded)
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise Undecodable(f"the record is no {name} ({type(error).__name__}: {error}).") from None


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _delivery(message: KafkaMessage) -> dict[str, Any]:
    """The fields of `_Delivered`."""
    kind, millis = message.timestamp()
    try:
        timestamp = _EPOCH + timedelta(milliseconds=millis) if kind else None
    except OverflowError:  # whoever sent it counted in other units
        timestamp = None
    headers: Any = message.headers() or ()
    return {
        "key": _bytes(message.key()),
        "topic": message.topic() or "",
        "partition": message.partition() or 0,
        "offset": message.offset() or 0,
        "timestamp": timestamp,
        "headers": tuple((name, _bytes(content)) for name, content in headers),
        "timestamp_ms": millis if kind else None,
    }
