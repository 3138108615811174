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
from embedded import Services, running_services
from pipeline.facts import Facts, summary
from pipeline.memory import PeakMemory
from pipeline.parts import Part, stopping
from pipeline.topics import Topics

RAW, FINAL, QUARANTINE = "topic-weather", "topic-weather-final", "topic-weather-quarantine"

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
    pids: tuple[int, ...] = ()

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
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(PeakMemory())
        with watch.stage("start", "broker, registry and contracts"):
            place = stack.enter_context(_place(root))
            memory.include(place.pids)
            applying = Part("contracts", ["contracts", "apply", "--json"], place.environment, logs)
            applying.finish(_APPLY_WITHIN)
        topics = stack.enter_context(contextlib.closing(Topics(place.bootstrap_servers)))
        stack.enter_context(stopping(parts))
        # The stream's start overlaps with the production, as it would on any day.
        streaming = ["streaming", "run", "--json", "--checkpoint", str(_checkpoint(build, place, topics))]
        stream = Part("streaming", streaming, place.environment, logs)
        parts.append(stream)
        with watch.stage("produce", "weather produced"):
            producer = Part("producer", _producing(), place.environment, logs)
            parts.append(producer)
            produced = producer.finish(_PRODUCE_WITHIN)
        with watch.stage("stream", "stream caught up"):
            _catch_up(stream, topics)
            stream.stop()
        with watch.stage("validate", "published records validated, report written"):
            validating = ["quality", "validate", "--json", "--report", str(build / "quality")]
            quality = Part("quality", validating, place.environment, logs)
            parts.append(quality)
            judged = quality.finish(_VALIDATE_WITHIN, _VERDICT_EXITS)
        counted = {topic: topics.count(topic) for topic in (RAW, FINAL, QUARANTINE)}
        writers = topics.writer_versions(RAW)
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


@contextlib.contextmanager
def _place(root: Path) -> Iterator[Place]:
    """Services named by the environment, else those that `make up` left running, else embedded ones."""
    given = {name: os.environ.get(name, "") for name in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")}
    if all(given.values()):
        yield Place(
            bootstrap_servers=given["KAFKA_BOOTSTRAP_SERVERS"],
            schema_registry_url=given["SCHEMA_REGISTRY_URL"],
            services="environment",
        )
        return
    if found := running_services(root):
        yield Place(
            bootstrap_servers=found.bootstrap_servers,
            schema_registry_url=found.schema_registry_url,
            services="running",
            pids=found.pids,
        )
        return
    scratch = root / "build" / "pipeline"
    shutil.rmtree(scratch, ignore_errors=True)
    with Services(data_dir=scratch / "services", log_dir=root / "build" / "logs") as own:
        yield Place(
            bootstrap_servers=own.bootstrap_servers,
            schema_registry_url=own.schema_registry_url,
            services="embedded",
            pids=own.pids,
        )


def _checkpoint(build: Path, place: Place, topics: Topics) -> Path:
    """A checkpoint holds offsets of one cluster, so it lives and dies with that cluster."""
    if place.services == "embedded":
        return build / "pipeline" / "checkpoint"
    return build / "checkpoints" / topics.cluster_id()


def _producing() -> list[str]:
    if os.environ.get("OPENWEATHERMAP_API_KEY"):
        return ["producer", "poll", "--once", "--json"]
    return ["producer", "replay", "run", "--json"]


def _catch_up(stream: Part, topics: Topics) -> None:
    """Wait until the stream has committed all that is on the raw topic."""
    goal = topics.end_offsets(RAW)
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
