"""Reads the newest records of the topics that change, from a broker."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator
from typing import Any

from confluent_kafka import Message

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.wire import schema_id_header
from contracts.errors import UnusableSchema
from contracts.folder.model import Contract
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import newest, open_log, partition_of
from contracts.registry.registry import Registry, SchemaRegistry, connect
from contracts.review.consequences import Pair
from contracts.review.records import BothWays, NewestRecords, Place, Record, compare


def newest_records(
    pairs: Iterable[Pair], kafka: Kafka, registry: SchemaRegistry, count: int
) -> dict[str, NewestRecords]:
    """What the last `count` records of each topic say; topics that are new or gone are left out.

    Raises as `contracts.consume`, and writes nothing.
    """
    told: dict[str, NewestRecords] = {}
    with open_log(kafka) as log, contextlib.closing(connect(registry)) as schemas:
        known = log.topics()
        for pair in pairs:
            topic = pair.contract.topic
            if pair.before is None or pair.now is None:
                continue
            if topic not in known:
                told[topic] = NewestRecords(count=0, seen=(), why=f"the broker has no topic {topic}.")
                continue
            both = pair.before, pair.now
            messages = log.read(newest(log.spans(topic), count))
            told[topic] = compare(pair, _both_ways(both, messages, schemas))
    return told


def _both_ways(
    contracts: tuple[Contract, Contract], messages: Iterable[Message], schemas: Registry
) -> Iterator[BothWays]:
    @functools.cache
    def by_id(number: int) -> str | None:
        with contextlib.suppress(UnusableSchema):
            return schemas.schema(number)
        return None

    @functools.cache
    def by_guid(guid: str) -> str | None:
        with contextlib.suppress(UnusableSchema):
            return schemas.schema_by_guid(guid, contracts[1].subject)
        return None

    # Each schema is asked for once, whether the registry has it or not.
    was, is_ = (Decoder(contract.newest.text, by_id, by_guid) for contract in contracts)
    for message in messages:
        place = Place(partition_of(message)[1], message.offset() or 0)
        yield BothWays(place, _decoded(was, message), _decoded(is_, message))


def _decoded(decoder: Decoder, message: Message) -> Record | None:
    value: Any = message.value()
    try:
        return decoder.decode(value, schema_id_header(message.headers()))
    except Undecodable:
        return None
