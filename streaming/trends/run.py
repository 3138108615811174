"""Keeps the query of the trends running: on what is registered, from where it was, until it is stopped."""

from __future__ import annotations

import contextlib
import gc
import queue
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from contracts.errors import PlatformError, Unreachable, UnusableSetting
from contracts.folder.product import Product
from contracts.kafka.coordinates import Coordinates
from contracts.kafka.log import ends_of, open_log, watermarks
from contracts.process.times import milliseconds
from contracts.registry.registry import Registry, connect
from streaming.engine import progress
from streaming.engine.ending import end_between_batches
from streaming.engine.failures import translate, unregistered
from streaming.engine.progress import Progress
from streaming.engine.query import Until, publish_until
from streaming.engine.readers import Readers
from streaming.engine.spark import configure, session, wait_for_tasks, without_failure_of_report
from streaming.engine.state import keep_state
from streaming.job import Job
from streaming.record.source import read_stream
from streaming.recovery.checkpoint import Batch, Checkpoint, Memory
from streaming.recovery.recover import compare_ids, compare_raw
from streaming.recovery.resume import published_since
from streaming.running.learn import check_topics, patiently
from streaming.running.outage import broker_is_back, outlast
from streaming.running.watch import Ended, Listener
from streaming.telemetry.status import Outline, Written, versions_by_id
from streaming.trends.query import OBSERVATION, READS, STATE_SETTINGS, Trends, trends

WATERMARK = "26h"
"""How late an observation may be; docs/trends.md weighs it."""

_LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendsJob:
    """What one run of the trends is asked to do."""

    stream: Job
    """Services, pace and checkpoint: a stream from the final topic, as its raw one, to the trends topic."""
    watermark: str = WATERMARK
    """How late an observation may be, such as `26h`."""
    replayed: bool | None = None
    """Whether only replayed observations are read, or only others; None for both."""

    def __post_init__(self) -> None:
        """Raise `UnusableSetting` for a watermark that is no length of time."""
        try:
            milliseconds(self.watermark)
        except ValueError as error:
            raise UnusableSetting(f"--watermark: {error}.") from None


def stream_of(product: Product, **job: Any) -> Job:
    """The stream from the final topic of `product` to its trends topic, with the other settings of a `Job`.

    Raises `UnusableSetting` where nothing follows the product's values over time.
    """
    if product.trends is None:
        raise UnusableSetting(
            f"the product {product.name} has no trends topic: give a contract `role: trends`, or "
            "choose another product."
        )
    # It puts nothing aside: what nobody can read is on the final topic as it was.
    ours = replace(
        product, raw=product.final, final=product.trends, quarantine=product.trends, trends=None, later=()
    )
    return Job(product=ours, **job)


def read(report: StreamingQueryProgress) -> Progress:
    """Take from Spark's report of a batch what a reader of ours needs."""
    batch = progress.read(report)
    rows = batch.rows // READS
    observed = report.observedMetrics.get(OBSERVATION)
    joins = [one for one in report.stateOperators if one.operatorName == "symmetricHashJoin"]
    late = sum(one.numRowsDroppedByWatermark for one in joins)
    return replace(
        batch,
        rows=rows,
        final=int(observed["trends"]) if observed else 0,
        rows_per_second=round(rows / batch.seconds, 1) if batch.seconds else 0.0,
        kept=batch.kept and replace(batch.kept, late=late),
    )


