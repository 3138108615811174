"""Reads a window of a topic into Spark: decoded by the contract, with each record's coordinates beside it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.avro.spark_sql import Framed
from contracts.avro.wire import SEAL_FIELD, new_seal
from contracts.records.topic_weather_quality import Coordinates
from quality.sources import Sources
from quality.window.extent import Window

PARTITION, OFFSET, TIMESTAMP, WRITER = "_partition", "_offset", "_timestamp", "_writer"
"""Columns beside the record's fields: its Kafka coordinates and timestamp, and its writer schema's id."""

SOURCE_PARTITION, SOURCE_OFFSET = "_source_partition", "_source_offset"
"""Columns for the raw record behind it, as its headers name that one; null where they do not."""

PLACE = (PARTITION, OFFSET, SOURCE_PARTITION, SOURCE_OFFSET)
"""The columns that `coordinates` needs."""

LONGEST = 64
"""Characters that are kept of a text that comes from data."""

EXAMPLES = 5
"""How many examples each finding has at most."""

_BESIDE = (PARTITION, OFFSET, TIMESTAMP, WRITER, SOURCE_PARTITION, SOURCE_OFFSET)
_HEADERS = {SOURCE_PARTITION: ("source-partition", "int"), SOURCE_OFFSET: ("source-offset", "long")}
_READABLE = "_readable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of a window, in Spark's cache."""

    readable: DataFrame
    """A column for each field that was asked for, then those beside them, whose names begin with `_`."""
    rows: int
    """How many are readable."""
    unreadable: int
    unreadable_examples: tuple[Coordinates, ...]


@contextlib.contextmanager
def read(sources: Sources, spark: SparkSession, window: Window, fields: Collection[str]) -> Iterator[Records]:
    """Read `fields` of the records of `window`, and keep them in the cache for the block."""
    kept = decoded(sources, spark, window, fields).cache()
    try:
        counts = {row[0]: row[1] for row in kept.groupBy(_READABLE).count().collect()}
        examples: tuple[Coordinates, ...] = ()
        if counts.get(False):
            places = kept.where(f"NOT {_READABLE}").select(*PLACE).orderBy(PARTITION, OFFSET)
            rows = places.limit(EXAMPLES).collect()
            examples = tuple(coordinates(row, window.topic, sources.product.raw.topic) for row in rows)
        yield Records(
            readable=kept.where(_READABLE).drop(_READABLE),
            rows=counts.get(True, 0),
            unreadable=counts.get(False, 0),
            unreadable_examples=examples,
        )
    finally:
        kept.unpersist()


def decoded(sources: Sources, spark: SparkSession, window: Window, fields: Collection[str]) -> DataFrame:
    """Every record of `window`, all registered versions resolved to the newest of the contract.

    It has those of `fields` that the contract has. They are null where `_readable`, behind those columns that
    `Records` has, is false.
    """
    seal, writers = new_seal(), sources.writers(window.topic)
    reader = sources.contract(window.topic).newest.schema
    framed = Framed(value="value", headers="headers")
    sealed = _kafka(sources, spark, window).select(
        F.col("partition").alias(PARTITION),
        F.col("offset").alias(OFFSET),
        F.col("timestamp").alias(TIMESTAMP),
        F.expr(framed.writer_id(writers)).alias(WRITER),
        *(_header(name, kind).alias(column) for column, (name, kind) in _HEADERS.items()),
        F.expr(framed.record(writers, reader, seal)).alias("sealed"),
    )
    whole: Column = F.col(f"sealed.{SEAL_FIELD}") == F.lit(seal)
    names = [field["name"] for field in reader["fields"] if field["name"] in fields]
    return sealed.select(
        *(F.when(whole, F.col("sealed")[name]).alias(name) for name in names),
        *_BESIDE,
        F.coalesce(whole, F.lit(False)).alias(_READABLE),
    )


def coordinates(row: Row | Mapping[str, int], topic: str, raw: str) -> Coordinates:
    """Where a record of `topic` is, and the record of the topic `raw` behind it, by the columns `PLACE`."""
    return Coordinates(
        topic=topic,
        partition=row[PARTITION],
        offset=row[OFFSET],
        source_topic=raw if row[SOURCE_OFFSET] is not None else None,
        source_partition=row[SOURCE_PARTITION],
        source_offset=row[SOURCE_OFFSET],
    )


def _kafka(sources: Sources, spark: SparkSession, window: Window) -> DataFrame:
    starts = {str(part.partition): part.start for part in window.slices}
    ends = {str(part.partition): part.end for part in window.slices}
    return (
        spark.read.format("kafka")
        .options(**sources.kafka.spark())
        .option("assign", json.dumps({window.topic: [part.partition for part in window.slices]}))
        .option("startingOffsets", json.dumps({window.topic: starts}))
        .option("endingOffsets", json.dumps({window.topic: ends}))
        .option("includeHeaders", "true")
        .load()
    )


def _header(name: str, kind: str) -> Column:
    """A header whose value is decimal text, as a number; null where it is missing or is none."""
    found = F.filter("headers", lambda header: header["key"] == F.lit(name))
    return F.when(F.size(found) > 0, found[0]["value"].cast("string")).try_cast(kind)
