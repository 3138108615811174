"""The Spark session that the stream runs in."""

from __future__ import annotations

import os
import signal
import sys

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from contracts.errors import UnsuitableRuntime

APP_NAME = "weather-stream"
LARGEST_ALLOCATION = 1 << 20
"""Bytes, or items, that Avro may allocate for one value: a few bytes can claim a huge string or array."""

JAVA_OPTIONS = (
    f"-Dorg.apache.avro.limits.string.maxLength={LARGEST_ALLOCATION}",
    f"-Dorg.apache.avro.limits.bytes.maxLength={LARGEST_ALLOCATION}",
    f"-Dorg.apache.avro.limits.collectionItems.maxLength={LARGEST_ALLOCATION}",
    "-Duser.timezone=UTC",
)

SQL_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # A number out of range becomes null, which is judged; ANSI would fail the task, and so the stream.
    "spark.sql.ansi.enabled": "false",
    # Fused into one method the projection has 28,000 bytecodes; HotSpot leaves those over 8,000 interpreted.
    # Measured on two busy cores, a no-op sink, records a second at first and later: 45,000 and 67,000,
    # against 9,000 and 26,000 fused with -XX:-DontCompileHugeMethods.
    "spark.sql.codegen.wholeStage": "false",
}


LOCAL_SETTINGS = {
    "spark.master": "local[*]",
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": " ".join(JAVA_OPTIONS),
}
"""For the Java process that we start ourselves; `spark-submit` brings its own."""

SETTINGS = {
    "spark.app.name": APP_NAME,
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.executor.extraJavaOptions": " ".join(JAVA_OPTIONS),
    # A second attempt of a task would publish again what the first one already has.
    "spark.task.maxFailures": "1",
    "spark.speculation": "false",
}


def session() -> SparkSession:
    """Start Spark, or join the one that `spark-submit` started; raises `UnsuitableRuntime`."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    builder = SparkSession.builder
    for key, value in (SETTINGS if submitted else {**SETTINGS, **LOCAL_SETTINGS}).items():
        builder = builder.config(key, value)
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        return configure(builder.getOrCreate())
    except (PySparkRuntimeError, OSError) as error:
        raise UnsuitableRuntime(
            "Spark's Java process did not start: run `make setup`, or set JAVA_HOME to a Java 17 or 21."
        ) from error
    finally:
        # Spark's own answer to Ctrl-C kills the jobs of a batch half-way.
        signal.signal(signal.SIGINT, on_interrupt)


def configure(spark: SparkSession) -> SparkSession:
    """Give a session the SQL settings that the projection is written for; returns it."""
    for key, value in SQL_SETTINGS.items():
        spark.conf.set(key, value)
    return spark
