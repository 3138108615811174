"""The services that `make up` keeps running for a checkout: starts them once, finds and stops them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from contracts.errors import ServiceFailed
from contracts.kafka.settings import SERVICES_FILE
from contracts.process.files import write_whole
from embedded import process
from embedded.exclusive import exclusive
from embedded.pins import read_pins
from embedded.ports import choose, environment_ports
from embedded.services import NAMES, Services, broker_answers, registry_answers

_LOCK_SECONDS = 180.0


@dataclass(frozen=True)
class RunningServices:
    """What `make up` left running."""

    bootstrap_servers: str
    schema_registry_url: str
    processes: dict[str, psutil.Process]
    logs: dict[str, str]

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of broker and registry."""
        return tuple(service.pid for service in self.processes.values())

    def health(self) -> dict[str, bool]:
        """Whether each answers now."""
        return {
            "broker": broker_answers(self.bootstrap_servers),
            "registry": registry_answers(self.schema_registry_url),
        }


def running_services(root: Path) -> RunningServices | None:
    """The services of the checkout at `root`, when `make up` wrote them down and both processes live.

    A process id that meanwhile belongs to another program does not count.
    """
    try:
        written = json.loads((root / SERVICES_FILE).read_text(encoding="utf-8"))
        rows = written["services"]
        processes = {name: process.by_pid(rows[name]["pid"]) for name in NAMES}
        logs = {name: str(rows[name]["log"]) for name in NAMES}
        addresses = str(written["bootstrap_servers"]), str(written["schema_registry_url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    living = {
        name: found
        for name, found in processes.items()
        if found is not None and process.carries(found, _mark(root, name))
    }
    return RunningServices(*addresses, living, logs) if len(living) == len(NAMES) else None


def up(root: Path, tell: Callable[[str], None]) -> RunningServices:
    """Start the services of the checkout at `root` unless they run; they go on when this process ends.

    `tell` takes notes for people. What a run that was killed left behind is stopped first.
    """
    with exclusive(_lock(root), what="`make up` or `make down`", limit=_LOCK_SECONDS):
        found = running_services(root)
        if found and all(found.health().values()):
            return found
        _stop_left_over(root, tell)
        given = environment_ports()
        ports = {}
        for name in NAMES:
            ports[name], note = choose(name, given)
            if note:
                tell(note)
        services = Services(_data(root), root / "build" / "logs", ports, bound=False)
        services.start()
        try:
            _write(root, services)
        except BaseException:
            services.stop()
            raise
        started = running_services(root)
        if started is None:
            raise ServiceFailed(f"the services ended right after their start: see {services.log_dir}.")
        return started


def down(root: Path, tell: Callable[[str], None], *, wipe: bool) -> None:
    """Stop the services of the checkout at `root`, and with `wipe` delete their data."""
    with exclusive(_lock(root), what="`make up` or `make down`", limit=_LOCK_SECONDS):
        _stop_left_over(root, tell)
        if wipe:
            shutil.rmtree(_data(root), ignore_errors=True)
            tell("their data is deleted")


def _stop_left_over(root: Path, tell: Callable[[str], None]) -> None:
    left = [found for name in NAMES for found in process.find(_mark(root, name))]
    for found in left:
        tell(f"stopping {found.name()} (pid {found.pid})")
    process.stop(left)
    (root / SERVICES_FILE).unlink(missing_ok=True)


def _write(root: Path, services: Services) -> None:
    pins = read_pins()
    versions = {"broker": pins["KAFKA_VERSION"], "registry": pins["APICURIO_VERSION"]}
    written: dict[str, Any] = {
        "bootstrap_servers": services.bootstrap_servers,
        "schema_registry_url": services.schema_registry_url,
        "services": {
            name: {
                "pid": services.processes[name].pid,
                "port": services.ports[name],
                "version": versions[name],
                "log": str(services.log_of(name)),
            }
            for name in NAMES
        },
    }
    write_whole(root / SERVICES_FILE, json.dumps(written, indent=2) + "\n")


def _data(root: Path) -> Path:
    return root.resolve() / "build" / "services"


def _lock(root: Path) -> Path:
    return root / "build" / "services.lock"


def _mark(root: Path, name: str) -> process.Mark:
    return process.Mark(name, _data(root))
