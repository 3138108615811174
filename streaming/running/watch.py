"""What the supervisor waits for, and who tells it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
    StreamingQueryProgress,
)

from contracts.errors import CheckpointMismatch, PlatformError
from contracts.registry.registry import Registry
from streaming.engine.progress import Progress, read
from streaming.job import Job
from streaming.record.plan import Plan
from streaming.recovery.resume import check_still_same
from streaming.running.learn import learn, registered

_LOOK_AT_REGISTRY_EVERY = 0.5
_LOOK_AT_TOPICS_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Stop:
    """Someone asks the stream to end."""


@dataclass(frozen=True, slots=True)
class Widen:
    """The registry holds versions that a plan did not know when this one was learned."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Ended:
    """A query has ended, by itself or not."""

    query_run: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """The stream must not go on, although its query does."""

    why: PlatformError


Event = Stop | Widen | Ended | Progress | Unfit
"""All that the supervisor waits for."""


class Listener(StreamingQueryListener):
    """Puts what Spark tells of its queries into `events`: what is `read` of each batch, and each end."""

    def __init__(
        self, events: queue.SimpleQueue[Any], read: Callable[[StreamingQueryProgress], object] = read
    ) -> None:
        """Listen for `events`."""
        self.events, self.read = events, read

    def onQueryStarted(self, event: QueryStartedEvent) -> None:  # noqa: D102, N802 - Spark's name
        pass

    def onQueryProgress(self, event: QueryProgressEvent) -> None:  # noqa: D102, N802
        self.events.put(self.read(event.progress))

    def onQueryIdle(self, event: QueryIdleEvent) -> None:  # noqa: D102, N802
        pass

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:  # noqa: D102, N802
        self.events.put(Ended(str(event.runId)))


class Watcher:
    """Asks the registry now and then, and puts a `Widen` into `events` when it holds other versions.

    Less often it asks the broker whether the topics are still the same ones: the query would read on in one
    that was made again, behind the records that it has not seen.
    A registry that does not answer leaves the running plan as it is: known versions flow on.
    """

    def __init__(self, job: Job, plan: Plan, registry: Registry, events: queue.SimpleQueue[Event]) -> None:
        """Watch `registry` for what `plan` does not know."""
        self.job, self.registry, self.events = job, registry, events
        self.plan = plan
        self.seen: Hashable = None
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="registry-watcher", daemon=True)

    def __enter__(self) -> Watcher:
        """Begin."""
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.done.set()

    def _watch(self) -> None:
        look_at_topics = time.monotonic() + _LOOK_AT_TOPICS_EVERY
        while not self.done.wait(_LOOK_AT_REGISTRY_EVERY):
            with suppress(PlatformError):
                self._look_at_registry()
            if time.monotonic() > look_at_topics:
                look_at_topics = time.monotonic() + _LOOK_AT_TOPICS_EVERY
                with suppress(PlatformError):
                    self._look_at_topics()

    def _look_at_registry(self) -> None:
        now = registered(self.job, self.registry)
        if now == self.seen:
            return
        newer = learn(self.job, self.registry, self.done, self.plan)
        self.seen = now
        if newer.replaces(self.plan):
            self.events.put(Widen(newer))
            self.plan = newer

    def _look_at_topics(self) -> None:
        try:
            check_still_same(self.job)
        except CheckpointMismatch as another:
            self.events.put(Unfit(another))
