"""The Spark session that quality works in: small, local, quiet."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pyspark.sql import SparkSession

from contracts.avro.timestamps import accept_any_timestamp
from contracts.errors import ServiceFailed
from contracts.kafka.cluster import SPARK_REDACTION

_LARGEST_VALUE = 1 << 20
"""Bytes, or items, that Avro may allocate for one value: a few bytes can claim a huge string or array."""

_JAVA_OPTIONS = (
    # A validation is over before the optimising compiler's work pays: this halves its processor time.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Duser.timezone=UTC",
    f"-Dorg.apache.avro.limits.string.maxLength={_LARGEST_VALUE}",
    f"-Dorg.apache.avro.limits.bytes.maxLength={_LARGEST_VALUE}",
    f"-Dorg.apache.avro.limits.collectionItems.maxLength={_LARGEST_VALUE}",
)

_SETTINGS = {
    # Put before `extraJavaOptions`, which are left to whoever runs this.
    "spark.driver.defaultJavaOptions": " ".join(_JAVA_OPTIONS),
    **SPARK_REDACTION,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    # A number out of range is a finding, not an end.
    "spark.sql.ansi.enabled": "false",
    # A window has few partitions; hundreds of shuffle tasks cost more than the work that they share.
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    # Decoded records are kept until the report is done: fast to read again matters more than small.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
}


@contextlib.contextmanager
def session(master: str = "local[2]") -> Iterator[SparkSession]:
    """Start Spark, and stop it at the end; raises `ServiceFailed` when it does not start.

    Inside a running session (a test's, `spark-submit`'s) that one is used and left running.
    """
    running = SparkSession.getActiveSession()
    if running:
        yield running
        return
    builder = SparkSession.builder.appName("weather-quality").master(master)
    for key, value in _SETTINGS.items():
        builder = builder.config(key, value)
    try:
        spark = builder.getOrCreate()
    except Exception as error:
        raise ServiceFailed(
            f"Spark did not start ({type(error).__name__}): run `make setup`, which brings its Java and jars."
        ) from error
    try:
        spark.sparkContext.setLogLevel("ERROR")
        accept_any_timestamp(spark)
        yield spark
    finally:
        spark.stop()
