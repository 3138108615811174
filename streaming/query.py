"""The one query, Kafka to Kafka: started on a plan, to run on or to finish the batch that was under way."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from streaming.failures import translate
from streaming.job import Job
from streaming.offsets import Coordinates
from streaming.plan import Plan, project
from streaming.progress import counted
from streaming.recover import without
from streaming.source import read_stream

_PRODUCER = {
    "kafka.acks": "all",
    "kafka.enable.idempotence": "true",
    "kafka.compression.type": "lz4",
    "kafka.linger.ms": "5",
    "kafka.batch.size": str(128 << 10),
    # A dead letter is larger than the record that it holds; the topic's own limit decides.
    "kafka.max.request.size": str(8 << 20),
}


def start(
    spark: SparkSession, job: Job, plan: Plan, published: Collection[Coordinates] | None = None
) -> StreamingQuery:
    """Start the query of `plan`: each row goes to the topic that it names.

    With `published` it only finishes the unfinished batch, without the raw records at those coordinates.
    """
    kafka = job.kafka.spark()
    raw = read_stream(spark, plan.raw.topic, {**kafka, "maxOffsetsPerTrigger": str(job.largest_batch)})
    if published:
        raw = without(raw, published, spark)
    writer = (
        counted(project(raw, plan), {reason.code for reason in plan.reasons})
        .writeStream.format("kafka")
        .queryName(f"{plan.raw.topic} to {plan.final.topic}")
        .option("checkpointLocation", str(job.checkpoint.absolute()))
        .options(**kafka, **_PRODUCER)
    )
    if published is not None:
        writer = writer.trigger(once=True)
    elif job.available_now:
        writer = writer.trigger(availableNow=True)
    else:
        writer = writer.trigger(processingTime=job.trigger)
    try:
        return writer.start()
    except PySparkException as error:
        raise translate(str(error), job) from None
