"""Each record is on its topic once, and in its order, also where Kafka's client gives up on the way."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from typing import Any

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from contracts.errors import AccessRefused, Unreachable, UnusableSetting
from contracts.kafka.cluster import Kafka
from contracts.kafka.publishing import Writer
from contracts.kafka.topics import Broker
from embedded import Services
from tests.wreck import QUICK, Wreck, all_of, make_topics, own_services

_SECONDS = 60.0
_SETTINGS = {
    **QUICK,
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory, real_part: Callable[[str], None]
) -> Iterator[Services]:
    """A broker of these tests' own, which they may kill."""
    folder = tmp_path_factory.mktemp("publishing")
    with own_services(folder, real_part, _SETTINGS) as own:
        yield own


class Place:
    """A topic to write to, and one whose disk is going to forget."""

    def __init__(self, services: Services) -> None:
        self.topic, self.forgetful = f"kept-{next(_numbers)}", f"forgetful-{next(_numbers)}"
        make_topics(services, {self.topic: 3, self.forgetful: 1})
        self.services, self.kafka = services, Kafka(services.bootstrap_servers)
        self.wreck = Wreck(services, self.forgetful)

    def writer(self, deliver_within: float = _SECONDS, **more: Any) -> Writer:
        return Writer(self.kafka, [self.topic, self.forgetful], deliver_within=deliver_within, **more)

    @contextmanager
    def fatal_to(self, writer: Writer) -> Iterator[None]:
        """What is sent in the block is under way when the writer's client gives up."""
        for _ in range(2):
            self.wreck.remember()
            writer.topics[self.forgetful].send(b"forgotten")
            assert writer.flush(_SECONDS) == 0
        with self.wreck.halted():
            writer.topics[self.forgetful].send(b"one too many")
            yield
            self.wreck.kill_and_forget()


@pytest.fixture
def place(services: Services) -> Place:
    return Place(services)


