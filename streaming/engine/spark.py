"""The Spark session that the stream runs in."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from contracts.avro.timestamps import accept_any_timestamp
from contracts.errors import ServiceFailed, UnsuitableRuntime
from contracts.kafka.cluster import SPARK_REDACTION
from streaming.engine.readers import WITHOUT_KEPT_READERS
from streaming.engine.writers import write_rows_at_once

QUICK_START = "-XX:TieredStopAtLevel=1"
"""Only the quick compiler: Spark's start and a first batch of 26,000 records take 16 s of processor time,
against 27 s. In the long run the thorough compiler wins."""

_COLLECTOR = "-XX:+UseParallelGC"
"""A batch makes much garbage and keeps little. Measured on two cores, two million records: 66,000 a second
over all, 92,000 over the later half, against 58,000 and 86,000 with G1."""

_TASKS_END_WITHIN = 60.0
_LOOK_EVERY = 0.05
_BATCH_LOG = "org.apache.spark.sql.execution.streaming.runtime.MicroBatchExecution"
_TASK_LOGS = (
    "org.apache.spark.sql.execution.datasources.v2.WriteToDataSourceV2Exec",
    "org.apache.spark.sql.execution.datasources.v2.DataWritingSparkTask",
    "org.apache.spark.util.Utils",
    "org.apache.spark.scheduler.TaskSchedulerImpl",
    "org.apache.spark.executor.Executor",
)

APP_NAME = "weather-stream"
LARGEST_ALLOCATION = 1 << 20
"""Bytes, or items, that Avro may allocate for one value: a few bytes can claim a huge string or array."""

JAVA_OPTIONS = (
    f"-Dorg.apache.avro.limits.string.maxLength={LARGEST_ALLOCATION}",
    f"-Dorg.apache.avro.limits.bytes.maxLength={LARGEST_ALLOCATION}",
    f"-Dorg.apache.avro.limits.collectionItems.maxLength={LARGEST_ALLOCATION}",
    "-Duser.timezone=UTC",
)

EXCLUDED_RULES = "spark.sql.optimizer.excludedRules"
_OPTIMIZER = "org.apache.spark.sql.catalyst.optimizer."
_WITHOUT_USE = (
    *(
        f"{_OPTIMIZER}{rule}"
        for rule in (
            "EliminateAggregateFilter",
            "FoldablePropagation",
            "MergeScalarSubqueries",
            "NullDownPropagation",
            "OptimizeCsvJsonExprs",
            "OptimizeOneRowRelationSubquery",
            "RemoveRedundantAliases",
            "ReorderAssociativeOperator",
            "UnwrapCastInBinaryComparison",
        )
    ),
    "org.apache.spark.sql.execution.datasources.PruneFileSourcePartitions",
    "org.apache.spark.sql.execution.datasources.PushVariantIntoScan",
    "org.apache.spark.sql.execution.datasources.SchemaPruning",
)
"""Rules that walk through the stream's plan, which is large, and change nothing that matters. Each batch is
planned anew: they were a third of the optimizer's time."""

SQL_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # A number out of range becomes null, which is judged; ANSI would fail the task, and so the stream.
    "spark.sql.ansi.enabled": "false",
    # Fused into one method the projection has 28,000 bytecodes; HotSpot leaves those over 8,000 interpreted.
    # Measured on two busy cores, a no-op sink, records a second at first and later: 45,000 and 67,000,
    # against 9,000 and 26,000 fused with -XX:-DontCompileHugeMethods.
    "spark.sql.codegen.wholeStage": "false",
    EXCLUDED_RULES: ",".join(_WITHOUT_USE),
}


