"""Ways from Kafka to Kafka, each run to the end of its topic by a Java process of its own.

`job` is the stream as it is; `bare` the same without enrichment and rules; `json` what a pipeline without
contracts does: JSON in, the same enrichment, JSON out, by Spark's own settings.
"""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import psutil
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import from_avro, to_avro
from pyspark.sql.streaming.listener import StreamingQueryListener, StreamingQueryProgress
from pyspark.sql.types import StructType

from contracts.avro.wire import frame
from contracts.registry.registry import connect
from streaming.engine.query import PRODUCER
from streaming.engine.spark import SQL_SETTINGS, session
from streaming.job import Job
from streaming.record.encode import SOURCE
from streaming.record.enrich import enrichment_of
from streaming.record.plan import decode_by
from streaming.record.projection import reader_schema
from streaming.record.schema import field_names
from streaming.record.source import read_stream
from streaming.running.learn import learn
from streaming.running.stream import Stream
from tests.bench.raw_records import RAW

_WITHIN = 900.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: what it did, and where the driver's time went."""

    rows: int
    rate: float
    """Records a second from the first batch's start to the last one's end."""
    later_rate: float
    """The same from the moment at which half of the records were done."""
    cpu_seconds: float
    """Of the Java process from its start on: both compilers and the garbage collector count."""
    resident: int
    """Bytes of memory that the Java process held in the end."""
    shares: dict[str, float]
    """Part of the batches' time by Spark's name for the work: `addBatch` is the data's own."""


def run(way: str, job: Job) -> Measured:
    """Take the records of `job.topic` one of the ways, to the end of what is there."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(_run, way, replace(job, available_now=True)).result(_WITHIN)


class Batches(StreamingQueryListener):
    """Keeps every batch's report."""

    def __init__(self) -> None:
        self.reports: list[StreamingQueryProgress] = []

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802 - Spark's name
        if event.progress.numInputRows:
            self.reports.append(event.progress)

    def onQueryStarted(self, event: Any) -> None:  # noqa: N802
        pass

    def onQueryIdle(self, event: Any) -> None:  # noqa: N802
        pass

    def onQueryTerminated(self, event: Any) -> None:  # noqa: N802
        pass


def _run(way: str, job: Job) -> Measured:
    spark = session(quick_start=job.quick_start)
    java = psutil.Process(spark._jvm.java.lang.ProcessHandle.current().pid())  # type: ignore[union-attr]
    batches = Batches()
    spark.streams.addListener(batches)
    if way == "job":
        with Stream(job, spark) as stream:
            stream.run(lambda _: None)
    else:
        _to_end(_bare(spark, job) if way == "bare" else _json(spark, job), job, _OPTIONS[way])
    # What is still under way to the listener comes before the answer to this.
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    spark.streams.removeListener(batches)
    measured = _measured(batches.reports, java)
    spark.stop()
    return measured


def _bare(spark: SparkSession, job: Job) -> DataFrame:
    plan = learn(job, connect(job.registry), threading.Event())
    reader = reader_schema(plan.raw)
    raw = read_stream(spark, job.topic, _source(job))
    decoded = decode_by(raw, plan)
    record = F.struct(*(F.col(f"record.{name}").alias(name) for name in field_names(reader)))
    return decoded.select(
        F.lit(job.final).alias("topic"),
        F.encode("record.station", "UTF-8").alias("key"),
        F.concat(F.lit(frame(plan.final_id, b"")), to_avro(record, json.dumps(reader))).alias("value"),
        F.expr(SOURCE).alias("headers"),
    )


def _json(spark: SparkSession, job: Job) -> DataFrame:
    for name in SQL_SETTINGS.keys() - {"spark.sql.session.timeZone", "spark.sql.ansi.enabled"}:
        spark.conf.unset(name)
    raw = read_stream(spark, job.topic, _source(job))
    # The fields that the stream reads from Avro. Spark takes a whole number in JSON for a time in seconds.
    reader = from_avro(F.lit(None).cast("binary"), json.dumps(reader_schema(RAW)))
    schema = spark.range(0).select(reader.alias("record")).schema["record"].dataType
    record = F.from_json(F.col("source_value").cast("string"), cast(StructType, schema))
    final = job.product.final
    enrichment = enrichment_of(final)
    enriched = enrichment.derive(
        enrichment.observe(raw.select(record.alias("record")), reader_schema(RAW), final.newest.schema)
    )
    published = [name for name in field_names(final.newest.schema) if name in enriched.columns]
    return enriched.select(
        F.lit(job.final).alias("topic"),
        F.encode("station", "UTF-8").alias("key"),
        F.to_json(F.struct(*published)).alias("value"),
    )


def _source(job: Job) -> dict[str, str]:
    return {**job.kafka.spark(), "maxOffsetsPerTrigger": str(job.largest_batch)}


def _to_end(records: DataFrame, job: Job, options: Mapping[str, str]) -> None:
    query = (
        records.writeStream.format("kafka")
        .option("checkpointLocation", str(job.checkpoint.absolute()))
        .options(**job.kafka.spark(), **options)
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()


_OPTIONS: Mapping[str, Mapping[str, str]] = {"bare": PRODUCER, "json": {}}
"""Of the sink: the stream's own, or Spark's."""


def _measured(reports: Sequence[StreamingQueryProgress], java: psutil.Process) -> Measured:
    used = java.cpu_times()
    rows = sum(report.numInputRows for report in reports)
    spans = [(start := _unix(report.timestamp), start + report.batchDuration / 1000) for report in reports]
    done, half = 0, 0.0
    for report, (start, end) in zip(reports, spans, strict=True):
        before, done = done, done + report.numInputRows
        if before < rows / 2 <= done:
            half = start + (end - start) * (rows / 2 - before) / report.numInputRows
    whole = sum(report.batchDuration for report in reports)
    works = {work for report in reports for work in report.durationMs} - {"triggerExecution"}
    return Measured(
        rows=rows,
        rate=rows / (spans[-1][1] - spans[0][0]),
        later_rate=rows / 2 / (spans[-1][1] - half),
        cpu_seconds=used.user + used.system,
        resident=java.memory_info().rss,
        shares={
            work: round(sum(report.durationMs.get(work, 0) for report in reports) / whole, 3)
            for work in sorted(works)
        },
    )


def _unix(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
