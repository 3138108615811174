"""Killed at any moment, the producer loses nothing that it reported, and sends nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from contracts import Decoder, connect, load_contracts
from embedded import Services
from producer.replay import ReplayServer, load_observations, serve, split_for_polling
from producer.tail import fingerprint

KEY = "c0ffee"
KILLS = 20
STATIONS = ("14734", "94789", "14732")
RAW = "topic-weather"

Environment = dict[str, str]


@pytest.fixture
def services(tmp_path: Path, real_part: Callable[[str], None]) -> Iterator[Services]:
    """A broker of the test's own, which it may restart."""
    with Services(data_dir=tmp_path / "data", log_dir=tmp_path / "logs") as own:
        real_part(f"embedded broker and registry of {tmp_path.name}, pids {own.pids}")
        yield own


@pytest.fixture
def environment(services: Services) -> Environment:
    found = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": services.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": services.schema_registry_url,
        "OPENWEATHERMAP_API_KEY": KEY,
    }
    command = [sys.executable, "-m", "contracts", "apply"]
    done = subprocess.run(command, env=found, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return found


def on_topic(services: Services) -> list[tuple[bytes, dict[str, Any]]]:
    """Every record of the raw topic: its fingerprint and its decoded value."""
    settings: dict[str, Any] = {
        "bootstrap.servers": services.bootstrap_servers,
        "group.id": "reader",
        "enable.partition.eof": True,
    }
    found: list[tuple[bytes, dict[str, Any]]] = []
    with (
        closing(connect(services.schema_registry_url)) as registry,
        closing(Consumer(settings)) as consumer,
    ):
        decoder = Decoder(load_contracts()[RAW].newest.text, registry.schema)
        partitions = consumer.list_topics(RAW, timeout=20).topics[RAW].partitions
        consumer.assign([TopicPartition(RAW, number, 0) for number in partitions])
        ended: set[int | None] = set()
        deadline = time.monotonic() + 60
        while len(ended) < len(partitions):
            assert time.monotonic() < deadline, "the topic could not be read within 60 s"
            message = consumer.poll(1)
            if message is None:
                continue
            error, value = message.error(), message.value() or b""
            if error is None:
                found.append((fingerprint(value), decoder.decode(value)))
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
    return found


def observations(records: list[tuple[bytes, dict[str, Any]]]) -> Counter[tuple[Any, ...]]:
    return Counter((value["station"], value["observed_at"], value["correction"]) for _, value in records)


def reported(log: Path) -> set[str]:
    """Fingerprints whose delivery a killed process had told; its last line may be cut."""
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    events = [json.loads(line) for line in lines if line.startswith("{")]
    return {event["value"] for event in events if event["event"] == "delivered"}


def test_poll_killed_twenty_times_loses_and_doubles_nothing(
    services: Services, environment: Environment, tmp_path: Path
) -> None:
    moments = random.Random(6)
    told: set[str] = set()
    command = [sys.executable, "-m", "producer", "-v", "poll", *STATIONS, "--interval", "0"]
    command += ["--calls-per-minute", "0", "--state", str(tmp_path / "state"), "--json"]
    with serve(ReplayServer(load_observations(), key=KEY)) as server:
        environment["OPENWEATHERMAP_URL"] = server.url
        for number in range(KILLS):
            log = tmp_path / f"{number}.log"
            with log.open("w") as stderr:
                child = subprocess.Popen(command, env=environment, stderr=stderr, stdout=subprocess.DEVNULL)
                restart = threading.Thread(target=services.restart, args=("broker",))
                _wait_for(partial(_says, log, '"delivered"'), child, log)
                if number % 5 == 2:
                    restart.start()
                time.sleep(moments.uniform(0, 0.5))
                child.send_signal(signal.SIGKILL)
                child.wait(10)
                if restart.ident is not None:
                    restart.join(60)
            told |= reported(log)
        command[command.index("--interval") : command.index("--interval")] = ["--once"]
        last = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert last.returncode == 0, last.stderr
    records = on_topic(services)
    assert told <= {mark.hex() for mark, _ in records}
    assert len(told) >= KILLS
    assert set(observations(records).values()) == {1}


def test_backfill_killed_time_and_again_sends_every_body_once(
    services: Services, environment: Environment, tmp_path: Path
) -> None:
    moments = random.Random(7)
    bodies = tmp_path / "bodies.jsonl.gz"
    arguments = ["replay", "export", str(bodies)]
    subprocess.run([sys.executable, "-m", "producer", *arguments], env=environment, check=True, timeout=60)
    command = [sys.executable, "-m", "producer", "backfill", str(bodies), "--units", "metric", "--json"]
    command += ["--source", "NYCFLIGHTS13", "--replay", "--state", str(tmp_path / "state")]
    kills = 0
    for number in range(KILLS):
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        restart = threading.Thread(target=services.restart, args=("broker",))
        if number % 7 == 3:
            restart.start()
        try:
            child.wait(moments.uniform(0.8, 2.5))
            break
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.communicate(timeout=10)
            kills += 1
        finally:
            if restart.ident is not None:
                restart.join(60)
    last = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert last.returncode == 0, last.stderr
    counts = observations(on_topic(services))
    assert kills >= 1
    if child.returncode == 0:  # it was done before the last kill, so the last run began anew
        assert set(counts.values()) == {2}
    else:
        assert (len(counts), set(counts.values())) == (26_115, {1})


@pytest.mark.parametrize("choice", ["spool", "refuse"])
def test_a_long_outage_is_spooled_or_refused_and_nothing_is_lost_or_doubled(
    services: Services, environment: Environment, tmp_path: Path, choice: str
) -> None:
    log = tmp_path / "log"
    command = [
        sys.executable,
        "-m",
        "producer",
        "-v",
        "poll",
        *STATIONS,
        "--interval",
        "0.3",
        "--outage",
        "1",
    ]
    command += [
        "--calls-per-minute",
        "0",
        "--state",
        str(tmp_path / "state"),
        "--on-outage",
        choice,
        "--json",
    ]
    _, few = split_for_polling(load_observations(), 40)
    with serve(ReplayServer(few, key=KEY)) as server, log.open("w") as stderr:
        environment["OPENWEATHERMAP_URL"] = server.url
        child = subprocess.Popen(command, env=environment, stderr=stderr, stdout=subprocess.PIPE)
        _wait_for(partial(_says, log, '"delivered"'), child, log)
        services.kill("broker")
        if choice == "refuse":
            assert child.wait(30) == 3
            assert "the broker has been away for too long" in log.read_text()
            services.restart("broker")
            again = subprocess.run(
                [*command, "--once"], env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            assert again.returncode == 0, again.stderr
            assert json.loads(again.stdout)["recovered"] > 0
        else:
            _wait_for(partial(_says, log, '"not delivered', 6), child, log)
            services.restart("broker")
            _wait_for(partial(_says, log, '"sent what was waiting"'), child, log)
            child.send_signal(signal.SIGTERM)
            output, _ = child.communicate(timeout=30)
            summary = json.loads(output)
            assert (child.returncode, summary["sent"]) == (130, summary["delivered"])
    counts = observations(on_topic(services))
    assert set(counts.values()) == {1}
    # Nothing is missing in between: what a station has is its first hours, without a gap.
    for station in {station for station, _, _ in counts}:
        code = {"id:14734": "EWR", "id:94789": "JFK", "id:14732": "LGA"}[station]
        hours = sorted(one.time for one in few if one.station.code == code)
        sent = sorted(time.timestamp() for name, time, _ in counts if name == station)
        assert sent == hours[: len(sent)]


def _says(log: Path, word: str, times: int = 1) -> bool:
    return log.read_text().count(word) >= times


def _wait_for(happened: Callable[[], bool], child: subprocess.Popen[Any], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert child.poll() is None, f"the producer ended: {log.read_text()[-2000:]}"
        assert time.monotonic() < deadline, f"it did not happen within 60 s: {log.read_text()[-2000:]}"
        time.sleep(0.02)
