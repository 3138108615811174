"""Keeps the tables going: round after round, until it is stopped or all is read."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyiceberg.catalog import Catalog
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from contracts.errors import Unreachable
from contracts.folder.model import Contract, table_name
from contracts.kafka.log import Span, ends_of, open_log
from contracts.registry.registry import Registry, connect
from contracts.tables.keep import ends, follow, opened, table_of
from contracts.tables.known import Known, learn
from streaming.engine.readers import Readers
from streaming.recovery.checkpoint import Checkpoint
from streaming.running.outage import outlast
from streaming.tables.append import append
from streaming.tables.failures import failure
from streaming.tables.job import TablesJob, to_read
from streaming.tables.latest import show_latest
from streaming.tables.maintain import is_due, maintain
from streaming.tables.spark import table_session

_CLAIMS = Path("build/checkpoint")

_log = logging.getLogger("streaming")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one snapshot added."""

    topic: str
    records: int
    files: int
    snapshot: int
    version: int
    """The version of the contract that the table follows."""
    ends: Mapping[int, int]
    """Partition to the offset behind the last that was read."""
    seconds: float


class Tables:
    """The tables of one job, kept until `stop`, or until all is read with `available_now`."""

    def __init__(self, job: TablesJob, spark: SparkSession | None = None) -> None:
        """Prepare to run `job`; nothing is started yet. A session that is given is used and left running."""
        self.job = job
        self._given = spark
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask to end between two batches; to be called from anywhere, signals included."""
        self._stopping.set()

    def run(self, report: Callable[[Batch], None]) -> None:
        """Run; `report` takes each batch. Raises a `PlatformError` when it cannot go on."""
        job = self.job
        with contextlib.ExitStack() as leave:
            registry = connect(job.registry)
            leave.callback(registry.close)
            sides = _Sides(job, registry, leave.enter_context(opened(job.warehouse, make=True)))
            for contract in job.contracts:
                leave.enter_context(self._claim(contract.topic))
            # Before Spark is started: most of what can be wrong is told within a second.
            first = {contract.topic: sides.ask(contract).held for contract in job.contracts}
            spark = self._given or table_session(job.warehouse, quick_start=job.quick_start)
            if not self._given:
                leave.callback(spark.stop)
            self._rounds(sides, spark, first if job.available_now else {}, report)

    def _rounds(
        self, sides: _Sides, spark: SparkSession, goal: Mapping[str, Spans], report: Callable[[Batch], None]
    ) -> None:
        job, readers = self.job, Readers(spark)
        while not self._stopping.is_set():
            began, is_more = time.monotonic(), False
            try:
                for contract in job.contracts:
                    if self._stopping.is_set():
                        return
                    is_more |= _step(sides, spark, contract, goal.get(contract.topic), report)
            except Unreachable as silence:
                outlast(sides.are_back, self._stopping, silence)
                continue
            readers.let_go()
            self._maintain(sides, spark)
            if is_more:
                continue
            if job.available_now:
                return
            self._stopping.wait(max(0.0, began + job.every - time.monotonic()))

    def _maintain(self, sides: _Sides, spark: SparkSession) -> None:
        now = datetime.now(timezone.utc)
        for contract in self.job.contracts:
            table = table_of(sides.catalogue, contract.topic)
            if is_due(table, self.job.maintain_every, now) and not self._stopping.is_set():
                _log.info("%s", maintain(spark, self.job, sides.catalogue, contract.topic, now))

    def _claim(self, topic: str) -> contextlib.AbstractContextManager[object]:
        """Keep another writer of this machine off the table, since both would append the same records."""
        home = self.job.warehouse.folder or _CLAIMS
        return Checkpoint(home / "claims" / table_name(topic), topic).claim()


Spans = Mapping[int, Span]
"""Partition to offsets."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is registered, up to where the table has read, and what the topic holds."""

    known: Known
    read: Mapping[int, int]
    held: Spans


@dataclass(frozen=True, slots=True)
class _Sides:
    """The broker and the registry on one side, the catalogue on the other."""

    job: TablesJob
    registry: Registry
    catalogue: Catalog
    viewed: dict[str, int] = field(default_factory=dict)
    """Topic to the version of its contract that its view has been looked at for."""

    def ask(self, contract: Contract) -> _Asked:
        """Ask them all; the table follows what is registered from then on."""
        with open_log(self.job.kafka) as log:
            topic_id = log.topic_ids(contract.topic).get(contract.topic, "")
            held = log.watermarks(contract.topic)[contract.topic]
        # Behind the ends: whoever sent a record that is there by now has registered its schema.
        known = learn(contract, self.registry)
        return _Asked(known, ends(follow(self.catalogue, known.contract, topic_id)), held)

    def are_back(self) -> None:
        """Raise `Unreachable` while one of them does not answer."""
        for contract in self.job.contracts:
            self.ask(contract)


def _step(
    sides: _Sides,
    spark: SparkSession,
    contract: Contract,
    goal: Spans | None,
    report: Callable[[Batch], None],
) -> bool:
    """Append the next batch of a topic, up to the `goal` where there is one; whether there is more."""
    job, asked = sides.job, sides.ask(contract)
    held, version = asked.held, asked.known.contract.newest.number
    if sides.viewed.get(contract.topic) != version:
        show_latest(spark, asked.known.contract)
        sides.viewed[contract.topic] = version
    if goal is not None:
        held = {p: Span(span.begin, goal[p].end) for p, span in held.items() if p in goal}
    spans = to_read(contract.topic, held, asked.read, job.largest_batch, despite_loss=job.despite_loss)
    if not spans:
        return False
    began, reached = time.monotonic(), {**asked.read, **ends_of(spans)}
    try:
        append(spark, job.kafka, asked.known, spans, reached)
    except (PySparkException, Py4JJavaError) as error:
        raise failure(str(error), job, contract.topic) from None
    snapshot = table_of(sides.catalogue, contract.topic).current_snapshot()
    added = snapshot.summary if snapshot else None
    report(
        Batch(
            topic=contract.topic,
            records=int(added["added-records"] or 0) if added else 0,
            files=int(added["added-data-files"] or 0) if added else 0,
            snapshot=snapshot.snapshot_id if snapshot else 0,
            version=version,
            ends=reached,
            seconds=round(time.monotonic() - began, 3),
        )
    )
    return bool(to_read(contract.topic, held, reached, job.largest_batch))
