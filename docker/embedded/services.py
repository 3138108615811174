"""One broker and one registry as a pair: started together, asked until both answer, stopped together."""

from __future__ import annotations

import base64
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType

import psutil
import requests
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from contracts.errors import ServiceFailed, UnusableSetting
from embedded import cache, commands, process
from embedded.java import archived, archiving, wheel_java
from embedded.lock import Artifact, read_lock
from embedded.ports import LOOPBACK, free_ports

START_SECONDS = 60.0
_POLL_SECONDS = 0.1
_ANSWER_SECONDS = 2.0
_ARCHIVE_SECONDS = 90.0
"""How long a service may take to end that leaves its classes behind."""
NAMES = ("registry", "broker")
"""In the order of their start: the slower one first."""


@dataclass
class Services:
    """A real broker and a real registry on loopback ports, for as long as the `with` block lasts.

    `data_dir` keeps their data and `log_dir` their logs; a second start on the same `data_dir` finds topics
    and schema ids again. `ports` may fix "broker" and "registry". With `bound`, both die with this process,
    however it ends. Raises `ServiceFailed` when one does not start.
    """

    data_dir: Path
    log_dir: Path
    ports: Mapping[str, int] = field(default_factory=dict)
    bound: bool = True
    broker_settings: Mapping[str, str] = field(default_factory=dict)
    """Further lines of the broker's `server.properties`, which win over ours."""
    classes_to: Path | None = None
    """A folder in which the services leave the classes that they have loaded when they end."""
    processes: dict[str, psutil.Process] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Settle the ports, which stay the same through restarts."""
        self.data_dir, self.log_dir = self.data_dir.resolve(), self.log_dir.resolve()
        if any(sign in str(self.data_dir) for sign in ",;:\n"):
            raise UnusableSetting(
                f"the path {self.data_dir} holds a comma, colon or semicolon: Java needs one without."
            )
        names = ("broker", "controller", "registry", "management")
        self.ports = {**dict(zip(names, free_ports(len(names)), strict=True)), **self.ports}

    @property
    def bootstrap_servers(self) -> str:
        """`host:port` of the broker."""
        return f"{LOOPBACK}:{self.ports['broker']}"

    @property
    def schema_registry_url(self) -> str:
        """Address of the registry's Confluent API."""
        return commands.registry_url(self.ports["registry"])

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the services that were started."""
        return tuple(service.pid for service in self.processes.values())

    def log_of(self, name: str) -> Path:
        """The log of "broker" or "registry"."""
        return self.log_dir / f"{name}.log"

    def __enter__(self) -> Services:
        """Start both."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both."""
        self.stop()

    def start(self) -> None:
        """Start what does not run, side by side, and wait until both answer."""
        try:
            for name in NAMES:
                self._launch(name)
            self._wait(NAMES)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both, gracefully."""
        process.settle()
        process.stop(self.processes.values(), *([_ARCHIVE_SECONDS] if self.classes_to else []))
        self.processes.clear()

    def kill(self, name: str) -> None:
        """Kill "broker" or "registry" at once, as a crash would."""
        process.kill([self.processes.pop(name)])

    def restart(self, name: str) -> None:
        """Start one again on the same port and data, stopping it before if it still runs."""
        process.stop(service for key, service in self.processes.items() if key == name)
        self._launch(name)
        self._wait((name,))

    def _launch(self, name: str) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.log_dir.mkdir(parents=True, exist_ok=True)
        artifacts = [artifact for artifact in read_lock() if artifact.use == name]
        cache.fetch(artifacts)
        mark = process.Mark(name, self.data_dir).options
        make_command = {"broker": self._broker_command, "registry": self._registry_command}[name]
        command = make_command(artifacts, mark)
        process.spawn(
            command,
            partial(self.processes.__setitem__, name),
            log=self.log_of(name),
            folder=self.data_dir,
            bound=self.bound,
        )

    def _java(self, name: str) -> list[str]:
        archive = archiving(name, self.classes_to) if self.classes_to else archived(name)
        return [str(wheel_java()), *archive]

    def _broker_command(self, artifacts: list[Artifact], mark: list[str]) -> list[str]:
        data, properties = self.data_dir / "broker", self.data_dir / "server.properties"
        jars = [cache.path_of(artifact) for artifact in artifacts]
        text = commands.broker_properties(
            port=self.ports["broker"], controller_port=self.ports["controller"], data=data
        )
        more = "".join(f"{key}={value}\n" for key, value in self.broker_settings.items())
        properties.write_text(text + more, encoding="utf-8")
        if not (data / "meta.properties").is_file():
            # As Kafka writes its ids; a digit first, since one that begins with a dash reads as an option.
            cluster_id = "0" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
            command = commands.format_command(self._java("format"), jars, properties, cluster_id)
            try:
                with self.log_of("broker").open("wb") as log:
                    code = subprocess.call(
                        command, stdout=log, stderr=subprocess.STDOUT, timeout=START_SECONDS
                    )
            except subprocess.TimeoutExpired:
                what = f"did not prepare its data folder within {START_SECONDS:.0f} s"
                raise self._failed("broker", what) from None
            if code:
                raise self._failed("broker", "could not prepare its data folder")
        return commands.broker_command(self._java("broker"), jars, properties, mark)

    def _registry_command(self, artifacts: list[Artifact], mark: list[str]) -> list[str]:
        return commands.registry_command(
            self._java("registry"),
            cache.unpacked(artifacts[0]),
            port=self.ports["registry"],
            management_port=self.ports["management"],
            database=self.data_dir / "registry" / "registry",
            mark=mark,
        )

    def _wait(self, names: tuple[str, ...]) -> None:
        waiting = dict.fromkeys(names)
        answers: dict[str, Callable[[], bool]] = {
            "broker": lambda: broker_answers(self.bootstrap_servers),
            "registry": lambda: registry_answers(self.schema_registry_url),
        }
        deadline = time.monotonic() + START_SECONDS
        while waiting:
            for name in list(waiting):
                if not process.is_alive(self.processes[name]):
                    raise self._failed(name, "ended while starting")
                if answers[name]():
                    waiting.pop(name)
            if waiting and time.monotonic() > deadline:
                raise self._failed(next(iter(waiting)), f"did not answer within {START_SECONDS:.0f} s")
            if waiting:
                time.sleep(_POLL_SECONDS)

    def _failed(self, name: str, what: str) -> ServiceFailed:
        log = self.log_of(name)
        return ServiceFailed(f"the {name} {what} ({process.gist_of(log)}): see {log}, then run it again.")


def broker_answers(bootstrap_servers: str) -> bool:
    """Whether a broker tells its metadata there."""
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": bootstrap_servers,
        "socket.connection.setup.timeout.ms": int(_ANSWER_SECONDS * 1000),
        "log_level": 0,
    }
    try:
        return bool(AdminClient(settings).list_topics(timeout=_ANSWER_SECONDS).brokers)
    except KafkaException:
        return False


def registry_answers(url: str) -> bool:
    """Whether a registry lists its subjects there."""
    with requests.Session() as session:
        session.trust_env = False  # a loopback address is not for a proxy
        try:
            return session.get(f"{url}/subjects", timeout=_ANSWER_SECONDS).ok
        except requests.RequestException:
            return False
