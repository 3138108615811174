"""What came to a topic is found out, whoever else writes there meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer

from contracts.kafka import Kafka
from producer.tail import fingerprint, on_topic
from tests.conftest import MakeTopic

LIMIT = 15.0


@contextmanager
def another_writer(kafka: Kafka, topic: str) -> Iterator[None]:
    """Ten records a second."""
    done, producer = threading.Event(), Producer({**kafka.client(), "linger.ms": 0})

    def write() -> None:
        while not done.wait(0.1):
            producer.produce(topic, b"another's")
            producer.poll(0)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join(LIMIT)
        assert producer.flush(LIMIT) == 0


@pytest.mark.timeout(60)
def test_a_topic_to_which_another_keeps_writing_is_read_in_bounded_time(
    topic: MakeTopic, bootstrap_servers: str
) -> None:
    kafka, name = Kafka(bootstrap_servers), topic(partitions=2)
    since, producer = time.time_ns() // 1_000_000, Producer(kafka.client())
    for value in (b"one", b"two", b"two", None):
        producer.produce(name, value, partition=0)
    assert producer.flush(LIMIT) == 0
    with another_writer(kafka, name):
        began = time.monotonic()
        found = on_topic(kafka, name, since)
        assert time.monotonic() - began < 2 * LIMIT
    assert (found[fingerprint(b"one")], found[fingerprint(b"two")]) == (1, 2)


def test_an_empty_topic_holds_nothing(topic: MakeTopic, bootstrap_servers: str) -> None:
    assert not on_topic(Kafka(bootstrap_servers), topic(partitions=3), 0)
