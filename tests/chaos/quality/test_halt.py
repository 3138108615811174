"""Through halts and kills of the broker, each verdict is in the history once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from contracts.errors import Unreachable
from contracts.folder.product import product_named
from contracts.folder.read import load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import open_log
from contracts.registry.registry import connect
from embedded import Services
from quality.history import History
from quality.sources import Sources
from tests.unit.quality.samples import passed
from tests.wreck import Wreck, all_of, make_topics, own_services

TOPIC = "topic-weather-quality"
_VERDICTS = 60


@pytest.fixture
def services(tmp_path: Path, real_part: Callable[[str], None]) -> Iterator[Services]:
    """A broker and a registry of the test's own."""
    with own_services(tmp_path, real_part) as own:
        make_topics(own, {TOPIC: 1})
        yield own


@contextmanager
def history(services: Services) -> Iterator[History]:
    contracts, kafka = load_contracts(), Kafka(services.bootstrap_servers)
    with closing(connect(services.schema_registry_url)) as registry, open_log(kafka) as log:
        registry.register(contracts[TOPIC].subject, contracts[TOPIC].newest.text)
        product = product_named("weather")
        yield History(Sources(product=product, contracts=contracts, registry=registry, kafka=kafka, log=log))


@pytest.mark.timeout(600)
def test_each_verdict_is_there_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine starts a broker slowly, and here one is killed as soon as it runs.
    monkeypatch.setattr("quality.history._WITHIN", 300.0)
    wreck, moments = Wreck(services, TOPIC), random.Random(9)

    def trouble() -> None:
        for _ in range(6):
            time.sleep(moments.uniform(0, 1))
            wreck.halt(moments.uniform(0, 4))
            time.sleep(moments.uniform(0, 1))
            services.kill("broker")
            services.restart("broker")

    thread = Thread(target=trouble)
    with history(services) as past:
        thread.start()
        number = 0
        while thread.is_alive() or number < _VERDICTS:
            past.publish(replace(passed(), id=f"verdict-{number}"))
            number += 1
        thread.join()
        assert {one.id for one in past.read(passed().topic)} == {f"verdict-{n}" for n in range(number)}
    assert len(all_of(services, TOPIC)) == number


def test_a_broker_that_is_halted_when_a_verdict_is_published_is_one_sentence(services: Services) -> None:
    wreck = Wreck(services, TOPIC)
    with history(services) as past:
        with wreck.halted(), pytest.raises(Unreachable, match="no Kafka broker answers"):
            past.publish(passed())
        past.publish(passed())
    assert len(all_of(services, TOPIC)) == 1
