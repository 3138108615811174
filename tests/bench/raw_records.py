"""Raw records to measure with: the replay's observations of 2013 as of now, as many as are asked for."""

from __future__ import annotations

import io
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import fastavro
from confluent_kafka import Producer

from contracts.avro.wire import frame
from contracts.errors import ServiceFailed
from contracts.folder.model import JsonSchema
from contracts.folder.read import load_contracts
from contracts.kafka.cluster import Kafka
from producer import Context, parse
from producer.replay import SOURCE, load_observations

RAW = load_contracts()["topic-weather"]

TIMES = ("observed_at", "received_at", "sunrise_at", "sunset_at")

_STRONGEST_WIND = 100
"""m/s. One observation of 2013 has more, and would go to quarantine."""

_MARK = 1_234_567_890_123
"""Stands in an encoded record for its time, which is put there later: no two records have the same."""

Record = tuple[bytes, bytes]
"""Key and value."""
Flaws = Mapping[int, Mapping[str, Any]]
"""Number among each thousand observations to what it has in the place of its own values."""


def framed(
    count: int, ids: Sequence[int], newest: int | None = None, flaws: Flaws = MappingProxyType({})
) -> Iterator[Record]:
    """`count` records in the wire format, of one station at one time only once, a millisecond older each.

    Their writers take turns: the first id is that of the contract's newest version, the next that of
    `evolved(1)` and so on. The first record is of the time `newest`, in milliseconds, else of now.
    """
    schema: Any = fastavro.parse_schema(RAW.newest.schema)

    def encode(record: dict[str, Any]) -> bytes:
        body = io.BytesIO()
        fastavro.schemaless_writer(body, schema, record)
        return body.getvalue()

    # A field that was added is null, which is one zero byte at the end.
    turns = itertools.cycle([(frame(schema_id, b""), bytes(number)) for number, schema_id in enumerate(ids)])
    for (key, body), (header, added) in zip(
        _timed(count, encode, varint, newest, flaws), turns, strict=False
    ):
        yield key, header + body + added


def as_json(
    count: int, unit: int = 1000, newest: int | None = None, flaws: Flaws = MappingProxyType({})
) -> Iterator[Record]:
    """The same records as a pipeline without contracts sends them: JSON without nulls, times in seconds, or
    in another `unit` of so many milliseconds."""

    def encode(record: dict[str, Any]) -> bytes:
        held = {name: value for name, value in record.items() if value is not None}
        times = {name: held[name] // unit for name in TIMES if name in held}
        return json.dumps({**held, **times}, separators=(",", ":")).encode()

    return _timed(count, encode, lambda number: str(number // unit).encode(), newest, flaws)


def evolved(number: int) -> JsonSchema:
    """The raw contract's newest schema with so many more fields, as a later writer has it."""
    added = [
        {"name": f"added_{n}", "type": ["null", "double"], "default": None, "doc": "Added.", "unit": "1"}
        for n in range(number)
    ]
    return {**RAW.newest.schema, "fields": [*RAW.newest.schema["fields"], *added]}


def fill(kafka: Kafka, topic: str, partitions: int, records: Iterator[Record]) -> None:
    """Put `records` onto the partitions of `topic` in turn; raises `ServiceFailed` unless all arrive."""
    failed: list[object] = []
    producer = Producer({**kafka.client(), "linger.ms": 50, "compression.type": "lz4"})

    def delivered(error: object, _: object) -> None:
        if error:
            failed.append(error)

    for number, (key, value) in enumerate(records):
        while True:
            try:
                producer.produce(topic, value, key, number % partitions, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1000 == 0:
            producer.poll(0)
    if producer.flush(60) or failed:
        raise ServiceFailed(f"not all records reached {topic}: {failed[:1]}; look into the broker's log.")


def _timed(
    count: int,
    encode: Callable[[dict[str, Any]], bytes],
    time_as: Callable[[int], bytes],
    newest: int | None,
    flaws: Flaws,
) -> Iterator[Record]:
    """Encode the replay's observations once, and give each of `count` records a time of its own."""
    context = Context(product="weather", source=SOURCE, replay=True, units="METRIC", received_at=0)
    now, mark = newest or round(time.time() * 1000), time_as(_MARK)
    known: list[tuple[bytes, bytes, bytes]] = []
    for number, one in enumerate(itertools.islice(load_observations(), count)):
        record = {**parse(one.body("METRIC"), context), **flaws.get(number % 1000, {})}
        if (record["wind_speed"] or 0) > _STRONGEST_WIND:
            continue
        before, _, after = encode({**record, "observed_at": _MARK, "received_at": now}).partition(mark)
        known.append((record["station"].encode(), before, after))
    for age, (key, before, after) in enumerate(itertools.islice(itertools.cycle(known), count)):
        yield key, before + time_as(now - age) + after


def varint(number: int) -> bytes:
    """A number of at least zero as Avro writes it."""
    left, out = number << 1, bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)
    return bytes(out)
