"""What a consumer promises while members, the registry, records and its own work misbehave."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen
from uuid import uuid4

import fastavro
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.schema_registry import Schema, SchemaReference, header_schema_id_serializer
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from contracts.avro.wire import SCHEMA_ID_HEADER, frame
from contracts.consume import Poison, consume
from contracts.errors import Unreachable, UnusableSetting
from contracts.registry.registry import connect
from tests.registries import CONFLUENT, registry

if TYPE_CHECKING:
    from tests.conftest import MakeTopic

LIMIT = 40.0
"""Seconds that anything here may take."""
SCHEMA = {"type": "record", "name": "Count", "fields": [{"name": "number", "type": "long"}]}
JSON_SCHEMA = '{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}}'
NEWER = {**SCHEMA, "fields": [*SCHEMA["fields"], {"name": "unit", "type": "string", "default": "1"}]}


@dataclass(frozen=True)
class Count:
    """A record type as `contracts.records` hold them."""

    number: int
    SCHEMA: ClassVar[str] = json.dumps(SCHEMA)

    @classmethod
    def from_dict(cls, value: Any) -> Count:
        return cls(value["number"])


def reading(name: str, bootstrap_servers: str, registry_url: str, **more: Any) -> Any:
    """`consume` for one topic, to be called with what differs."""
    return partial(
        consume, name, Count, bootstrap_servers=bootstrap_servers, registry_url=registry_url, **more
    )


def framed(schema_id: int, schema: Any, value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return frame(schema_id, out.getvalue())


def send(bootstrap_servers: str, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})
    deliver(producer, topic, values, len(producer.list_topics(topic, timeout=LIMIT).topics[topic].partitions))


def deliver(producer: Producer, topic: str, values: list[bytes], partitions: int) -> None:
    lost: list[str] = []
    for number, value in enumerate(values):
        producer.produce(
            topic,
            value,
            partition=number % partitions,
            on_delivery=lambda error, _: lost.append(str(error)) if error else None,
        )
    assert producer.flush(LIMIT) == 0
    assert not lost


@dataclass
class Member:
    """A consumer of a group in a thread of its own; it ends after the record at which it is told to."""

    messages: Any
    seen: list[int] = field(default_factory=list)
    first: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    error: Exception | None = None

    def start(self) -> Member:
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()
        return self

    def leave(self) -> None:
        self.stop.set()
        assert self.thread
        self.thread.join(LIMIT)
        assert not self.thread.is_alive(), f"a member did not end; it saw {len(self.seen)} records"
        assert self.error is None, f"a member failed: {self.error!r}"

    def _work(self) -> None:
        try:
            for message in self.messages:
                self.seen.append(message.value.number)
                self.first.set()
                if self.stop.is_set():
                    break
            self.messages.close()
        except Exception as error:
            self.error = error


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_members_come_and_go_and_no_record_is_lost(
    strategy: str, topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name = topic(partitions=4)
    schema_id = connect(registry_url).register(f"{name}-value", json.dumps(SCHEMA))
    read = reading(
        name,
        bootstrap_servers,
        registry_url,
        group=f"group-{name}",
        kafka={"partition.assignment.strategy": strategy, "auto.commit.interval.ms": 200},
    )
    with fed(bootstrap_servers, name, schema_id) as sent:
        leaver = Member(read()).start()
        assert leaver.first.wait(LIMIT), "the first member was given nothing"
        stayer = Member(read()).start()
        assert stayer.first.wait(LIMIT), "the second member was given nothing"
        leaver.leave()
        stayer.leave()
    last = [message.value.number for message in read(stop_at_end=True)]
    assert set(leaver.seen + stayer.seen + last) == set(range(len(sent)))
    assert committed(bootstrap_servers, f"group-{name}", name, 4) == len(sent)


@contextmanager
def fed(bootstrap_servers: str, topic: str, schema_id: int) -> Iterator[list[int]]:
    """Keeps sending numbers to four partitions, some every hundredth of a second; gives those sent."""
    sent: list[int] = []
    enough = threading.Event()
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})

    def feed() -> None:
        while not enough.wait(0.01):
            numbers = range(len(sent), len(sent) + 20)
            deliver(producer, topic, [framed(schema_id, SCHEMA, {"number": n}) for n in numbers], 4)
            sent.extend(numbers)

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    try:
        yield sent
    finally:
        enough.set()
        thread.join(LIMIT)
    assert not thread.is_alive(), "sending did not end"


def committed(bootstrap_servers: str, group: str, topic: str, partitions: int) -> int:
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": group})
    found = consumer.committed([TopicPartition(topic, p) for p in range(partitions)], timeout=LIMIT)
    consumer.close()
    return sum(row.offset for row in found)


def test_work_that_takes_too_long_loses_the_partition_but_no_record(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = topic()
    schema_id = connect(registry_url).register(f"{name}-value", json.dumps(SCHEMA))
    send(bootstrap_servers, name, [framed(schema_id, SCHEMA, {"number": n}) for n in range(3)])
    read = reading(
        name,
        bootstrap_servers,
        registry_url,
        group=f"group-{name}",
        kafka={"session.timeout.ms": 6000, "max.poll.interval.ms": 6000},
    )
    slow = read()
    assert next(slow).value.number == 0
    wait_until_empty(bootstrap_servers, f"group-{name}")
    other = read(stop_at_end=True)
    assert [message.value.number for message in other] == [0, 1, 2]
    send(bootstrap_servers, name, [framed(schema_id, SCHEMA, {"number": 3})])
    with caplog.at_level(logging.WARNING, "contracts.consume"):
        assert next(slow).value.number == 3
    assert "max.poll.interval.ms" in caplog.text
    slow.close()


def wait_until_empty(bootstrap_servers: str, group: str) -> None:
    admin, deadline = AdminClient({"bootstrap.servers": bootstrap_servers}), time.monotonic() + LIMIT
    while admin.describe_consumer_groups([group])[group].result(LIMIT).members:
        assert time.monotonic() < deadline, f"the member of {group} is not taken for dead"
        time.sleep(0.1)


class Relay(BaseHTTPRequestHandler):
    """Passes GETs on to the real registry, to whoever gives the password."""

    registry = ""
    password = "Basic bWU6c2VjcmV0"

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != self.password:
            status, body = 401, b"{}"
        else:
            try:
                with urlopen(self.registry + self.path, timeout=LIMIT) as answer:
                    status, body = answer.status, answer.read()
            except HTTPError as error:
                status, body = error.code, error.read()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def relay(registry_url: str) -> Iterator[str]:
    split = urlsplit(registry_url)
    handler = type("Handler", (Relay,), {"registry": f"{split.scheme}://{split.netloc}"})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{split.path}"
        finally:
            server.shutdown()


LOGIN = {"basic.auth.user.info": "me:secret", "timeout": 2, "max.retries": 0}


def test_reading_goes_on_without_the_registry_up_to_a_schema_not_met_before(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name, registry = topic(), connect(registry_url)
    old, new = (registry.register(f"{name}-value", json.dumps(schema)) for schema in (SCHEMA, NEWER))
    values = [framed(old, SCHEMA, {"number": n}) for n in range(500)]
    send(bootstrap_servers, name, [*values, framed(new, NEWER, {"number": 500, "unit": "m"})])
    read = reading(name, bootstrap_servers, registry_url, group=f"group-{name}")
    with relay(registry_url) as address:
        messages = read(registry_url=address, registry=LOGIN)
        assert next(messages).value.number == 0
    seen = [0]
    with pytest.raises(Unreachable, match="no schema registry answers"):
        seen.extend(message.value.number for message in messages)
    assert seen == list(range(500))
    with relay(registry_url) as address:
        after = read(registry_url=address, registry=LOGIN, stop_at_end=True)
        assert [message.value.number for message in after] == [500], "it goes on where it had to stop"


def test_security_settings_reach_both_clients(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name = topic()
    schema_id = connect(registry_url).register(f"{name}-value", json.dumps(SCHEMA))
    send(bootstrap_servers, name, [framed(schema_id, SCHEMA, {"number": 7})])
    read = reading(name, bootstrap_servers, registry_url, stop_at_end=True)
    with relay(registry_url) as address:
        (message,) = read(registry_url=address, registry=LOGIN)
        assert message.value == Count(7)
        with pytest.raises(Exception, match="refuses access"):
            list(read(registry_url=address))
    with pytest.raises(Unreachable, match="no Kafka broker answers"):
        list(read(kafka={"security.protocol": "SSL"}, answers_within=3.0))


@pytest.mark.parametrize(
    ("kafka", "sentence"),
    [
        ({"group.id": "mine"}, "group.id: set by the arguments"),
        ({"security.protocol": "SECRET"}, "the Kafka client cannot be set up: .*security.protocol"),
        ({"no.such.property": "1"}, "the Kafka client cannot be set up: .*no.such.property"),
    ],
)
def test_a_property_that_cannot_be_is_refused_in_a_sentence(
    kafka: dict[str, str], sentence: str, registry_url: str, bootstrap_servers: str
) -> None:
    messages = consume(
        "topic-any", Count, bootstrap_servers=bootstrap_servers, registry_url=registry_url, kafka=kafka
    )
    with pytest.raises(UnusableSetting, match=sentence):
        next(messages)


def test_poison_is_skipped_with_a_line_in_the_log_or_handed_over_as_it_came(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = topic()
    schema_id = connect(registry_url).register(f"{name}-value", json.dumps(SCHEMA))
    good = framed(schema_id, SCHEMA, {"number": 1})
    claims = frame(schema_id, b"\xff" * 11)
    send(bootstrap_servers, name, [b"junk", good, claims, frame(2**31 - 1, b"\x02"), good])
    read = reading(name, bootstrap_servers, registry_url, stop_at_end=True)
    with caplog.at_level(logging.WARNING, "contracts.consume"):
        assert [message.offset for message in read(on_poison="skip")] == [1, 4]
    assert [record.getMessage().split(": ")[0] for record in caplog.records] == [
        f"skipped {name}, partition 0, offset {offset}" for offset in (0, 2, 3)
    ]
    handed: list[Poison] = []
    assert [message.offset for message in read(on_poison=handed.append)] == [1, 4]
    assert [poison.value for poison in handed] == [b"junk", claims, frame(2**31 - 1, b"\x02")]
    assert all(poison.timestamp for poison in handed)
    assert "knows no schema" in handed[2].reason


def test_a_poison_that_cannot_be_handed_over_is_given_again(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name = topic()
    send(bootstrap_servers, name, [b"junk"])
    read = reading(name, bootstrap_servers, registry_url, group=f"group-{name}", stop_at_end=True)

    def fail(_poison: Poison) -> None:
        raise RuntimeError("the dead letter topic is away")

    with pytest.raises(RuntimeError, match="away"):
        list(read(on_poison=fail))
    handed: list[Poison] = []
    assert list(read(on_poison=handed.append)) == []
    assert [poison.value for poison in handed] == [b"junk"]


FAR = [53_872_825_000_000_000, 1_700_000_000_000_000_000, 253_402_300_800_000, 2**63 - 1, 0]
"""Milliseconds since 1970: counted in other units, of the year 10000, the last there is, and the first."""


def test_a_record_that_was_stamped_far_away_is_read_and_its_stamp_is_kept(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name = topic()
    take_any_timestamp(bootstrap_servers, name)
    schema_id = connect(registry_url).register(f"{name}-value", json.dumps(SCHEMA))
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})
    for number, stamp in enumerate(FAR):
        good = framed(schema_id, SCHEMA, {"number": number})
        producer.produce(name, good, partition=0, timestamp=stamp or 1)
        producer.produce(name, b"junk", partition=0, timestamp=stamp or 1)
    assert producer.flush(LIMIT) == 0
    handed: list[Poison] = []
    read = reading(name, bootstrap_servers, registry_url, stop_at_end=True)
    messages = list(read(on_poison=handed.append))
    assert [message.value.number for message in messages] == list(range(len(FAR)))
    assert [message.timestamp_ms for message in messages] == [stamp or 1 for stamp in FAR]
    assert [message.timestamp is None for message in messages] == [True, True, True, True, False]
    assert [poison.timestamp_ms for poison in handed] == [stamp or 1 for stamp in FAR]


def take_any_timestamp(bootstrap_servers: str, topic: str) -> None:
    most = str(2**63 - 1)
    entry = ConfigEntry("message.timestamp.after.max.ms", most, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.incremental_alter_configs([resource])[resource].result(LIMIT)


def test_ids_are_read_from_the_header_and_win_over_what_the_value_begins_with(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name = topic()
    schema_id = connect(registry_url).register(f"{name}-value", json.dumps(SCHEMA))
    # A record whose first bytes look like the frame of an id: of the number 0, of another field.
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})
    for number in (0, 7):
        body = framed(schema_id, SCHEMA, {"number": number})[5:]
        producer.produce(name, body, headers={"x": b"y", SCHEMA_ID_HEADER: frame(schema_id, b"")})
    producer.produce(name, framed(schema_id, SCHEMA, {"number": 8}), headers={SCHEMA_ID_HEADER: None})
    producer.produce(name, b"\x02", headers={SCHEMA_ID_HEADER: b"\x01" + bytes(16)})
    assert producer.flush(LIMIT) == 0
    handed: list[Poison] = []
    messages = list(reading(name, bootstrap_servers, registry_url, stop_at_end=True)(on_poison=handed.append))
    assert [message.value.number for message in messages] == [0, 7, 8]
    [poison] = handed
    assert "schema 00000000-0000-0000-0000-000000000000 cannot be found" in poison.reason


def test_records_of_confluent_s_serializer_that_names_a_guid_are_read(
    topic: MakeTopic, bootstrap_servers: str
) -> None:
    name = topic()
    with registry(CONFLUENT) as store:
        client = connect(store.url).client
        conf = {"schema.id.serializer": header_schema_id_serializer}
        serialize = AvroSerializer(client, json.dumps(SCHEMA), conf=conf)
        headers: list[tuple[str, str | bytes | None]] = []
        store.register(f"{name}-value", {"schema": json.dumps(SCHEMA)})
        value = serialize({"number": 7}, SerializationContext(name, MessageField.VALUE, headers))
        assert headers, "the serializer put the GUID into the header"
        producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})
        producer.produce(name, value, headers=headers)
        assert producer.flush(LIMIT) == 0
        [message] = reading(name, bootstrap_servers, store.url, stop_at_end=True)()
        assert message.value == Count(7)
        assert any(asked.startswith("GET /schemas/guids/") for asked in store.asked)


def test_what_else_the_subject_holds_is_poison_with_its_reason_and_stops_nobody(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name, registry = topic(), connect(registry_url)
    other = {"type": "record", "name": "Other", "fields": [{"name": "text", "type": "string"}]}
    part = {"type": "fixed", "name": f"parts.P{uuid4().hex}", "size": 1}
    registry.register(f"{name}-part", json.dumps(part))
    registry.client.set_compatibility(f"{name}-value", "NONE")
    union = registry.register(f"{name}-value", json.dumps([other, SCHEMA]))
    primitive = registry.register(f"{name}-value", '"string"')
    foreign = registry.client.register_schema(f"{name}-json", Schema(JSON_SCHEMA, "JSON"))
    fields = [*SCHEMA["fields"], {"name": "part", "type": part["name"]}]
    reference = SchemaReference(str(part["name"]), f"{name}-part", 1)
    referring = registry.client.register_schema(
        f"{name}-value", Schema(json.dumps({**SCHEMA, "fields": fields}), "AVRO", [reference])
    )
    values = [
        frame(union, b"\x02\x02"),
        frame(union, b"\x00\x02a"),
        frame(primitive, b"\x02a"),
        frame(foreign, b"\x02"),
        frame(referring, b"\x04\x00"),
    ]
    send(bootstrap_servers, name, values)
    handed: list[Poison] = []
    messages = list(reading(name, bootstrap_servers, registry_url, stop_at_end=True)(on_poison=handed.append))
    assert [(message.offset, message.value.number) for message in messages] == [(0, 1), (4, 2)]
    for poison, why in zip(
        handed, ["Other is written", "string is written", "a JSON schema, not Avro"], strict=True
    ):
        assert why in poison.reason


class Choosy(Count):
    """A record type that does not take every number."""

    @classmethod
    def from_dict(cls, value: Any) -> Choosy:
        if value["number"] > 1:
            raise OverflowError("date value out of range")
        return cls(value["number"])


def test_what_the_record_type_does_not_take_is_poison(
    topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name = topic()
    schema_id = connect(registry_url).register(f"{name}-value", json.dumps(SCHEMA))
    send(bootstrap_servers, name, [framed(schema_id, SCHEMA, {"number": n}) for n in (1, 2, 0)])
    handed: list[Poison] = []
    messages = consume(
        name,
        Choosy,
        bootstrap_servers=bootstrap_servers,
        registry_url=registry_url,
        stop_at_end=True,
        on_poison=handed.append,
    )
    assert [message.value.number for message in messages] == [1, 0]
    assert [poison.reason for poison in handed] == [
        "the record is no Choosy (OverflowError: date value out of range)."
    ]
