"""The history of validations: the topic `topic-weather-quality`, and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import fastavro
from confluent_kafka import Message

from contracts.errors import ServiceFailed
from contracts.kafka import Kafka
from contracts.log import Log, Span
from contracts.publishing import Writer
from contracts.wire import HEADER_SIZE, NotFramed, frame, schema_id
from quality.record import from_record, to_record
from quality.results import Validation
from quality.sources import Sources

TOPIC = "topic-weather-quality"

_WITHIN = 30.0
_RECENT = 200


class History:
    """The validations on the history's topic."""

    def __init__(self, sources: Sources, log: Log) -> None:
        """Look that the topic is there and its contract registered; raises `PlatformError` where not."""
        self._sources, self._log = sources, log
        self._contract = sources.contract(TOPIC)
        self._writers = sources.writers(TOPIC)
        self._writer_id = sources.registry.id_of(self._contract)
        log.watermarks(TOPIC)

    def publish(self, validation: Validation) -> None:
        """Write a validation, and wait until the broker has it; raises `PlatformError`."""
        body = io.BytesIO()
        writer = fastavro.parse_schema(self._contract.newest.schema)
        fastavro.schemaless_writer(body, writer, to_record(validation))
        value = frame(self._writer_id, body.getvalue())
        _send(self._sources.kafka, key=validation.window.topic.encode(), value=value)

    def recent(self, topic: str) -> tuple[Validation, ...]:
        """The newest validations of `topic`, oldest first, and enough of them to compare with."""
        # Other topics share the history: where they fill its end, all of it is read.
        return self.read(topic, newest=_RECENT) or self.read(topic)[-_RECENT:]

    def read(self, topic: str, newest: int | None = None) -> tuple[Validation, ...]:
        """Every validation of `topic`, oldest first; raises `PlatformError`.

        With `newest`, only those among as many records at the end of each partition.

        Records that cannot be read by the quality contract are passed over: they are no validations. One
        with the id of an earlier one replaces it.
        """
        writers = {writer: fastavro.parse_schema(json.loads(text)) for writer, text in self._writers.items()}
        reader = fastavro.parse_schema(self._contract.newest.schema)
        records = (
            _decode(message.value() or b"", writers, reader)
            for message in _all(self._log, newest)
            if message.key() == topic.encode()
        )
        found = {record["id"]: from_record(record) for record in records if record is not None}
        return tuple(sorted(found.values(), key=lambda validation: validation.validated_at))


def _send(kafka: Kafka, *, key: bytes, value: bytes) -> None:
    with closing(Writer(kafka, [TOPIC], deliver_within=_WITHIN)) as writer:
        writer.topics[TOPIC].send(value, key)
        left = writer.flush(_WITHIN + 5)
        if failure := writer.failure():
            raise failure
        if left:
            raise ServiceFailed(
                f"the verdict was not accepted on {TOPIC} within {_WITHIN:.0f} s: is the broker well?"
            )


def _all(log: Log, newest: int | None = None) -> Iterator[Message]:
    held = log.watermarks(TOPIC)[TOPIC]
    return log.read(
        {
            (TOPIC, p): Span(max(begin, end - newest) if newest else begin, end)
            for p, (begin, end) in held.items()
        }
    )


def _decode(value: bytes, parsed: Mapping[int, Any], reader: Any) -> dict[str, Any] | None:
    try:
        writer = parsed[schema_id(value)]
        record = fastavro.schemaless_reader(io.BytesIO(value[HEADER_SIZE:]), writer, reader)
    except (NotFramed, KeyError, ValueError, EOFError, IndexError, UnicodeDecodeError):
        return None
    return record if isinstance(record, dict) else None
