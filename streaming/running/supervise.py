"""Keeps the query running: starts it, reports its batches, widens its plan, and stops it between batches."""

from __future__ import annotations

import contextlib
import gc
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from contracts.errors import PlatformError, RecordsLost, ServiceFailed, Unreachable
from contracts.kafka.log import watermarks
from contracts.registry.registry import Registry
from streaming.engine.ending import end_between_batches
from streaming.engine.failures import passes, translate, unregistered
from streaming.engine.once import check_whole
from streaming.engine.progress import Progress
from streaming.engine.query import Until, start
from streaming.engine.readers import Readers
from streaming.engine.real_time import check_needs
from streaming.engine.spark import wait_for_tasks, without_aborted_tasks, without_failure_of_report
from streaming.job import Job
from streaming.record.plan import Plan
from streaming.recovery.offsets import schemas_named
from streaming.recovery.recover import Ahead, Unfinished
from streaming.recovery.resume import Resume
from streaming.running.learn import foreign_ids, learn
from streaming.running.outage import StillAway, broker_is_back, outlast
from streaming.running.watch import Ended, Event, Listener, Stop, Unfit, Watcher, Widen

_LOOK_AT_QUERY_EVERY = 1.0
_STRANGERS_AT_MOST = 10_000
_EXECUTORS_LOST_AT_MOST = 5
"""In a row, without a batch between them."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A query at work, and what it is for."""

    query: StreamingQuery
    plan: Plan
    left: Unfinished | None = None
    """The batch that it finishes; nothing else is done by it."""
    then: Plan | None = None
    """The plan to go on with when it ends by itself and has not failed."""
    in_batches: bool = True
    """Whether its batches are short, so that one is waited for."""


