"""The walk itself: services, contracts, producer, stream, quality, summary, in the order of the data."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from contracts.errors import ServiceFailed
from contracts.kafka import Kafka
from contracts.log import Log, open_log
from contracts.settings import addresses
from embedded import Services, running_services
from pipeline.facts import Facts, summary
from pipeline.memory import PeakMemory
from pipeline.parts import Part, stopping
from pipeline.topics import count, end_offsets, writer_versions

RAW, FINAL, QUARANTINE = "topic-weather", "topic-weather-final", "topic-weather-quarantine"

_WAIT = "120"
"""Seconds that the stream waits for the services, which start beside it."""
_APPLY_WITHIN = 60.0
_PRODUCE_WITHIN = 300.0
_STREAM_IDLE_WITHIN = 120.0
_VALIDATE_WITHIN = 300.0
_LOOK_EVERY = 0.2
_VERDICT_EXITS = frozenset({0, 1})
"""Quality answers 1 for a failed verdict, which is a finding, not a breakdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run happens: addresses, who gave them, and whose pids count as memory."""

    bootstrap_servers: str
    schema_registry_url: str
    services: str
    checkpoint: Path
    own: Services | None = None
    """The services that this run starts and stops itself."""
    pids: tuple[int, ...] = ()

    @property
    def kafka(self) -> Kafka:
        """The broker, as the environment says that it lets us in."""
        return _kafka(self.bootstrap_servers, self.schema_registry_url)

    @property
    def environment(self) -> dict[str, str]:
        """The addresses as the parts take them."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": self.schema_registry_url,
        }


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, in the order in which the stages ended; each is told as it ends."""

    screen: Console
    began: float
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str, doing: str) -> Iterator[None]:
        """Time one stage, with a spinner while it lasts."""
        began = time.monotonic()
        with self.screen.status(f"{doing} …"):
            yield
        self.seconds[name] = round(time.monotonic() - began, 1)
        self.screen.print(f"[green]✓[/] {doing} [dim]{self.seconds[name]:.1f} s[/]")


def run(root: Path, *, setup_seconds: float, screen: Console) -> int:
    """Run the pipeline in the checkout at `root`; writes `build/pipeline.json`, returns the exit code.

    `setup_seconds` is what `make setup` took before. Raises `PlatformError` with the failing part's own
    sentence and exit code; whatever was started is stopped in every case.
    """
    watch = Stopwatch(screen, time.monotonic() - setup_seconds, {"setup": round(setup_seconds, 1)})
    build = root / "build"
    logs = build / "logs"
    parts: list[Part] = []
    place = _place(root)
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(PeakMemory())
        memory.include(place.pids)
        if place.own:
            stack.callback(place.own.stop)
        stack.enter_context(stopping(parts))

        def part(name: str, *arguments: str) -> Part:
            parts.append(Part(name, [name, *arguments], place.environment, root, logs))
            return parts[-1]

        with watch.stage("start", "broker, registry and contracts"):
            # Spark starts while the services do: a run spends most of its time starting.
            # It is over before the optimising compiler's work pays: without it, a run is 10 s shorter.
            stream = part(
                "streaming",
                "run",
                "--quick-start",
                "--json",
                *("--wait", _WAIT),
                *("--checkpoint", str(place.checkpoint)),
            )
            if place.own:
                place.own.start()
            part("contracts", "apply", "--json").finish(_APPLY_WITHIN)
        log = stack.enter_context(open_log(place.kafka))
        with watch.stage("produce", "weather produced"):
            produced = part("producer", *_producing()).finish(_PRODUCE_WITHIN)
        with watch.stage("stream", "stream caught up"):
            _catch_up(stream, log)
            stream.stop()
        with watch.stage("validate", "published records validated, report written"):
            quality = part("quality", "validate", "--json", "--report", str(build / "quality"))
            judged = quality.finish(_VALIDATE_WITHIN, _VERDICT_EXITS)
            if "verdict" not in judged:
                raise quality.failure()
        counted = {topic: count(log, topic) for topic in (RAW, FINAL, QUARANTINE)}
        writers = writer_versions(log, RAW)
    watch.seconds["total"] = round(time.monotonic() - watch.began, 1)
    facts = Facts(
        raw=counted[RAW],
        final=counted[FINAL],
        quarantined=counted[QUARANTINE],
        writer_versions=writers,
        source=str(produced["source"]),
        replay=bool(produced["replay"]),
        verdict=str(judged["verdict"]),
        report=_shown(Path(judged["report"]), root),
        seconds=watch.seconds,
        peak_memory_mib=memory.mib,
        bootstrap_servers=place.bootstrap_servers,
        schema_registry_url=place.schema_registry_url,
        services=place.services,
    )
    facts.write(build / "pipeline.json")
    screen.print(summary(facts))
    return 1 if facts.verdict == "fail" else 0


def _place(root: Path) -> Place:
    """Services named by the environment, else those that `make up` left running, else our own."""
    build = root / "build"
    given = {name: os.environ.get(name, "") for name in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")}
    if all(given.values()):
        servers, url = given.values()
        return Place(
            bootstrap_servers=servers,
            schema_registry_url=url,
            services="environment",
            checkpoint=_checkpoint(build, servers, url),
        )
    if found := running_services(root):
        return Place(
            bootstrap_servers=found.bootstrap_servers,
            schema_registry_url=found.schema_registry_url,
            services="running",
            checkpoint=_checkpoint(build, found.bootstrap_servers, found.schema_registry_url),
            pids=found.pids,
        )
    scratch = build / "pipeline"
    shutil.rmtree(scratch, ignore_errors=True)
    own = Services(data_dir=scratch / "services", log_dir=build / "logs")
    return Place(
        bootstrap_servers=own.bootstrap_servers,
        schema_registry_url=own.schema_registry_url,
        services="embedded",
        checkpoint=scratch / "checkpoint",
        own=own,
    )


def _checkpoint(build: Path, bootstrap_servers: str, schema_registry_url: str) -> Path:
    """A checkpoint holds offsets of one cluster, so it is kept under that cluster's identity."""
    with open_log(_kafka(bootstrap_servers, schema_registry_url)) as log:
        return build / "checkpoints" / log.cluster_id()


def _kafka(bootstrap_servers: str, schema_registry_url: str) -> Kafka:
    """The broker at this address, with the environment's settings of how it lets us in."""
    given = {"kafka_bootstrap_servers": bootstrap_servers, "schema_registry_url": schema_registry_url}
    return addresses(given=given).kafka


def _producing() -> list[str]:
    if os.environ.get("OPENWEATHERMAP_API_KEY"):
        return ["poll", "--once", "--json"]
    return ["replay", "run", "--json"]


def _catch_up(stream: Part, log: Log) -> None:
    """Wait until the stream has committed all that is on the raw topic."""
    goal = end_offsets(log, RAW)
    seen: dict[int, int] = {}
    deadline = time.monotonic() + _STREAM_IDLE_WITHIN
    while any(seen.get(partition, 0) < offset for partition, offset in goal.items()):
        if not stream.running():
            raise ServiceFailed(f"the stream ended before it had caught up: see {stream.log}.")
        if time.monotonic() > deadline:
            where = f"{sum(seen.values())} of {sum(goal.values())}"
            raise ServiceFailed(f"the stream stands still at {where} records: see {stream.log}.")
        newest = {int(p): int(o) for p, o in stream.newest.get("end_offsets", {}).items()}
        if newest != seen:
            seen, deadline = newest, time.monotonic() + _STREAM_IDLE_WITHIN
        time.sleep(_LOOK_EVERY)


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
