"""The work of `work.py` as a pipeline without contracts does it: JSON in and out, by Spark's own settings.

Times are numbers in milliseconds on both sides. It is one query without a branch, as the stream is, since two
queries would read everything twice. Its producer has the stream's settings, and its records the same headers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import from_avro
from pyspark.sql.types import LongType, StructField, StructType

from contracts.folder.model import JsonSchema
from streaming.engine.query import PRODUCER
from streaming.engine.spark import SQL_SETTINGS, session
from streaming.record.encode import SOURCE
from streaming.record.plan import enriched
from streaming.record.source import read_stream
from tests.bench.peers.topics import Topics
from tests.bench.peers.work import Work, times_of


def run(given: str) -> None:
    """Take the records of a topic to its end, by Spark's own settings."""
    spark = session()
    for name in SQL_SETTINGS.keys() - {"spark.sql.session.timeZone", "spark.sql.ansi.enabled"}:
        spark.conf.unset(name)
    _to_end(spark, Topics.given(given))


def run_unfused(given: str) -> None:
    """The same by the stream's settings: Spark fuses nothing into methods that are too long to compile."""
    _to_end(session(), Topics.given(given))


def _to_end(spark: SparkSession, topics: Topics) -> None:
    work = Work()
    kafka = {"kafka.bootstrap.servers": topics.bootstrap}
    reader = from_avro(F.lit(None).cast("binary"), json.dumps(work.reader))
    schema = cast(StructType, spark.range(0).select(reader.alias("record")).schema["record"].dataType)
    times = times_of(work.reader)
    written = StructType(
        [StructField(one.name, LongType() if one.name in times else one.dataType) for one in schema]
    )
    text = F.col("source_value").cast("string")
    parsed = read_stream(spark, topics.raw, kafka).withColumn("record", F.from_json(text, written))
    decoded = parsed.withColumns(
        {
            "record": F.struct(
                *(
                    F.expr(f"timestamp_millis(record.{name})" if name in times else f"record.{name}").alias(
                        name
                    )
                    for name in written.names
                )
            ),
            "writer_schema_id": F.lit(topics.writer),
        }
    )
    records = enriched(decoded, work.plan, beside=work.verdict)
    published = F.col("reason").isNull()
    good = _as_json(work.published, work.plan.final.newest.schema)
    bad = _as_json(work.dead_letter, work.plan.quarantine.newest.schema)
    query = (
        records.select(
            F.when(published, F.lit(topics.final)).otherwise(F.lit(topics.quarantine)).alias("topic"),
            F.when(published, F.col(work.plan.final.key or "station").cast("binary"))
            .otherwise(F.col("source_key"))
            .alias("key"),
            F.when(published, good).otherwise(bad).alias("value"),
            F.expr(SOURCE).alias("headers"),
        )
        .writeStream.format("kafka")
        .option("checkpointLocation", str(Path(topics.folder, "checkpoint")))
        .options(**kafka, **PRODUCER)
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    spark.stop()


def _as_json(rows: Mapping[str, str], schema: JsonSchema) -> Column:
    times = times_of(schema)
    shown = {name: f"unix_millis({sql})" if name in times else sql for name, sql in rows.items()}
    return F.to_json(F.struct(*(F.expr(sql).alias(name) for name, sql in shown.items())))
