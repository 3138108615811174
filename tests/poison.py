"""Values that no reader may trip over, each with the reason for which it is put aside."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import fastavro
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.folder.read import load_contracts
from contracts.kafka.source import place_of
from contracts.registry.registry import connect
from streaming.record.plan import LARGEST_VALUE
from tests.streams import QUARANTINE, Place, raw_values

UNKNOWN_ID = 4_000_000_000
_ROOM = 4 << 20
RawValue = Callable[..., bytes]
Poison = list[tuple[str, bytes | None]]


def poison(raw_value: RawValue, foreign_id: int) -> Poison:
    """Reason code and value; `raw_value` encodes a raw record, `foreign_id` is another subject's."""
    good = raw_value(station="JFK")
    return [
        ("NULL_VALUE", None),
        ("SHORT_VALUE", b""),
        ("SHORT_VALUE", b"\0\0\0\0"),
        ("WRONG_MAGIC", b"\1" + good[1:]),
        ("UNKNOWN_SCHEMA", frame(UNKNOWN_ID, good[HEADER_SIZE:])),
        ("FOREIGN_SUBJECT", frame(foreign_id, good[HEADER_SIZE:])),
        ("OVERSIZE", good + bytes(LARGEST_VALUE)),
        ("UNDECODABLE", good[:5]),
        ("UNDECODABLE", good[:-1]),
        ("UNDECODABLE", good[:5] + b"\xff" * 200),
        # A length below zero, and one that claims more than there is: of the first text, the station's.
        ("UNDECODABLE", good.replace(b"\x06JFK", b"\x05JFK")),
        ("UNDECODABLE", good.replace(b"\x06JFK", b"\xfe\xff\xff\xff\x0fJFK")),
        *(("UNDECODABLE", bomb) for bomb in _bombs(good, raw_value)),
        ("UNDECODABLE", good.replace(b"JFK", b"J\xff\xfe")),
        ("UNDECODABLE", raw_value(observed_at=1 << 62)),
        # The years 1 to 9999 are what readers in Python hold.
        ("UNREADABLE", raw_value(observed_at=253_402_300_800_000)),
        ("UNREADABLE", raw_value(received_at=-62_135_596_800_001)),
        ("TRAILING_BYTES", good + b"\0"),
        ("TRAILING_BYTES", good + good),
        *(("RULE_BROKEN", raw_value(station=station)) for station in ("", " ", "\t\r\n")),
    ]


def _bombs(good: bytes, raw_value: RawValue) -> list[bytes]:
    """A few bytes that claim an array of two thousand million conditions, in either of Avro's notations."""
    one = raw_value(station="JFK", conditions=[{"id": 800, "main": "Clear", "description": "clear sky"}])
    at = next(i for i, (a, b) in enumerate(zip(good, one, strict=False)) if a != b)
    claimed = b"\xfe\xff\xff\xff\x0f"
    return [good[:at] + claimed, good[:at] + b"\xff\xff\xff\xff\x0f" + claimed]


@dataclass(frozen=True)
class Sent:
    """A poisonous record as it was sent."""

    reason: str
    value: bytes | None
    key: bytes
    headers: list[tuple[str, str | bytes | None]]
    timestamp: int
    at: list[tuple[int, int]] = field(default_factory=list)
    """Where the broker put it."""

    def arrived(self, _: object, message: Message) -> None:
        """Hear from the broker."""
        self.at.append(place_of(message))


def accept_large_records(place: Place) -> None:
    """Let the topics of `place` take records over the stream's own limit, and keep those of years ago."""
    alter_topics(
        place.bootstrap_servers,
        [place.raw, place.quarantine],
        {"max.message.bytes": str(_ROOM), "retention.ms": "-1"},
    )


def alter_topics(bootstrap_servers: str, topics: Sequence[str], wanted: Mapping[str, str]) -> None:
    """Give some `topics` of a broker other settings."""
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in wanted.items()
    ]
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    changed = admin.incremental_alter_configs(
        [ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries) for topic in topics]
    )
    for answer in changed.values():
        answer.result(timeout=30)


def send_poison(place: Place) -> list[Sent]:
    """Send every poison with a key and headers of its own, and good records between; all is there then."""
    producer = Producer({"bootstrap.servers": place.bootstrap_servers, "message.max.bytes": _ROOM})
    sent = []
    for number, (reason, value) in enumerate(poison(_raw_value(place), _foreign_id(place))):
        headers: list[tuple[str, str | bytes | None]] = (
            [("n", b"\xff%d" % number), ("n", b""), ("none", None)] if number % 3 else []
        )
        one = Sent(reason, value, b"\0key-%d" % number, headers, 1_700_000_000_000 + number)
        producer.produce(
            place.raw, value, one.key, headers=headers, timestamp=one.timestamp, on_delivery=one.arrived
        )
        producer.produce(place.raw, raw_values(1, place.raw_id)[0], key=b"good")
        sent.append(one)
    assert producer.flush(30) == 0
    return sent


def check_put_aside(place: Place, sent: Sequence[Sent]) -> None:
    """Compare the dead letters of `place`, all of them, with what was `sent`."""
    found = dict(map(_letter, place.read(place.quarantine)))
    for one in sent:
        [at] = one.at
        assert at in found, (one.reason, place.lost_and_doubled(), sorted(found))
        key, letter = found.pop(at)
        assert (letter["reason"], letter["value"]) == (one.reason, one.value), letter["explanation"]
        assert key == letter["key"] == one.key
        assert [(h["key"], h["value"]) for h in letter["headers"]] == one.headers
        assert (letter["source_topic"], letter["source_partition"], letter["source_offset"]) == (
            place.raw,
            *at,
        )
        assert letter["source_timestamp"].timestamp() * 1000 == one.timestamp
        assert letter["explanation"].endswith(".")
        assert bool(letter["rules"]) == (one.reason == "RULE_BROKEN")
    assert not found


def _foreign_id(place: Place) -> int:
    """The id of a schema that another subject has."""
    schema = {"type": "record", "name": f"Other{uuid4().hex}", "fields": [{"name": "n", "type": "int"}]}
    registry = connect(place.registry_url)
    schema_id = registry.register(f"{place.raw}-elsewhere-value", json.dumps(schema))
    registry.close()
    return schema_id


def _raw_value(place: Place) -> RawValue:
    return lambda **fields: raw_values(1, place.raw_id, None, **fields)[0]


def _letter(message: Message) -> tuple[tuple[int, int], tuple[bytes, dict[str, Any]]]:
    value, key = bytes(message.value() or b""), bytes(message.key() or b"")
    schema = fastavro.parse_schema(load_contracts()[QUARANTINE].newest.schema)
    letter: Any = fastavro.schemaless_reader(io.BytesIO(value[HEADER_SIZE:]), schema, None)
    return (letter["source_partition"], letter["source_offset"]), (key, letter)
