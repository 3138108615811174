"""Through halts and kills of the broker, at any moment and in a row, each record arrives once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from contracts.folder.read import HOME, load_contract
from contracts.kafka.cluster import Kafka
from contracts.kafka.publishing import Writer
from contracts.registry.registry import connect
from embedded import Services
from producer import Context, RawRecord, parse
from producer.outbox import Outbox
from producer.publish import Publisher
from producer.replay import SOURCE, load_observations
from producer.state import State
from producer.tail import fingerprint, on_topic
from tests.wreck import Wreck, all_of, make_topics, meanwhile, own_services

CONTEXT = Context(
    product="weather", source=SOURCE, replay=True, units="METRIC", received_at=1_700_000_000_000
)
KEPT, FORGETFUL = "kept", "forgetful"
DELIVER_WITHIN = 6.0
_SECONDS = 120.0
_A_LONG_HALT = 40.0


@pytest.fixture
def services(tmp_path: Path, real_part: Callable[[str], None]) -> Iterator[Services]:
    """A broker and a registry of the test's own."""
    with own_services(tmp_path, real_part) as own:
        yield own


@pytest.mark.timeout(1200)
def test_records_under_load_arrive_once_and_those_of_a_key_in_their_order(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    make_topics(services, {KEPT: 3, FORGETFUL: 1})
    wreck, moments = Wreck(services, FORGETFUL), random.Random(16)
    sent: list[tuple[bytes, bytes]] = []

    def load() -> None:
        for _ in range(20):
            sent.append((b"%07d" % len(sent), b"key-%d" % (len(sent) % 7)))
            writer.topics[KEPT].send(*sent[-1])
        writer.topics[FORGETFUL].send(b"forgotten, or not")
        writer.serve()
        time.sleep(0.005)

    happenings: Sequence[Callable[[], None]] = [
        partial(wreck.halt, _A_LONG_HALT),
        *(partial(wreck.halt_kill_and_forget, moments.uniform(0, 3)) for _ in range(6)),
        partial(wreck.halt_kill_and_forget, _A_LONG_HALT),
        *(partial(wreck.halt, moments.uniform(0, 3)) for _ in range(6)),
        wreck.kill_and_forget,
    ]
    with closing(
        Writer(Kafka(services.bootstrap_servers), [KEPT, FORGETFUL], deliver_within=300.0)
    ) as writer:
        for happening in happenings:
            # What the broker remembers of the client, so that it misses what it forgets.
            writer.topics[FORGETFUL].send(b"remembered")
            assert writer.flush(_SECONDS) == 0
            wreck.remember()
            meanwhile(partial(time.sleep, moments.uniform(0.2, 1)), load)
            meanwhile(happening, load)
        assert writer.flush(_SECONDS) == 0
        assert writer.failure() is None
    lost = caplog.text.count("has given up")
    print(f"{len(sent)} records, {lost} clients that gave up;", caplog.text)
    assert lost >= 5
    found = [(one.value() or b"", one.key() or b"") for one in all_of(services, KEPT)]
    assert sorted(found) == sent
    for key in {key for _, key in sent}:
        assert [value for value, of in found if of == key] == [value for value, of in sent if of == key]


def test_halts_about_as_long_as_a_record_may_be_under_way_double_and_lose_nothing(
    services: Services,
) -> None:
    raw, quarantine = (load_contract(HOME / name) for name in ("topic-weather", "topic-weather-quarantine"))
    make_topics(services, {raw.topic: 3, quarantine.topic: 1})
    wreck, kafka = Wreck(services, quarantine.topic), Kafka(services.bootstrap_servers)
    left = [parse(one.body("METRIC"), CONTEXT) for one in load_observations()]
    sent: list[RawRecord] = []

    def poll() -> None:
        for _ in range(5):
            sent.append(left.pop())
            outbox.offer(sent[-1])
        outbox.tend()
        time.sleep(0.05)

    with closing(connect(services.schema_registry_url)) as registry:
        for contract in (raw, quarantine):
            registry.register(contract.subject, contract.newest.text)
        publisher = Publisher(kafka, registry, raw, quarantine, deliver_within=DELIVER_WITHIN)
        with closing(State(None, publisher.topic_ids)) as state:
            outbox = Outbox(publisher, state)
            for seconds in (5.0, 6.0, 6.5, 7.0, 7.5, 8.0, 12.0):
                meanwhile(partial(wreck.halt, seconds), poll)
                meanwhile(partial(time.sleep, 1), poll)
            deadline = time.monotonic() + _SECONDS
            while state.count_waiting():
                assert time.monotonic() < deadline, "not all was sent"
                outbox.tend()
            outbox.close(_SECONDS)
        counts = on_topic(kafka, raw.topic, 0)
        assert counts == Counter(fingerprint(publisher.raw.serialize(record)) for record in sent)
    assert set(counts.values()) == {1}
