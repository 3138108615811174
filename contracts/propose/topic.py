"""Reads samples from a topic: the newest of its records, as JSON or in the wire format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.json_form import to_json
from contracts.avro.wire import GUID_MAGIC, MAGIC, NotFramed, schema_id_header, schema_id_or_guid
from contracts.errors import UnusableSchema, UnusableSetting
from contracts.folder.model import JsonSchema
from contracts.kafka.log import newest, open_log, partition_of
from contracts.kafka.settings import Addresses
from contracts.propose.samples import Sample, parsed
from contracts.registry.registry import Registry, connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """What the newest records of a topic say."""

    samples: list[Sample]
    schema: JsonSchema | None
    """The schema that the last of them was written with; None where they are JSON."""
    unreadable: int
    """How many of them are neither."""


def newest_on(topic: str, most: int, where: Addresses) -> Newest:
    """The newest `most` records of a topic, as evenly from all partitions as they have them.

    Raises `UnusableSetting` for a topic that does not exist, or has none that can be read, and what broker
    and registry raise.
    """
    samples: list[Sample] = []
    schemas = _Schemas(connect(where.registry), topic)
    unreadable: list[str] = []
    with open_log(where.kafka) as log:
        for message in log.read(newest(log.spans(topic), most)):
            value: Any = message.value()
            if value is None:
                continue
            place = f"{topic} at {partition_of(message)[1]}:{message.offset()}"
            try:
                record = schemas.record(value, schema_id_header(message.headers()), place)
                samples.append(Sample(place, record))
            except (Undecodable, UnusableSetting, NotFramed) as error:
                unreadable.append(str(error))
    if not samples:
        why = f": {unreadable[0]}" if unreadable else "."
        raise UnusableSetting(f"{topic} has no record to learn from{why}")
    return Newest(samples=samples, schema=schemas.last, unreadable=len(unreadable))


class _Schemas:
    """Reads values by the schemas that they name."""

    def __init__(self, registry: Registry, topic: str) -> None:
        self._registry, self._subject = registry, f"{topic}-value"
        self._known: dict[int | UUID, tuple[JsonSchema, Decoder]] = {}
        self.last: JsonSchema | None = None

    def record(self, value: bytes, header: bytes | None, place: str) -> dict[str, Any]:
        if header is None and value[:1] not in (bytes([MAGIC]), bytes([GUID_MAGIC])):
            found = parsed(value.decode("utf-8", "replace"), place)
            if not isinstance(found, dict):
                raise UnusableSetting(f"{place} is no JSON object.")
            return found
        schema, decoder = self._of(schema_id_or_guid(value if header is None else header)[0])
        record = decoder.decode(value, header)
        self.last = schema
        written: Mapping[str, Any] = to_json(record)
        return dict(written)

    def _of(self, number: int | UUID) -> tuple[JsonSchema, Decoder]:
        if number not in self._known:
            by_guid = isinstance(number, UUID)
            text = (
                self._registry.schema_by_guid(str(number), self._subject)
                if by_guid
                else self._registry.schema(int(number))
            )
            if text is None:
                raise Undecodable(f"the registry knows no schema {number}.")
            schema = json.loads(text)
            if not isinstance(schema, dict):
                raise UnusableSchema(f"schema {number} is a union: take one of its records for the contract.")
            self._known[number] = schema, Decoder(text, lambda _: text, lambda _: text)
        return self._known[number]