LOCAL_SETTINGS = {
    "spark.master": "local[*]",
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
"""For the Java process that we start ourselves; `spark-submit` brings its own."""

SETTINGS = {
    "spark.app.name": APP_NAME,
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Without a page to show them on, Spark still keeps plans and tasks of a thousand batches on the heap.
    "spark.sql.ui.retainedExecutions": "5",
    "spark.ui.retainedJobs": "20",
    "spark.ui.retainedStages": "20",
    "spark.ui.retainedTasks": "100",
    # Each start of a query has consumers of its own; those of the one before are idle from then on.
    "spark.kafka.consumer.cache.timeout": "30s",
    "spark.kafka.consumer.cache.evictorThreadRunInterval": "10s",
    "spark.executor.extraJavaOptions": " ".join((*JAVA_OPTIONS, _COLLECTOR, WITHOUT_KEPT_READERS)),
    **SPARK_REDACTION,
    # A second attempt of a task would publish again what the first one already has.
    "spark.task.maxFailures": "1",
    "spark.speculation": "false",
}


def session(
    *, quick_start: bool = False, slots: int = 0, more: Mapping[str, str] | None = None
) -> SparkSession:
    """Start Spark, or join the one that `spark-submit` started; raises `UnsuitableRuntime`.

    One that we start has a task slot for each core, and at least so many `slots`. `more` are settings beside
    the stream's own.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    builder = SparkSession.builder
    local = {} if submitted else _local_settings(quick_start, slots)
    for key, value in {**SETTINGS, **local, **(more or {})}.items():
        builder = builder.config(key, value)
    with _signals_wait():
        try:
            return configure(builder.getOrCreate())
        except (PySparkRuntimeError, OSError) as error:
            raise UnsuitableRuntime(
                "Spark's Java process did not start: run `make setup`, or set JAVA_HOME to a Java 17 or 21."
            ) from error


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back while Spark starts; a second one goes through at once.

    Whoever leaves before its Java process has told its port leaves that process behind, for ever. Behind
    this the answers to signals are again those from before: Spark's own to Ctrl-C kills jobs half-way.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    waiting: list[int] = []

    def note(number: int, _frame: object) -> None:
        if waiting:
            signal.signal(number, before[signal.Signals(number)])
            signal.raise_signal(number)
        waiting.append(number)

    for number in numbers:
        signal.signal(number, signal.SIG_IGN if before[number] is signal.SIG_IGN else note)
    try:
        yield
    finally:
        for number, answer in before.items():
            signal.signal(number, answer)
        if waiting:
            signal.raise_signal(waiting[0])


def wait_for_tasks(spark: SparkSession) -> None:
    """Wait until no task runs: those of a failed batch have to end, and may still publish meanwhile."""
    executors = spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos
    deadline = time.monotonic() + _TASKS_END_WITHIN
    while any(executor.numRunningTasks() for executor in executors()):
        if time.monotonic() > deadline:
            raise ServiceFailed(
                f"Spark did not end the tasks of a failed batch in {_TASKS_END_WITHIN:.0f} s."
            )
        time.sleep(_LOOK_EVERY)


@contextmanager
def without_failure_of_report(spark: SparkSession) -> Iterator[None]:
    """Keep out of the log how Spark fails when it reports a batch that it ran again, after its commit.

    `KafkaMicroBatchStream.metrics` asks for offsets that only a newly planned batch has.
    """
    with _silent(spark, _BATCH_LOG):
        yield


@contextmanager
def without_aborted_tasks(spark: SparkSession) -> Iterator[None]:
    """Keep out of the log, with a trace for each, the tasks of a batch that is stopped on purpose."""
    with _silent(spark, *_TASK_LOGS):
        yield


@contextmanager
def _silent(spark: SparkSession, *loggers: str) -> Iterator[None]:
    log4j = spark._jvm.org.apache.logging.log4j  # type: ignore[union-attr]
    set_level = log4j.core.config.Configurator.setLevel
    for logger in loggers:
        set_level(logger, log4j.Level.OFF)
    try:
        yield
    finally:
        for logger in loggers:
            set_level(logger, log4j.Level.ERROR)


def _local_settings(quick_start: bool, slots: int) -> dict[str, str]:
    options = [*JAVA_OPTIONS, QUICK_START if quick_start else _COLLECTOR]
    enough = {"spark.master": f"local[{slots}]"} if slots > _cores() else {}
    return {**LOCAL_SETTINGS, **enough, "spark.driver.extraJavaOptions": " ".join(options)}


def _cores() -> int:
    """Cores that this process may use, as Java counts them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def configure(spark: SparkSession) -> SparkSession:
    """Give a session the source and the SQL settings that the projection is written for; returns it."""
    accept_any_timestamp(spark)
    write_rows_at_once(spark)
    for key, value in SQL_SETTINGS.items():
        spark.conf.set(key, value)
    return spark
