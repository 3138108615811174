"""Kafka's client gives up for ever where its broker forgot what it had acknowledged: the producer goes on."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from contracts.folder.read import HOME, load_contract
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import connect
from embedded import Services
from producer import Context, parse
from producer.backfill import Backfill
from producer.outbox import Outbox
from producer.publish import Publisher
from producer.replay import SOURCE, load_observations
from producer.state import State
from producer.stored import StoredBody
from producer.tail import fingerprint, on_topic
from tests.wreck import Wreck, make_topics, own_services

CONTEXT = Context(
    product="weather", source=SOURCE, replay=True, units="METRIC", received_at=1_700_000_000_000
)
LONG_AGO = 0
SECONDS = 60.0
_numbers = itertools.count()


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory, real_part: Callable[[str], None]
) -> Iterator[Services]:
    """A broker and a registry of these tests' own, which they may kill."""
    folder = tmp_path_factory.mktemp("gives-up")
    with own_services(folder, real_part) as own:
        yield own


@pytest.fixture
def publisher(services: Services) -> Iterator[Publisher]:
    raw, quarantine = (
        dataclasses.replace(load_contract(HOME / name), topic=f"{name}-{next(_numbers)}")
        for name in ("topic-weather", "topic-weather-quarantine")
    )
    make_topics(services, {raw.topic: 3, quarantine.topic: 1})
    with closing(connect(services.schema_registry_url)) as registry:
        for contract in (raw, quarantine):
            registry.register(contract.subject, contract.newest.text)
        yield Publisher(Kafka(services.bootstrap_servers), registry, raw, quarantine)


@contextmanager
def fatal_to(publisher: Publisher, services: Services) -> Iterator[None]:
    """What is sent in the block is under way when the publisher's client gives up."""
    wreck, quarantined = Wreck(services, publisher.quarantined.topic), publisher.quarantined

    def letter() -> None:
        quarantined.out.send(quarantined.serialize(LETTER))

    for _ in range(2):
        wreck.remember()
        letter()
        publisher.close(SECONDS)
    with wreck.halted():
        letter()
        yield
        wreck.kill_and_forget()


LETTER = {
    "reason": "UNPARSABLE_BODY",
    "explanation": "BROKEN_TEXT: no text.",
    "stage": "PRODUCER",
    "source_timestamp": CONTEXT.received_at,
    "value": b"\xff",
}


def test_the_outbox_sends_each_observation_once_and_forgets_it(
    publisher: Publisher, services: Services
) -> None:
    records: list[dict[str, Any]] = [parse(o.body("METRIC"), CONTEXT) for o in load_observations()[:900]]
    with closing(State(None, publisher.topic_ids)) as state:
        outbox = Outbox(publisher, state, "refuse")
        with fatal_to(publisher, services):
            for record in records[:600]:
                outbox.offer(record)
        for record in records[600:]:
            outbox.offer(record)
            outbox.tend()
        outbox.close(SECONDS)
        assert state.count_waiting() == 0
    assert on_topic(publisher.kafka, publisher.raw.topic, LONG_AGO) == {
        fingerprint(publisher.raw.serialize(record)): 1 for record in records
    }


def test_a_backfill_sends_each_body_once(publisher: Publisher, services: Services) -> None:
    bodies = [StoredBody(str(n), one.body("METRIC"), 1) for n, one in enumerate(load_observations()[:6000])]

    def interrupted() -> Iterator[StoredBody]:
        yield from bodies[:2000]
        with fatal_to(publisher, services):
            yield from bodies[2000:4000]
        yield from bodies[4000:]

    with closing(State(None, publisher.topic_ids)) as state:
        done = Backfill(CONTEXT, publisher, state).run(interrupted(), stop=threading.Event())
    publisher.close(SECONDS)
    assert done.read == publisher.raw.sent == publisher.raw.delivered == len(bodies)
    assert publisher.raw.failed == 0
    counts = on_topic(publisher.kafka, publisher.raw.topic, LONG_AGO)
    assert (len(counts), set(counts.values())) == (len(bodies), {1})
