"""What came to a topic is found out, whoever else writes there meanwhile."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import Producer

from contracts.kafka.cluster import Kafka
from producer.tail import fingerprint, on_topic
from tests.conftest import MakeTopic
from tests.wreck import another_writer

LIMIT = 15.0


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
