"""The watch as a process of its own: disjoint windows, incidents told once, outages waited for."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from contracts.folder.product import product_named
from contracts.folder.read import load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import open_log
from contracts.records.topic_weather_quality import Origin
from contracts.registry.registry import SchemaRegistry, connect
from quality.health import ask
from quality.history import History
from quality.sources import Sources
from quality.watch.round import find_task
from quality.window.times import now
from tests.conftest import ROOT
from tests.integration.quality.places import Place
from tests.integration.quality.webhook import Webhook

_WITHIN = 240.0
"""Seconds until a line is waited for: a window starts a Java of its own."""


class Watching:
    """A watch at work, and the lines that it prints."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quality", "watch", "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment},
        )
        self.lines: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def line(self, *, that: str, within: float = _WITHIN) -> dict[str, Any]:
        """The next line that has `that` in it, or says it."""
        seen = []
        with contextlib.suppress(queue.Empty):
            while True:
                seen.append(line := self.lines.get(timeout=within))
                if that in line or that in line["said"]:
                    return line
        self.process.kill()
        _, errors = self.process.communicate(timeout=30)
        pytest.fail(f"no line with {that!r} within {within:.0f} s: {seen}\n{errors}")

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextlib.contextmanager
def watching(place: Place, environment: dict[str, str], *arguments: str) -> Iterator[Watching]:
    # Beside other tests one that stands back would stand still.
    at_work = Watching(["--topic", place.topic, "--nice", "0", *arguments], {**environment, **place.env})
    try:
        yield at_work
    finally:
        if at_work.process.poll() is None:
            for child in psutil.Process(at_work.process.pid).children(recursive=True):
                child.kill()
        at_work.process.kill()
        at_work.process.wait(30)


def test_windows_share_no_record_over_restarts_and_an_incident_is_told_once_with_its_end(
    history_place: Place, services: Any, webhook: Webhook, tmp_path: Path
) -> None:
    place, health = history_place, tmp_path / "watch.json"
    environment = {**services.environment, "QUALITY_ALERT_WEBHOOK": webhook.url}
    arguments = ("--every", "2s", "--health", str(health))
    good = [place.record(observed_at=now() + timedelta(minutes=at), received_at=now()) for at in range(8)]
    with watching(place, environment, *arguments) as first:
        place.send(*good[:5])
        assert first.line(that="verdict")["rows"] == 5
        place.send(good[5], good[5][:20])
        line = first.line(that="verdict")
        assert (line["verdict"], line["rows"], line["unreadable"]) == ("fail", 1, 1)
        assert ask(health)[0]
        first.process.kill()
    with watching(place, environment, *arguments) as second:
        place.send(*good[6:])
        line = second.line(that="verdict")
        assert (line["rows"], line["unreadable"]) == (2, 0)
        assert second.line(that="nothing new")["rows"] == 0
        assert second.end() == 0
    assert [(body["event"], body["kind"]) for body in webhook.bodies] == [
        ("opened", "unreadable"),
        ("recovered", "unreadable"),
    ]
    with _sources(place, services) as sources:
        told = History(sources).read(place.topic)
    assert [(one.origin, one.slices[0].start, one.slices[0].end) for one in told] == [
        (Origin.WATCH, 0, 5),
        (Origin.WATCH, 5, 7),
        (Origin.WATCH, 7, 9),
    ]
    assert [one.incidents[0].told for one in told[1:]] == [True, True]


def test_a_broker_that_is_away_is_waited_for(history_place: Place, services: Any, tmp_path: Path) -> None:
    health = tmp_path / "watch.json"
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"127.0.0.1:{door.getsockname()[1]}"
    environment = {**services.environment, "KAFKA_BOOTSTRAP_SERVERS": address}
    with watching(history_place, environment, "--every", "1s", "--health", str(health)) as at_work:
        assert f"no Kafka broker answers at {address}" in at_work.line(that="error")["said"]
        with forwarding(address, services.bootstrap_servers):
            at_work.line(that="nothing new")
            assert ask(health) == (True, "nothing new")
            assert at_work.end() == 0


def test_a_registry_that_is_away_is_told_of_and_the_watch_goes_on(
    history_place: Place, services: Any, tmp_path: Path
) -> None:
    environment = {**services.environment, "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}
    health = str(tmp_path / "watch.json")
    with watching(history_place, environment, "--every", "1s", "--health", health) as at_work:
        assert "127.0.0.1:1" in at_work.line(that="error")["said"]
        assert at_work.line(that="failures")["failures"] == 2
        assert at_work.end() == 0


def test_a_feed_is_stale_when_nothing_came_for_longer_than_its_contract_allows(
    history_place: Place, services: Any
) -> None:
    with _sources(history_place, services) as sources:
        for hours, stale in ((3, True), (1, False)):
            at = now() - timedelta(hours=hours)
            task = find_task(sources, history_place.topic, begin=at, started=at, most=10)
            assert task.stale is stale


@contextlib.contextmanager
def _sources(place: Place, services: Any) -> Iterator[Sources]:
    at = SchemaRegistry(url=services.schema_registry_url)
    kafka = Kafka(services.bootstrap_servers)
    with contextlib.closing(connect(at)) as registry, open_log(kafka) as log:
        yield Sources(
            product=product_named("weather", place.folder),
            contracts=load_contracts(place.folder),
            registry=registry,
            kafka=kafka,
            log=log,
        )


@contextlib.contextmanager
def forwarding(address: str, to: str) -> Iterator[None]:
    """Carry what comes to `address` on to another, until the block ends."""
    host, port = address.split(":")
    target = (to.split(":", maxsplit=1)[0], int(to.split(":")[1]))
    server = socket.create_server((host, int(port)))

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            end.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.create_connection(target)
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=carry, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        server.close()
