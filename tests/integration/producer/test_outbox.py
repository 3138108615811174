"""Each observation is on the topic once, whatever the producer had noted when it was killed."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contracts.folder.read import HOME, load_contract
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import connect
from producer import Context, parse
from producer.backfill import Backfill
from producer.observation import News
from producer.outbox import Outbox
from producer.publish import Publisher
from producer.replay import SOURCE, load_observations
from producer.state import State
from producer.stored import StoredBody
from producer.tail import on_topic

CONTEXT = Context(
    product="weather", source=SOURCE, replay=True, units="METRIC", received_at=1_700_000_000_000
)
LONG_AGO = 0


@pytest.fixture
def publisher(topic: Callable[..., str], bootstrap_servers: str, registry_url: str) -> Iterator[Publisher]:
    raw, quarantine = (
        dataclasses.replace(load_contract(HOME / name), topic=topic(3))
        for name in ("topic-weather", "topic-weather-quarantine")
    )
    with closing(connect(registry_url)) as registry:
        for contract in (raw, quarantine):
            registry.register(contract.subject, contract.newest.text)
        yield Publisher(Kafka(bootstrap_servers), registry, raw, quarantine)


def records(count: int) -> list[dict[str, Any]]:
    return [parse(one.body("METRIC"), CONTEXT) for one in load_observations()[:count]]


def counted(publisher: Publisher) -> Counter[bytes]:
    return on_topic(publisher.kafka, publisher.raw.topic, LONG_AGO)


def test_an_observation_is_sent_once_and_its_correction_is_marked(publisher: Publisher) -> None:
    first, again, corrected = records(1)[0], records(1)[0], {**records(1)[0], "temperature": -1.0}
    with closing(State(None, publisher.topic_ids)) as state:
        outbox = Outbox(publisher, state)
        assert [outbox.offer(one) for one in (first, again, corrected)] == [
            *(News.NEW, News.UNCHANGED, News.CORRECTION)
        ]
        outbox.close(20)
        assert state.count_waiting() == 0
    assert corrected["correction"]
    assert counted(publisher).total() == 2


def test_a_restart_sends_what_is_missing_and_only_that(publisher: Publisher, tmp_path: Path) -> None:
    """As if it was killed: ten records are noted as waiting, of which the broker has six."""
    raw = publisher.raw
    values = [(one["station"].encode(), raw.serialize(one)) for one in records(10)]
    with closing(State(tmp_path / "state.sqlite", publisher.topic_ids)) as state:
        for key, value in values:
            state.hand_over(topic=raw.topic, since=CONTEXT.received_at, key=key, value=value, seen=None)
    for key, value in values[:6]:
        raw.out.send(value, key)
    publisher.close(20)
    with closing(State(tmp_path / "state.sqlite", publisher.topic_ids)) as state:
        outbox = Outbox(publisher, state)
        outbox.close(20)
        assert (outbox.recovered, state.count_waiting()) == (4, 0)
    assert sorted(counted(publisher).values()) == [1] * 10


def test_an_interrupted_backfill_goes_on_where_it_was(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producer.backfill._SAVE_EVERY", 100)
    bodies = [StoredBody(str(n), one.body("METRIC"), 1) for n, one in enumerate(load_observations()[:1000])]
    stop = threading.Event()

    def interrupted_after(count: int) -> Iterator[StoredBody]:
        for number, stored in enumerate(bodies):
            if number == count:
                stop.set()
            yield stored

    file = tmp_path / "state.sqlite"
    with closing(State(file, publisher.topic_ids)) as state:
        Backfill(CONTEXT, publisher, state).run(interrupted_after(555), stop=stop)
    publisher.close(20)
    later = dataclasses.replace(CONTEXT, received_at=CONTEXT.received_at + 60_000)
    with closing(State(file, publisher.topic_ids)) as state:
        done = Backfill(later, publisher, state).run(bodies, stop=threading.Event())
    publisher.close(20)
    assert (done.resumed_after, done.already_there, done.read) == (500, 55, 500)
    assert sorted(counted(publisher).values()) == [1] * 1000


def test_a_backfill_sends_an_observation_once_over_an_interruption_too(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producer.backfill._SAVE_EVERY", 3)
    body = load_observations()[0].body("METRIC")
    bodies = [StoredBody(str(number), body, 1) for number in range(7)]
    with closing(State(None, publisher.topic_ids)) as state:
        first = Backfill(CONTEXT, publisher, state).run(bodies[:4], stop=threading.Event())
        second = Backfill(CONTEXT, publisher, state).run(bodies, stop=threading.Event())
    publisher.close(20)
    assert (first.unchanged, second.resumed_after, second.unchanged) == (3, 3, 4)
    assert counted(publisher).total() == 1
