"""What records on the stream's topics say: which raw record they came from, and which schema they name."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from confluent_kafka import Message

from contracts.avro.timestamps import KAFKA_SINCE_MS
from contracts.avro.wire import NotFramed, schema_id_header, schema_id_or_guid
from contracts.kafka.cluster import Kafka
from contracts.kafka.coordinates import Coordinates, source_of
from contracts.kafka.log import Partition, Span, open_log, partition_of

_LOOKED_AT = 500
"""Records at the beginning of a partition that are looked at for a time that can be."""
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


def remembers_since(kafka: Kafka, topics: Collection[str]) -> int:
    """The time, in ms since 1970, since which `topics` hold all that they were given; 0 for always."""
    now, oldest = time.time_ns() // 1_000_000, dict[Partition, int]()
    with open_log(kafka) as log:
        forgetful = {
            at: Span(begin, min(begin + _LOOKED_AT, end))
            for at, (begin, end) in log.spans(*topics).items()
            if begin > 0
        }
        for message in log.read(forgetful):
            # One that a producer stamped with a time which cannot be is as old as the next one, or older.
            if KAFKA_SINCE_MS <= (stamp := message.timestamp()[1]) <= now:
                oldest.setdefault(partition_of(message), stamp)
    # A partition that was emptied knows of nothing before now.
    return max((oldest.get(partition, now) for partition in forgetful), default=0)


def schemas_named(
    kafka: Kafka, topic: str, begins: Mapping[int, int], ends: Mapping[int, int]
) -> set[int | str]:
    """The schema ids and GUIDs that records of `topic` name between these offsets, by partition."""
    spans = {(topic, p): Span(begins.get(p, 0), end) for p, end in ends.items()}
    found: set[int | str] = set()
    with open_log(kafka) as log:
        for message in log.read(spans):
            with suppress(NotFramed):
                found.add(_schema_of(message))
    return found


def _schema_of(message: Message) -> int | str:
    """The id or the GUID of the schema that a record names; raises `NotFramed`."""
    header = schema_id_header(message.headers())
    named, _ = schema_id_or_guid(bytes(message.value() or b"") if header is None else bytes(header))
    return str(named) if isinstance(named, UUID) else named