def test_where_the_client_gives_up_each_record_arrives_once_and_those_of_a_key_in_their_order(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    told: Counter[object] = Counter()
    sent = [(f"{number:05}".encode(), f"key-{number % 7}".encode()) for number in range(3000)]

    def send(part: slice) -> None:
        for value, key in sent[part]:
            writer.topics[place.topic].send(value, key, lambda error: told.update([error]))

    with closing(place.writer()) as writer:
        send(slice(0, 1000))
        with place.fatal_to(writer):
            send(slice(1000, 2000))
        send(slice(2000, 3000))
        assert writer.flush(_SECONDS) == 0
        assert writer.failure() is None
    assert "has given up" in caplog.text
    assert told == {None: 3000}
    found = [(one.value() or b"", one.key() or b"") for one in all_of(place.services, place.topic)]
    assert sorted(found) == sorted(sent)
    for key in {key for _, key in sent}:
        assert [value for value, of in found if of == key] == [value for value, of in sent if of == key]


def test_records_that_are_equal_in_every_byte_arrive_as_often_as_they_were_handed_over(place: Place) -> None:
    kinds: list[dict[str, Any]] = [
        {"value": b"any partition"},
        {"value": b"any partition", "key": b"k"},
        {"value": b"same", "partition": 0},
        {"value": b"same", "partition": 1},
        {"value": b"same", "partition": 1, "headers": [("h", None), ("h", b""), ("h", b"\xff")]},
        {"value": b"same", "partition": 1, "headers": [("h", b"\xff")]},
        {"value": b"", "partition": 2},
        {"value": None, "partition": 2},
        {"value": None, "key": b"", "partition": 2},
    ]
    with closing(place.writer()) as writer:
        for turn in (place.fatal_to(writer), nullcontext()):
            with turn:
                for _ in range(150):
                    for kind in kinds:
                        writer.topics[place.topic].send(**kind)
        assert writer.flush(_SECONDS) == 0
    found = Counter(
        (message.value(), message.key(), repr(message.headers()), message.partition())
        for message in all_of(place.services, place.topic)
    )
    assert found.total() == 300 * len(kinds)
    for kind in kinds:
        if "partition" in kind:
            headers = repr(kind.get("headers"))
            assert found[kind["value"], kind.get("key"), headers, kind["partition"]] == 300, kind


def test_a_client_that_gives_up_time_and_again_is_replaced_each_time(place: Place) -> None:
    with closing(place.writer()) as writer:
        for number in range(3):
            with place.fatal_to(writer):
                for one in range(500):
                    writer.topics[place.topic].send(f"{number}-{one}".encode())
        assert writer.flush(_SECONDS) == 0
        assert writer.topics[place.topic].acknowledged == 1500
    counts = Counter(message.value() for message in all_of(place.services, place.topic))
    assert counts == {f"{number}-{one}".encode(): 1 for number in range(3) for one in range(500)}


def test_what_must_not_be_sent_again_is_asked_before_and_stays_where_it_is(place: Place) -> None:
    class NotAnyMore(UnusableSetting):
        pass

    def refuse() -> None:
        raise NotAnyMore("another has taken over.")

    with closing(place.writer(before_again=refuse)) as writer:
        with place.fatal_to(writer):
            writer.topics[place.topic].send(b"not again")
        with pytest.raises(NotAnyMore):
            writer.flush(_SECONDS)
        assert writer.under_way
    assert b"one too many" not in {message.value() for message in all_of(place.services, place.forgetful)}


def test_a_lost_client_whose_broker_stays_away_gives_its_records_up_and_the_next_ones_go(
    place: Place,
) -> None:
    told: list[KafkaError | None] = []
    # A client looks for its broker again in its own time, up to ten seconds: a record waits for longer.
    with closing(place.writer(deliver_within=20.0)) as writer:
        with place.fatal_to(writer):
            writer.topics[place.topic].send(b"before", None, told.append, partition=0)
        with _halted_once_the_client_gave_up(place.wreck):
            assert writer.flush(_SECONDS) == 0
        assert writer.topics[place.forgetful].given_up == 1
        assert isinstance(writer.failure(), Unreachable)
        assert writer.failure(refused_only=True) is None
        writer.topics[place.topic].send(b"after", None, told.append, partition=0)
        assert writer.flush(_SECONDS) == 0
    assert told[-1] is None
    before = told[0]
    assert before is None or before.code() == KafkaError._MSG_TIMED_OUT
    found = [message.value() for message in all_of(place.services, place.topic)]
    assert found in ([b"after"], [b"before", b"after"])
    assert before is not None or b"before" in found


def test_a_record_that_is_too_large_and_a_topic_that_is_gone_are_named(place: Place) -> None:
    with closing(place.writer()) as writer:
        writer.topics[place.topic].send(os.urandom(2 << 20))
        assert writer.flush(_SECONDS) == 0
        writer.topics[place.topic].send(b"fits")
        assert writer.flush(_SECONDS) == 0
        assert (writer.topics[place.topic].acknowledged, writer.topics[place.topic].given_up) == (1, 1)
        assert isinstance(writer.failure(refused_only=True), UnusableSetting)
        assert f"2,097,152 bytes is larger than {place.topic} takes" in str(writer.failure())
        with pytest.raises(UnusableSetting, match=r"max\.message\.bytes"):
            writer.topics[place.topic].send(b"x" * (9 << 20))
    # The client looks for so long whether a topic has only just been made.
    soon = {"topic.metadata.propagation.max.ms": 1000}
    with closing(place.writer(properties=soon)) as writer:
        admin = AdminClient(place.kafka.client())
        for deleted in admin.delete_topics([place.topic]).values():
            deleted.result(_SECONDS)
        with pytest.raises(UnusableSetting, match=f"there is no topic {place.topic} "):
            writer.topics[place.topic].send(b"late")
            writer.flush(_SECONDS)
            raise writer.failure() or AssertionError("it was taken")
    assert place.topic not in Broker(place.kafka).topics()


def test_a_topic_that_is_not_for_us_any_more_is_named(place: Place) -> None:
    with closing(place.writer()) as writer:
        topic = writer.topics[place.topic]
        topic.send(b"allowed")
        assert writer.flush(_SECONDS) == 0
        denied = (AclOperation.WRITE, AclPermissionType.DENY)
        whom = (ResourcePatternType.LITERAL, "User:ANONYMOUS", "*")
        rule = AclBinding(ResourceType.TOPIC, place.topic, *whom, *denied)
        admin = AdminClient(place.kafka.client())
        for made in admin.create_acls([rule]).values():
            made.result(_SECONDS)
        deadline = time.monotonic() + _SECONDS
        while not topic.given_up:
            assert time.monotonic() < deadline, "the broker went on taking records"
            topic.send(b"denied")
            assert writer.flush(_SECONDS) == 0
        assert isinstance(writer.failure(refused_only=True), AccessRefused)
        assert "Topic authorization failed" in str(writer.failure())


@contextmanager
def _halted_once_the_client_gave_up(wreck: Wreck) -> Iterator[None]:
    """Halt the broker, until the end of the block, in the moment in which the writer tells of the loss."""
    logger = logging.getLogger("contracts.publishing")
    with ExitStack() as stack:

        class Halt(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                if "has given up" in record.getMessage():
                    stack.enter_context(wreck.halted())

        handler = Halt()
        logger.addHandler(handler)
        stack.callback(logger.removeHandler, handler)
        yield