class TrendsStream:
    """The trends of one job, run until `stop`, or until all is told with `available_now`."""

    def __init__(
        self,
        job: TrendsJob,
        spark: SparkSession | None = None,
        *,
        claimed: Callable[[], None] = lambda: None,
        planned: Callable[[Outline], None] = lambda _: None,
    ) -> None:
        """Prepare to run `job`; nothing is started yet. A session that is given is used and left running.

        `claimed` is called when the checkpoint is these trends' alone, `planned` before each query.
        """
        self.job = job
        self._claimed, self._planned = claimed, planned
        self._given = spark
        self._stopping = threading.Event()
        self._events: queue.SimpleQueue[Progress | Ended] = queue.SimpleQueue()
        self._checkpoint = Checkpoint(job.stream.checkpoint, job.stream.topic)

    def stop(self) -> None:
        """Ask to end between two batches; to be called from anywhere, signals included."""
        self._stopping.set()

    def run(self, report: Callable[[Progress], None]) -> None:
        """Run; `report` takes each batch. Raises a `PlatformError` when the trends cannot go on."""
        job = self.job.stream
        with contextlib.ExitStack() as leave:
            registry = connect(job.registry)
            leave.callback(registry.close)
            plan = patiently(lambda: learn(self.job, registry), job.wait, self._stopping)
            leave.enter_context(self._checkpoint.claim())
            self._claimed()
            spark = configure(self._given) if self._given else session(quick_start=job.quick_start)
            if not self._given:
                leave.callback(spark.stop)
            keep_state(spark, STATE_SETTINGS)
            listener = Listener(self._events, read)
            spark.streams.addListener(listener)
            leave.callback(spark.streams.removeListener, listener)
            self._run(spark, registry, plan, report)

    def _run(
        self, spark: SparkSession, registry: Registry, plan: Trends, report: Callable[[Progress], None]
    ) -> None:
        readers = Readers(spark)

        def tell(batch: Progress) -> None:
            report(batch)
            readers.let_go()

        while not self._stopping.is_set():
            wait_for_tasks(spark)
            memory = self._resume()
            self._planned(outline(plan))
            try:
                done = self._run_once(spark, plan, memory, tell)
            except Unreachable as silence:
                back = partial(broker_is_back, self.job.stream, time.monotonic(), self._stopping)
                outlast(back, self._stopping, silence)
                continue
            gc.collect()
            if done:
                return
            plan = outlast(lambda: learn(self.job, registry), self._stopping) or plan

    def _resume(self) -> Memory | None:
        """How far the trends have come; raises where the topics are not those that the checkpoint is of."""
        job, memory = self.job.stream, self._checkpoint.read()
        with open_log(job.kafka) as log:
            ids = log.topic_ids(job.topic, job.final)
            held = log.watermarks(job.topic)
        noted = self._checkpoint.topic_ids() if memory else {}
        if memory:
            compare_raw(memory, held[job.topic], job)
        compare_ids(noted, ids, job)
        if noted != ids:
            self._checkpoint.note_topic_ids({**noted, **ids})
        return memory

    def _run_once(
        self, spark: SparkSession, plan: Trends, memory: Memory | None, tell: Callable[[Progress], None]
    ) -> bool:
        """Run one query to its end; whether all is done then, rather than that another has to go on."""
        job, left = self.job.stream, memory.unfinished if memory else None
        if left is None:
            query = start(spark, self.job, plan, Until.NOW if job.available_now else Until.STOPPED)
            return self._follow(query, spark, tell)
        published = published_since(job, [job.final], left.planned_at)[job.final]
        with without_failure_of_report(spark):
            query = start(spark, self.job, plan, Until.BATCH, published)
            try:
                self._follow(query, spark, tell)
            except PlatformError:
                # Spark fails when it reports a batch that it ran again, behind the commit.
                if not self._is_done(left):
                    raise
        return False

    def _is_done(self, left: Batch) -> bool:
        """Whether a batch that was left unfinished is committed by now."""
        memory = self._checkpoint.read()
        return bool(memory and memory.done and memory.done.number >= left.number)

    def _follow(self, query: StreamingQuery, spark: SparkSession, tell: Callable[[Progress], None]) -> bool:
        """Follow a query to its end; whether it ended as it was to."""
        told_to_end = False
        while True:
            if self._stopping.is_set() and not told_to_end:
                told_to_end = True
                end_between_batches(query, spark)
            try:
                event = self._events.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                # A dead JVM sends no events: asking it raises.
                query.status  # noqa: B018
                continue
            if isinstance(event, Progress):
                tell(event)
            elif event == Ended(str(query.runId)):
                break
        failure = None if told_to_end else query.exception()
        if failure is None:
            return True
        if unregistered(str(failure)) is not None:
            return False
        raise translate(str(failure), self.job.stream)


def learn(job: TrendsJob, registry: Registry) -> Trends:
    """Make the plan of `job` from what is registered now; raises as `streaming.running.learn`."""
    stream = job.stream
    final, ours = stream.product.raw, stream.product.final
    check_topics(stream)
    settled = ends_of(watermarks(stream.kafka, stream.topic))
    subject = registry.subject(final)
    return Trends(
        final=final,
        trends=ours,
        writers=subject.writer_schemas,
        guids=subject.guids,
        trends_id=registry.id_of(ours),
        settled=settled,
        watermark=f"{milliseconds(job.watermark)} milliseconds",
        replayed=job.replayed,
    )


def outline(plan: Trends) -> Outline:
    """What an operator sees of `plan`."""
    return Outline(
        reader=plan.final.newest.number,
        writers=versions_by_id(plan.final, plan.writers),
        final=Written(plan.trends.newest.number, plan.trends_id),
    )


def start(
    spark: SparkSession, job: TrendsJob, plan: Trends, until: Until, published: Collection[Coordinates] = ()
) -> StreamingQuery:
    """Start the query of `plan`; it leaves out the trends of the raw records at `published`."""
    stream = job.stream
    kafka = stream.kafka.spark()
    final = read_stream(spark, stream.topic, {**kafka, "maxOffsetsPerTrigger": str(stream.largest_batch)})
    return publish_until(trends(final, plan, spark, published), stream, until, update=True)
