"""Counts read back from the broker itself, never from who sent the records."""

from __future__ import annotations

from collections import Counter

from confluent_kafka import Message

from contracts.avro.wire import NotFramed, schema_id
from contracts.kafka.log import Log, ends_of


def end_offsets(log: Log, topic: str) -> dict[int, int]:
    """The next offset of each partition of `topic`; raises what `Log.watermarks` raises, as all here."""
    return ends_of(log.watermarks(topic)[topic])


def count(log: Log, topic: str) -> int:
    """How many records `topic` has been given."""
    return sum(end_offsets(log, topic).values())


def writer_versions(log: Log, topic: str) -> dict[str, int]:
    """Read all of `topic` and count its records by the schema id in their header."""
    return dict(sorted(Counter(map(_writer, log.read(log.spans(topic)))).items()))


def _writer(message: Message) -> str:
    value = message.value()
    try:
        return str(schema_id(value if isinstance(value, bytes) else b""))
    except NotFramed:
        return "not framed"
