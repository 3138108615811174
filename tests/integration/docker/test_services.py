from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from embedded import Services

_SCHEMA = {"schema": '{"type": "record", "name": "Reading", "fields": [{"name": "value", "type": "double"}]}'}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services of this module's own, to be killed and restarted, in a path with a space."""
    folder = tmp_path_factory.mktemp("own") / "a folder"
    with Services(data_dir=folder / "data", log_dir=folder / "logs") as services:
        yield services


def test_everything_listens_on_the_loopback_address_only(own: Services) -> None:
    rows = [
        row for pid in own.pids for row in psutil.Process(pid).net_connections() if row.status == "LISTEN"
    ]
    assert len(rows) >= 4
    assert {row.laddr.ip for row in rows} <= {"127.0.0.1", "::ffff:127.0.0.1"}


def test_a_killed_broker_comes_back_with_its_records(own: Services) -> None:
    admin = AdminClient({"bootstrap.servers": own.bootstrap_servers})
    for future in admin.create_topics([NewTopic("kept", 1, 1)]).values():
        future.result(15)
    producer = Producer({"bootstrap.servers": own.bootstrap_servers, "acks": "all"})
    producer.produce("kept", b"before")
    assert producer.flush(15) == 0
    own.kill("broker")
    own.restart("broker")
    consumer = Consumer({"bootstrap.servers": own.bootstrap_servers, "group.id": "kept"})
    try:
        consumer.assign([TopicPartition("kept", 0, 0)])
        message = consumer.poll(20)
    finally:
        consumer.close()
    assert message is not None
    assert message.error() is None
    assert message.value() == b"before"


def test_a_killed_registry_comes_back_with_its_ids(own: Services) -> None:
    subject = f"{own.schema_registry_url}/subjects/kept-value/versions"
    before = requests.post(subject, json=_SCHEMA, timeout=10).json()["id"]
    own.kill("registry")
    own.restart("registry")
    assert requests.get(f"{subject}/1", timeout=10).json()["id"] == before


def test_a_topic_that_nobody_created_does_not_appear(own: Services) -> None:
    producer = Producer({"bootstrap.servers": own.bootstrap_servers, "message.timeout.ms": 3000})
    failures: list[object] = []
    producer.produce("misspelt", b"x", on_delivery=lambda error, message: failures.append(error))
    producer.flush(10)
    assert failures
    assert failures[0] is not None
    assert (
        "misspelt"
        not in AdminClient({"bootstrap.servers": own.bootstrap_servers}).list_topics(timeout=10).topics
    )


def test_the_services_end_with_the_block(tmp_path: Path) -> None:
    with Services(data_dir=tmp_path / "data", log_dir=tmp_path / "logs") as services:
        pids = services.pids
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)
