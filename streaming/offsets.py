"""What records on the stream's topics say: which raw record they came from, and which schema they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from confluent_kafka import Message

from contracts.kafka import Kafka
from contracts.log import Span, open_log
from contracts.wire import NotFramed, schema_id
from streaming.encode import OFFSET_HEADER, PARTITION_HEADER

Coordinates = tuple[int, int]
"""Partition and offset of a raw record."""

_QUIET_FOR = 1.0
"""Seconds without a record at the ends of the output topics: what a dead stream had sent has arrived."""


def sources_since(
    kafka: Kafka, topics: Collection[str], time_ms: int, *, settled: bool = True
) -> dict[str, set[Coordinates]]:
    """Topic to the raw records that the records came from that it was given at `time_ms` or later.

    Where it is not `settled` yet, waits until no more come: what a dead stream had sent may still arrive.
    Records without the stream's headers, such as dead letters of a producer, are passed over.
    """
    found: dict[str, set[Coordinates]] = {topic: set() for topic in topics}
    with open_log(kafka) as log:
        spans = log.since(topics, time_ms)
        ours = log.read(spans, quiet=0.0 if settled else _QUIET_FOR, matters=lambda one: bool(source_of(one)))
        for message in ours:
            if coordinates := source_of(message):
                found[message.topic() or ""].add(coordinates)
    return found


def header_values(kafka: Kafka, topics: Collection[str], name: str, time_ms: int) -> set[bytes]:
    """Every value of a header of this `name` that records have which `topics` were given since `time_ms`."""
    found: set[bytes] = set()
    with open_log(kafka) as log:
        for message in log.read(log.since(topics, time_ms)):
            headers: Any = message.headers() or ()
            found.update(value for key, value in headers if key == name and isinstance(value, bytes))
    return found


def schema_ids(kafka: Kafka, topic: str, begins: Mapping[int, int], ends: Mapping[int, int]) -> set[int]:
    """The schema ids that records of `topic` name between these offsets, by partition."""
    spans = {(topic, p): Span(begins.get(p, 0), end) for p, end in ends.items()}
    found: set[int] = set()
    with open_log(kafka) as log:
        for message in log.read(spans):
            with suppress(NotFramed):
                found.add(schema_id(bytes(message.value() or b"")))
    return found


def source_of(message: Message) -> Coordinates | None:
    """The raw record that a published one names; None where it names none."""
    headers: Mapping[str, object] = dict(message.headers() or ())
    partition, offset = headers.get(PARTITION_HEADER), headers.get(OFFSET_HEADER)
    with suppress(ValueError):
        if isinstance(partition, bytes) and isinstance(offset, bytes):
            return int(partition), int(offset)
    return None
