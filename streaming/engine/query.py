"""The one query, Kafka to Kafka: started on a plan, to run on or to finish the batch that was under way."""

from __future__ import annotations

from enum import Enum

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from streaming.engine.failures import translate
from streaming.engine.once import DUPLICATE, STATE_SETTINGS, once
from streaming.engine.progress import counted
from streaming.engine.real_time import in_real_time
from streaming.engine.state import keep_state
from streaming.job import Job
from streaming.record.plan import Plan, judged, publish
from streaming.record.source import read_stream
from streaming.recovery.recover import Done, without

DELIVERED_WITHIN = 30.0
"""Seconds after which Kafka's client gives a record up that the broker does not take: a shorter outage passes
unnoticed, and nothing that a failed batch had sent arrives later than this."""

PRODUCER = {
    "kafka.acks": "all",
    "kafka.enable.idempotence": "true",
    "kafka.compression.type": "lz4",
    "kafka.linger.ms": "5",
    "kafka.batch.size": str(128 << 10),
    "kafka.delivery.timeout.ms": str(int(DELIVERED_WITHIN * 1000)),
    "kafka.request.timeout.ms": str(int(DELIVERED_WITHIN * 500)),
    # A dead letter is larger than the record that it holds; the topic's own limit decides.
    "kafka.max.request.size": str(8 << 20),
}
"""Options of Spark's Kafka sink."""

_AT_ONCE = {"kafka.linger.ms": "0"}


class Until(Enum):
    """How far a query goes before it ends by itself."""

    BATCH = "to the end of the unfinished batch"
    NOW = "to the end of what is on the topic now"
    STOPPED = "on until it is stopped"


def start(
    spark: SparkSession, job: Job, plan: Plan, until: Until, done: Done | None = None
) -> StreamingQuery:
    """Start the query of `plan`: each row goes to the topic that it names.

    It leaves out what is `done`. Where the job is in real-time mode, so is
    the query that goes `Until.STOPPED`; the others go batch by batch.
    """
    kafka = job.kafka.spark()
    real_time = job.real_time and until is Until.STOPPED
    size = {} if real_time else {"maxOffsetsPerTrigger": str(job.largest_batch)}
    raw = read_stream(spark, plan.raw.topic, {**kafka, **size})
    records = _records(spark, job, plan, raw, done, timed=not real_time)
    return publish_until(records, job, until, update=bool(job.once_within), real_time=real_time)


def publish_until(
    records: DataFrame, job: Job, until: Until, *, update: bool = False, real_time: bool = False
) -> StreamingQuery:
    """Start the query of `job` that gives `records` to Kafka's sink.

    A query that is to `update` tells of what changes in its state. Raises a `PlatformError`.
    """
    writer = (
        records.writeStream.format("kafka")
        .queryName(f"{job.topic} to {job.final}")
        .option("checkpointLocation", str(job.checkpoint.absolute()))
        .options(**{**job.kafka.spark(), **PRODUCER, **(_AT_ONCE if real_time else {})})
    )
    if update:
        writer = writer.outputMode("update")
    if until is Until.BATCH:
        writer = writer.trigger(once=True)
    elif until is Until.NOW:
        writer = writer.trigger(availableNow=True)
    elif real_time:
        writer = in_real_time(writer, records.sparkSession, job.real_time_batch)
    else:
        writer = writer.trigger(processingTime=job.trigger)
    try:
        return writer.start()
    except PySparkException as error:
        raise translate(str(error), job) from None


def _records(
    spark: SparkSession,
    job: Job,
    plan: Plan,
    raw: DataFrame,
    done: Done | None,
    *,
    timed: bool,
) -> DataFrame:
    """What goes to Kafka's sink, without what is `done`, and counted."""
    published = done.coordinates if done else frozenset()
    if not job.once_within:
        left = without(raw, published, spark) if published else raw
        rows = publish(counted(judged(left, plan), plan, timed=timed), plan)
        for topic, found in done.partly.items() if done else ():
            rows = without(rows, found, spark, topic)
        return rows
    keep_state(spark, STATE_SETTINGS)
    # The state has to see every record of the batch, also those that are published.
    records = once(judged(raw, plan), plan, job.once_within)
    left = without(records, published, spark) if published else records
    return counted(left, plan, timed=timed, again=DUPLICATE)
