"""Spark's real-time mode: what it needs, and how it is switched on, which PySpark 4.1 has no words for.

Its tasks, one for each partition, run for minutes and publish each record as it comes. How far they came is
written to the checkpoint at the end of such a batch; `streaming.recovery` covers what lies behind that.
"""

from __future__ import annotations

import time

from pyspark.sql import SparkSession
from pyspark.sql.streaming.readwriter import DataStreamWriter

from contracts.errors import TooFewSlots, UnsuitableRuntime

_SINCE_SPARK = (4, 1)
_SLOTS_WITHIN = 30.0
_LOOK_EVERY = 0.2


def in_real_time(writer: DataStreamWriter, spark: SparkSession, seconds: float) -> DataStreamWriter:
    """Let `writer` run in real-time mode, in batches of so many `seconds`."""
    trigger = spark._jvm.org.apache.spark.sql.streaming.Trigger  # type: ignore[union-attr]
    writer = writer.outputMode("update")
    writer._jwrite = writer._jwrite.trigger(trigger.RealTime(f"{round(seconds * 1000)} milliseconds"))
    return writer


def slots_needed(partitions: int) -> int:
    """Task slots of a local session: one for each partition at once, and one to spare."""
    return partitions + 1


def check_needs(spark: SparkSession, topic: str, partitions: int) -> None:
    """Raise unless `spark` can read the `partitions` of `topic` in real-time mode.

    `UnsuitableRuntime` for a Spark that does not have the mode, `TooFewSlots` for too few task slots, where
    executors that have just been asked for are waited for.
    """
    version = tuple(int(number) for number in spark.version.split(".")[:2])
    if version < _SINCE_SPARK:
        raise UnsuitableRuntime(
            f"real-time mode came with Spark 4.1 and this is {spark.version}: leave out --real-time."
        )
    deadline = time.monotonic() + _SLOTS_WITHIN
    while (slots := _slots(spark)) < partitions:
        if _is_local(spark) or time.monotonic() > deadline:
            raise TooFewSlots(
                f"real-time mode reads the {partitions} partitions of {topic} all at once and Spark has "
                f"{slots} task slot{'s' * (slots != 1)}: give it more cores, or leave out --real-time."
            )
        time.sleep(_LOOK_EVERY)


def _slots(spark: SparkSession) -> int:
    context = spark.sparkContext._jsc.sc()
    profile = context.resourceProfileManager().defaultResourceProfile()
    return int(context.maxNumConcurrentTasks(profile))


def _is_local(spark: SparkSession) -> bool:
    return bool(spark.sparkContext._jsc.sc().isLocal())
