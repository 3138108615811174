"""The compose stack under test: started by pytest-docker, asked, crashed, and looked at from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from pytest_docker.plugin import DockerComposeExecutor, Services, get_docker_services

from containers import engine
from containers.stack import Service, service_of
from contracts.errors import PlatformError
from contracts.folder.read import load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import watermarks
from contracts.registry.registry import connect
from tests.streams import FINAL, QUARANTINE, RAW, Place, sources

QUALITY = "topic-weather-quality"
TRENDS = "topic-weather-trends"
_WELL_WITHIN = 300.0
_CAUGHT_UP_WITHIN = 180.0
_LOOK_EVERY = 0.5


@dataclass
class Stack:
    """The stack of one project, with its addresses on this machine."""

    project: str
    command: str
    files: list[str]
    services: Services
    seconds: dict[str, float] = field(default_factory=dict)

    def compose(self, words: str, *more_files: Path) -> bytes:
        """Run Docker Compose on the stack; gives its output."""
        files = [*self.files, *map(str, more_files)]
        told: bytes = DockerComposeExecutor(self.command, files, self.project).execute(words)
        return told

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine tells of each service's container."""
        rows = engine.containers(f"com.docker.compose.project={self.project}")
        return {row["Config"]["Labels"]["com.docker.compose.service"]: row for row in rows}

    def states(self) -> dict[str, Service]:
        """Each service as it is now."""
        return {name: service_of(row) for name, row in self.containers().items()}

    def wait_until_well(self) -> float:
        """Wait until each service is healthy, or done where it is a one-shot; gives the seconds it took."""
        began = time.monotonic()
        while True:
            states = {name: one.state for name, one in self.states().items()}
            if set(states.values()) <= {"healthy", "done"}:
                return time.monotonic() - began
            late = time.monotonic() - began > _WELL_WITHIN
            assert not late, f"not well within {_WELL_WITHIN:.0f} s: {states}\n{self.logs()}"
            time.sleep(_LOOK_EVERY)

    def logs(self) -> str:
        """The last lines of every service, for a failure's message."""
        return self.compose("logs --no-color --tail 40").decode(errors="replace")

    def crash(self, name: str) -> None:
        """Kill a service's process as a crash does: from outside, so that its restart policy acts.

        Where the engine's processes are not this machine's own, Docker kills and starts it instead.
        """
        row = self.containers()[name]
        try:
            os.kill(row["State"]["Pid"], signal.SIGKILL)
        except (PermissionError, ProcessLookupError):
            subprocess.run(["docker", "kill", row["Id"]], check=True, capture_output=True)
            subprocess.run(["docker", "start", row["Id"]], check=True, capture_output=True)
        deadline = time.monotonic() + _WELL_WITHIN
        while self.containers()[name]["State"]["StartedAt"] == row["State"]["StartedAt"]:
            assert time.monotonic() < deadline, f"{name} was not started again\n{self.logs()}"
            time.sleep(_LOOK_EVERY)

    @property
    def bootstrap_servers(self) -> str:
        """`host:port` of the broker."""
        return f"127.0.0.1:{self.services.port_for('broker', 9092)}"

    def place(self) -> Place:
        """The platform's own topics, for the checker of lost and doubled records."""
        url = f"http://127.0.0.1:{self.services.port_for('registry', 8080)}/apis/ccompat/v7"
        registry, contracts = connect(url), load_contracts()
        ids = [registry.versions(contracts[topic].subject)[0].id for topic in (RAW, FINAL)]
        registry.close()
        return Place(self.bootstrap_servers, url, RAW, FINAL, QUARANTINE, *ids)

    def wait_until(self, holds: Callable[[dict[str, int]], bool], what: str) -> dict[str, int]:
        """Wait until the counts of records by topic are as wanted; gives them."""
        kafka, deadline = Kafka(self.bootstrap_servers), time.monotonic() + _CAUGHT_UP_WITHIN
        counts: dict[str, int] = {}
        while True:
            try:
                counts = {topic: count(kafka, topic) for topic in (RAW, FINAL, QUARANTINE, QUALITY)}
            except (KafkaException, PlatformError):  # the broker is on its way back
                counts = {}
            if counts and holds(counts):
                return counts
            assert time.monotonic() < deadline, f"{what}, and there is {counts}\n{self.logs()}"
            time.sleep(_LOOK_EVERY)


def count(kafka: Kafka, topic: str) -> int:
    """How many records a topic has been given."""
    return sum(end for _, end in watermarks(kafka, topic).values())


def all_published(counts: dict[str, int]) -> bool:
    """Whether the outputs hold as many records as the raw topic."""
    return counts[RAW] == counts[FINAL] + counts[QUARANTINE]


def each_once(place: Place) -> None:
    """Assert that each raw record there is now comes to be published or put aside, and that once.

    The producer goes on meanwhile; a failure names the first few coordinates.
    """
    sent = {(message.partition() or 0, message.offset() or 0) for message in place.read(place.raw)}
    deadline = time.monotonic() + _CAUGHT_UP_WITHIN
    while True:
        published = Counter(sources(place.read(place.final) + place.read(place.quarantine)))
        lost = sorted(sent - set(published))
        if not lost or time.monotonic() > deadline:
            break
        time.sleep(_LOOK_EVERY)
    doubled = sorted(at for at, times in published.items() if times > 1)
    assert not lost, f"{len(lost)} lost, such as {lost[:5]}"
    assert not doubled, f"{len(doubled)} doubled, such as {doubled[:5]}"


@contextmanager
def stack(command: str, file: str, project: str) -> Iterator[Stack]:
    """Start the whole stack from images that are there; nothing of it is left behind."""
    began = time.monotonic()
    with get_docker_services(command, [file], project, [], ["down -v --remove-orphans"]) as services:
        running = Stack(project, command, [file], services)
        running.compose("up --no-build -d")
        running.wait_until_well()
        running.seconds["start"] = time.monotonic() - began
        yield running
