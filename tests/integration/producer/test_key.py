"""The API key shows nowhere, whatever goes wrong: all that a process prints, writes and shows is searched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, TopicPartition

from producer.replay import Fault, ReplayServer, load_observations, serve, split_for_polling
from tests.conftest import Addresses

CANARY = "c0ffee0canary0c0ffee"
QUARANTINE = "topic-weather-quarantine"


@pytest.fixture(scope="module")
def environment(services: Addresses, applied: None) -> dict[str, str]:
    return {**os.environ, **services.environment, "OPENWEATHERMAP_API_KEY": CANARY}


class Shown:
    """All that a process let out: its output, its command line as `ps` shows it, and the files it wrote."""

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: Path, stop: bool) -> None:
        command = [sys.executable, "-m", "producer", "-v", *arguments, "--state", str(folder / "state")]
        output = folder / "output"
        with output.open("w") as both:
            child = subprocess.Popen(command, env=environment, stdout=both, stderr=both)
            self.command_line = " ".join(psutil.Process(child.pid).cmdline())
            if stop:
                deadline = time.monotonic() + 60
                while "no observation" not in output.read_text(encoding="utf-8"):
                    assert child.poll() is None, output.read_text()
                    assert time.monotonic() < deadline, "the producer met no failure within 60 s"
                    time.sleep(0.02)
                child.send_signal(signal.SIGTERM)
            self.code = child.wait(60)
        self.output = output.read_text(encoding="utf-8")
        self.files = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Iterator[str]:
    _, last = split_for_polling(load_observations(), 3)
    with serve(ReplayServer(last, key=CANARY, faults=request.param)) as server:
        yield server.url


@pytest.mark.parametrize(
    ("api", "change", "code"),
    [
        ([], {}, 0),
        ([Fault("500", 0, 1)], {}, 3),
        ([Fault("cut", 0, 1)], {}, 3),
        ([Fault("429", 90, 1)], {}, 3),
        ([Fault("garbage", 0, 1)], {}, 0),
        ([], {"OPENWEATHERMAP_URL": "http://127.0.0.1:1"}, 3),
        ([], {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "", "no_proxy": ""}, 3),
        ([], {"OPENWEATHERMAP_URL": "http://127.0.0.1:1/" + CANARY + "?x"}, 2),
        ([], {"OPENWEATHERMAP_API_KEY": CANARY + "x"}, 4),
        ([], {"OPENWEATHERMAP_API_KEY": CANARY + "\n"}, 2),
    ],
    indirect=["api"],
)
def test_the_key_shows_nowhere(
    environment: dict[str, str], api: str, change: dict[str, str], code: int, tmp_path: Path
) -> None:
    arguments = ["poll", "EWR", "JFK", "--once", "--calls-per-minute", "0", "--json"]
    shown = Shown(arguments, {**environment, "OPENWEATHERMAP_URL": api, **change}, tmp_path, stop=False)
    assert shown.code == code, shown.output
    if not {"OPENWEATHERMAP_URL", "HTTP_PROXY"} & change.keys() and code != 2:
        assert "appid=***" in shown.output, "the library's own log of the request should be there, masked"
    assert CANARY not in shown.output
    assert CANARY not in shown.command_line
    assert CANARY.encode() not in shown.files


@pytest.mark.parametrize("api", [[Fault("500", 0, 1)]], indirect=True)
def test_the_key_does_not_show_when_the_producer_is_stopped_amid_a_failure(
    environment: dict[str, str], api: str, tmp_path: Path
) -> None:
    arguments = ["poll", "EWR", "--interval", "0", "--calls-per-minute", "0"]
    shown = Shown(arguments, {**environment, "OPENWEATHERMAP_URL": api}, tmp_path, stop=True)
    assert shown.code == 130, shown.output
    assert CANARY not in shown.output
    assert CANARY.encode() not in shown.files


def test_the_key_is_not_in_what_was_quarantined(services: Any) -> None:
    """Runs after the garbage of the tests above was quarantined."""
    settings = {"bootstrap.servers": services.bootstrap_servers, "group.id": "key-search"}
    seen = 0
    with closing(Consumer(settings)) as consumer:
        partitions = consumer.list_topics(QUARANTINE, timeout=20).topics[QUARANTINE].partitions
        for number in partitions:
            at = TopicPartition(QUARANTINE, number, 0)
            _, end = consumer.get_watermark_offsets(at, timeout=20)
            consumer.assign([at])
            for message in consumer.consume(end, timeout=20) if end else ():
                assert CANARY.encode() not in (message.value() or b"")
                seen += 1
    assert seen
