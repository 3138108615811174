"""Keeps the query running: starts it, reports its batches, widens its plan, and stops it between batches."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)
from pyspark.sql.streaming.query import StreamingQuery

from contracts.errors import PlatformError, ServiceFailed
from contracts.registry import Registry, connect
from streaming.failures import translate
from streaming.job import Job
from streaming.learn import learn
from streaming.plan import Plan, project
from streaming.progress import Progress, counted, read
from streaming.source import read_stream
from streaming.spark import session

_LOOK_AT_REGISTRY_EVERY = 2.0
_LOOK_AT_QUERY_EVERY = 1.0
_BATCH_ENDS_WITHIN = 60.0
_IDLE_CHECK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Stop:
    """Someone asks the stream to end."""


@dataclass(frozen=True, slots=True)
class Widen:
    """The registry holds versions that the running plan does not know."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Ended:
    """The query has ended, by itself or not."""

    query_run: str


Event = Stop | Widen | Ended | Progress
"""All that the supervisor waits for."""


class Stream:
    """One stream, as a context: Spark and the plan are there inside it, and gone behind it."""

    def __init__(self, job: Job) -> None:
        """Prepare to run `job`; nothing is started yet."""
        self.job = job
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._registry = connect(job.registry_url)
        self._gave_up = threading.Event()

    def __enter__(self) -> Stream:
        """Start Spark and make the plan, both at once where the job allows to wait for the services."""
        try:
            with ThreadPoolExecutor(1, "learn") as pool:
                learning = pool.submit(learn, self.job, self._registry, self._gave_up)
                try:
                    if not self.job.wait:
                        learning.result()
                    self._spark = session()
                    self._plan = learning.result()
                finally:
                    self._gave_up.set()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of Spark and of the registry."""
        if spark := SparkSession.getActiveSession():
            # Its Java process may be gone: then nothing is left to stop.
            with contextlib.suppress(Py4JError, OSError):
                spark.stop()
        self._registry.close()

    def stop(self) -> None:
        """Ask a running stream to end between two batches; to be called from anywhere, signals included."""
        self._events.put(Stop())

    def run(self, report: Callable[[Progress], None]) -> None:
        """Run until `stop`, or until all is done with `job.available_now`; `report` is told of each batch.

        Raises a `PlatformError` when the stream cannot go on.
        """
        plan: Plan | None = self._plan
        self._spark.streams.addListener(_Listener(self._events))
        try:
            with _Watcher(self.job, self._plan, self._registry, self._events):
                while plan:
                    plan = self._run_plan(plan, report)
        except Py4JError as error:
            raise ServiceFailed("Spark's Java process has died: look for why above.") from error

    def _run_plan(self, plan: Plan, report: Callable[[Progress], None]) -> Plan | None:
        """Run one plan to its end; returns the plan to go on with, None when the stream is done."""
        query = start(self._spark, self.job, plan)
        while True:
            try:
                event = self._events.get(timeout=_LOOK_AT_QUERY_EVERY)
            except queue.Empty:
                # A dead JVM sends no events: asking it raises.
                query.status  # noqa: B018
                continue
            match event:
                case Progress():
                    report(event)
                case Ended() if event.query_run == str(query.runId):
                    if failure := query.exception():
                        raise translate(str(failure), self.job)
                    return None
                case Widen():
                    self._stop_between_batches(query, report)
                    return event.plan
                case Stop():
                    self._stop_between_batches(query, report)
                    return None

    def _stop_between_batches(self, query: StreamingQuery, report: Callable[[Progress], None]) -> None:
        """Stop where no batch is half written: while the query is idle, or just after a batch has ended.

        Between two batches of a backlog Spark plans the next one first, which takes longer than this takes
        to notice. Should a stop still hit a batch, the next start runs that batch again.
        """
        deadline = time.monotonic() + _BATCH_ENDS_WITHIN
        others: list[Event] = []
        batch_ended = False
        while not batch_ended and query.isActive and query.status["isTriggerActive"]:
            if time.monotonic() > deadline:
                break
            batch_ended = self._report_batches(report, others, _IDLE_CHECK_EVERY)
        query.stop()
        self._report_batches(report, others, 0)
        for event in others:
            self._events.put(event)

    def _report_batches(self, report: Callable[[Progress], None], others: list[Event], wait: float) -> bool:
        """Report the batches that have ended, waiting `wait` seconds for one; keep the `others` for later."""
        any_ended = False
        while True:
            try:
                event = self._events.get(timeout=wait)
            except queue.Empty:
                return any_ended
            if isinstance(event, Progress):
                report(event)
                any_ended, wait = True, 0
            else:
                others.append(event)


def start(spark: SparkSession, job: Job, plan: Plan) -> StreamingQuery:
    """Start the one query: Kafka to Kafka, each row to the topic that it names."""
    kafka = {"kafka.bootstrap.servers": job.bootstrap_servers}
    raw = read_stream(spark, plan.raw.topic, {**kafka, "maxOffsetsPerTrigger": str(job.largest_batch)})
    writer = (
        counted(project(raw, plan), {reason.code for reason in plan.reasons})
        .writeStream.format("kafka")
        .queryName(f"{plan.raw.topic} to {plan.final.topic}")
        .option("checkpointLocation", str(job.checkpoint.absolute()))
        .options(**kafka, **_PRODUCER)
    )
    if job.available_now:
        writer = writer.trigger(availableNow=True)
    else:
        writer = writer.trigger(processingTime=job.trigger)
    try:
        return writer.start()
    except PySparkException as error:
        raise translate(str(error), job) from None


_PRODUCER = {
    "kafka.acks": "all",
    "kafka.enable.idempotence": "true",
    "kafka.compression.type": "lz4",
    "kafka.linger.ms": "5",
    "kafka.batch.size": str(128 << 10),
    # A dead letter is larger than the record that it holds; the topic's own limit decides.
    "kafka.max.request.size": str(8 << 20),
}


class _Listener(StreamingQueryListener):
    def __init__(self, events: queue.SimpleQueue[Event]) -> None:
        self.events = events

    def onQueryStarted(self, event: QueryStartedEvent) -> None:  # noqa: N802 - Spark's name
        pass

    def onQueryProgress(self, event: QueryProgressEvent) -> None:  # noqa: N802
        self.events.put(read(event.progress))

    def onQueryIdle(self, event: QueryIdleEvent) -> None:  # noqa: N802
        pass

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:  # noqa: N802
        self.events.put(Ended(str(event.runId)))


class _Watcher:
    """Asks the registry now and then, and puts a `Widen` into `events` when it holds a further version.

    A registry that does not answer leaves the running plan as it is: known versions flow on.
    """

    def __init__(self, job: Job, plan: Plan, registry: Registry, events: queue.SimpleQueue[Event]) -> None:
        self.job, self.registry, self.events = job, registry, events
        self.known = set(plan.writers)
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="registry-watcher", daemon=True)

    def __enter__(self) -> _Watcher:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()

    def _watch(self) -> None:
        while not self.done.wait(_LOOK_AT_REGISTRY_EVERY):
            try:
                plan = learn(self.job, self.registry, self.done)
            except PlatformError:
                continue
            if set(plan.writers) != self.known:
                self.known = set(plan.writers)
                self.events.put(Widen(plan))