class Supervisor:
    """Runs one plan after another on one Spark, until it is stopped or all is done."""

    def __init__(
        self,
        job: Job,
        plan: Plan,
        *,
        spark: SparkSession,
        registry: Registry,
        resume: Resume,
        foreign: dict[int, str],
        planned: Callable[[Plan], None],
    ) -> None:
        """Prepare to run `plan` first; nothing is started yet.

        `foreign` are the schema ids of other subjects, and `planned` is called with each plan that starts.
        """
        self.job = job
        self._first_plan = plan
        self._spark, self._registry, self._resume = spark, registry, resume
        self._foreign, self._planned = foreign, planned
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._readers = Readers(spark)
        self._strangers: dict[int | str, None] = {}
        self._executors_lost = 0

    def stop(self) -> None:
        """Ask to end between two batches; to be called from anywhere, signals included."""
        self._stopping.set()
        self._events.put(Stop())

    def run(self, report: Callable[[Progress], None]) -> None:
        """Run until `stop`, or until all is done with `job.available_now`; `report` takes each batch.

        Raises a `PlatformError` when the stream cannot go on.
        """
        plan: Plan | None = self._first_plan
        listener = Listener(self._events)
        self._spark.streams.addListener(listener)
        try:
            with Watcher(self.job, self._first_plan, self._registry, self._events):
                while plan:
                    plan = self._run_through_outages(plan, report)
                    # py4j's objects refer to themselves: Java keeps a query and its plans until Python looks.
                    gc.collect()
            self._spark.streams.removeListener(listener)
        except Py4JError as error:
            raise ServiceFailed("Spark's Java process has died: look for why above.") from error

    def _run_through_outages(self, plan: Plan, report: Callable[[Progress], None]) -> Plan | None:
        """Do as `_run_plan`, and go on with the same plan when a broker that fell silent is back."""
        try:
            return self._run_plan(plan, report)
        except StillAway:
            raise
        except Unreachable as silence:
            failed = time.monotonic()

            def ask() -> Plan:
                broker_is_back(self.job, failed, self._stopping)
                return plan

            return outlast(ask, self._stopping, silence)

    def _run_plan(self, plan: Plan, report: Callable[[Progress], None]) -> Plan | None:
        """Run one plan to its end; returns the plan to go on with, None when the stream is done."""
        wait_for_tasks(self._spark)
        if self.job.real_time:
            check_needs(self._spark, self.job.topic, len(watermarks(self.job.kafka, self.job.topic)))
        self._planned(plan)
        left = self._resume.left()
        known = replace(
            plan,
            strangers=frozenset(schema for schema in self._strangers if not plan.knows(schema)),
            foreign={number: name for number, name in self._foreign.items() if not plan.knows(number)},
        )
        if isinstance(left, Unfinished):
            with without_failure_of_report(self._spark):
                query = start(self._spark, self.job, known, Until.BATCH, left)
                return self._follow(_Run(query, plan, left=left), report)
        if left:
            query = start(self._spark, self.job, known, Until.NOW, left)
            next_plan = self._follow(_Run(query, plan, then=plan), self._counting(left, report))
            self._resume.catch_up(left)
            return next_plan
        self._resume.begin()
        until = Until.NOW if self.job.available_now else Until.STOPPED
        query = start(self._spark, self.job, known, until)
        return self._follow(_Run(query, plan, in_batches=not self.job.real_time), report)

    def _counting(self, done: Ahead, report: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """Report batches that left out what was `done` before them, with that counted in."""
        left = done

        def report_whole(batch: Progress) -> None:
            nonlocal left
            whole, left = left.counted_in(batch, self.job)
            report(whole)

        return report_whole

    def _follow(self, run: _Run, report: Callable[[Progress], None]) -> Plan | None:
        """Follow a query to its end; returns as `_run_plan`."""
        query, left = run.query, run.left
        while True:
            try:
                event = self._events.get(timeout=_LOOK_AT_QUERY_EVERY)
            except queue.Empty:
                # A dead JVM sends no events: asking it raises.
                query.status  # noqa: B018
                continue
            match event:
                case Progress() if not left:
                    self._executors_lost = 0
                    report(event)
                    self._readers.let_go()
                    if self.job.once_within:
                        check_whole(event)
                case Ended() if event.query_run == str(query.runId):
                    return run.plan if self._report_finished(left, report) else self._after(run)
                case Widen() if event.plan.replaces(run.plan):
                    self._end(run, report)
                    self._report_finished(left, report)
                    return event.plan
                case Unfit():
                    query.stop()
                    raise event.why
                case Stop():
                    self._end(run, report)
                    self._report_finished(left, report)
                    return None

    def _report_finished(self, left: Unfinished | None, report: Callable[[Progress], None]) -> bool:
        """Report the batch that was `left` by the run before, if this run has finished it."""
        batch = self._resume.finished(left) if left else None
        if batch:
            report(batch.progress(self.job))
        return batch is not None

    def _after(self, run: _Run) -> Plan | None:
        """Decide how to go on after a query has ended by itself; None when the stream is done."""
        failure = run.query.exception()
        if failure is None:
            return run.then
        if passes(str(failure)) and self._executors_lost < _EXECUTORS_LOST_AT_MOST:
            self._executors_lost += 1
            return run.plan
        stranger = unregistered(str(failure))
        if stranger is None:
            told = translate(str(failure), self.job)
            if isinstance(told, RecordsLost):
                # How many, and whether the topic is another, is not in Spark's words.
                self._resume.check()
            raise told
        wider = outlast(partial(learn, self.job, self._registry, self._stopping, run.plan), self._stopping)
        if wider and not wider.knows(stranger):
            self._remember_strangers(stranger, wider)
            with contextlib.suppress(PlatformError):
                ids = (schema for schema in self._strangers if isinstance(schema, int))
                self._foreign |= foreign_ids(self._registry, wider, ids)
        return wider

    def _remember_strangers(self, stranger: int | str, plan: Plan) -> None:
        """Note every unknown id of the failed batch: a flood of them shall not fail a batch for each."""
        met = {stranger}
        if span := self._resume.under_way():
            met |= schemas_named(self.job.kafka, self.job.topic, *span)
        self._strangers.update(dict.fromkeys(sorted((s for s in met if not plan.knows(s)), key=str)))
        while len(self._strangers) > _STRANGERS_AT_MOST:
            self._strangers.pop(next(iter(self._strangers)))

    def _end(self, run: _Run, report: Callable[[Progress], None]) -> None:
        """Stop where no batch is half written: behind the one that is under way.

        A real-time batch, which lasts for minutes, is stopped at once; the next start goes on inside it, and
        finishes one that lasts too long to be waited for.
        """
        query = run.query
        others: list[Event] = []
        if run.in_batches:
            end_between_batches(query, self._spark, partial(self._report_batches, report, others))
        else:
            with without_aborted_tasks(self._spark):
                query.stop()
                wait_for_tasks(self._spark)
        self._report_batches(report, others, 0)
        for event in others:
            self._events.put(event)

    def _report_batches(self, report: Callable[[Progress], None], others: list[Event], wait: float) -> None:
        """Report the batches that have ended, waiting `wait` seconds for one; keep the `others` for later."""
        while True:
            try:
                event = self._events.get(timeout=wait)
            except queue.Empty:
                return
            if isinstance(event, Progress):
                report(event)
                wait = 0
            else:
                others.append(event)
