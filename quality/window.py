"""Reads a window of a topic into Spark: decoded by the contract, with each record's coordinates beside it.

A value is decoded whole, wire header included, between the header and a seal of random bytes that is put
behind it. So one look tells whether it decodes at all (the header is there) and whether it ends where its
record does (the seal is unharmed).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import from_avro

from contracts.kafka import Kafka
from contracts.model import JsonSchema
from contracts.wire import (
    BODY_FIELD,
    HEADER_FIELD,
    HEADER_SIZE,
    SCHEMA_ID_HEADER,
    SEAL_FIELD,
    frame,
    new_seal,
    sealed_schema,
)
from quality.places import Coordinates, Window

PARTITION, OFFSET, TIMESTAMP, WRITER = "_partition", "_offset", "_timestamp", "_writer"
"""Columns beside the record's fields: its Kafka coordinates and timestamp, and its writer schema's id."""

SOURCE_PARTITION, SOURCE_OFFSET = "_source_partition", "_source_offset"
"""Columns for the raw record that it was made from, as its headers name it; null where they do not."""

RAW_TOPIC = "topic-weather"
"""The topic that those headers speak of."""

EXAMPLES = 5
"""How many examples are named of each finding."""

_BESIDE = (PARTITION, OFFSET, TIMESTAMP, WRITER, SOURCE_PARTITION, SOURCE_OFFSET)
_HEADERS = {SOURCE_PARTITION: ("source-partition", "int"), SOURCE_OFFSET: ("source-offset", "long")}
_READABLE = "_readable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """A window that was read, and is cached."""

    readable: DataFrame
    """A column for each field of the contract, then those beside them, whose names begin with `_`."""
    rows: int
    unreadable: int
    unreadable_examples: tuple[Coordinates, ...]


@contextlib.contextmanager
def read(
    spark: SparkSession,
    window: Window,
    *,
    kafka: Kafka,
    writers: Mapping[int, str],
    reader: JsonSchema,
) -> Iterator[Records]:
    """Read `window`, and keep it cached for the block.

    `writers` are the registered schemas by id, all of them resolved to `reader`.
    """
    kept = decoded(spark, window, kafka=kafka, writers=writers, reader=reader).cache()
    try:
        counted = {row[0]: row[1] for row in kept.groupBy(_READABLE).count().collect()}
        unreadable = counted.get(False, 0)
        broken = kept.where(f"NOT {_READABLE}")
        yield Records(
            readable=kept.where(_READABLE).drop(_READABLE),
            rows=counted.get(True, 0),
            unreadable=unreadable,
            unreadable_examples=first_coordinates(broken, window.topic) if unreadable else (),
        )
    finally:
        kept.unpersist()


def decoded(
    spark: SparkSession,
    window: Window,
    *,
    kafka: Kafka,
    writers: Mapping[int, str],
    reader: JsonSchema,
) -> DataFrame:
    """Every record of `window`, its fields null where `_readable`, behind those of `Records`, is false."""
    found = _decode(_kafka(spark, window, kafka), writers, reader)
    return found.select("record.*", *_BESIDE, F.col("record").isNotNull().alias(_READABLE))


def first_coordinates(rows: DataFrame, topic: str) -> tuple[Coordinates, ...]:
    """Where the first of `rows` are."""
    places = rows.select(PARTITION, OFFSET, SOURCE_PARTITION, SOURCE_OFFSET)
    first = places.orderBy(PARTITION, OFFSET).limit(EXAMPLES).collect()
    return tuple(coordinates(row, topic) for row in first)


def coordinates(row: Row, topic: str) -> Coordinates:
    """Where a record is, and the raw record behind it, by the columns beside its fields."""
    return Coordinates(
        topic=topic,
        partition=row[PARTITION],
        offset=row[OFFSET],
        source_topic=RAW_TOPIC if row[SOURCE_OFFSET] is not None else None,
        source_partition=row[SOURCE_PARTITION],
        source_offset=row[SOURCE_OFFSET],
    )


def _kafka(spark: SparkSession, window: Window, kafka: Kafka) -> DataFrame:
    starts = {str(part.partition): part.start for part in window.slices}
    ends = {str(part.partition): part.end for part in window.slices}
    return (
        spark.read.format("kafka")
        .options(**kafka.spark())
        .option("assign", json.dumps({window.topic: [part.partition for part in window.slices]}))
        .option("startingOffsets", json.dumps({window.topic: starts}))
        .option("endingOffsets", json.dumps({window.topic: ends}))
        .option("includeHeaders", "true")
        .load()
    )


def _decode(records: DataFrame, writers: Mapping[int, str], reader: JsonSchema) -> DataFrame:
    seal = new_seal()
    named_in = F.filter("headers", lambda header: header["key"] == F.lit(SCHEMA_ID_HEADER))
    apart = F.when(F.size(named_in) > 0, F.element_at(named_in, -1)["value"])
    header = F.coalesce(apart, F.substring("value", 1, HEADER_SIZE))
    value = F.concat(F.when(apart.isNotNull(), apart).otherwise(F.lit(b"")), "value", F.lit(seal))
    decoded, writer = F.lit(None), F.lit(None).cast("int")
    for schema_id, text in writers.items():
        named = header == F.lit(frame(schema_id, b""))
        decoded = F.when(named, _read(value, json.loads(text), reader)).otherwise(decoded)
        writer = F.when(named, schema_id).otherwise(writer)
    sealed = records.select(
        F.col("partition").alias(PARTITION),
        F.col("offset").alias(OFFSET),
        F.col("timestamp").alias(TIMESTAMP),
        writer.alias(WRITER),
        *(_header(name, kind).alias(beside) for beside, (name, kind) in _HEADERS.items()),
        decoded.alias("sealed"),
    )
    whole: Column = F.col(f"sealed.{SEAL_FIELD}") == F.lit(seal)
    return sealed.select(
        *_BESIDE, F.when(whole, F.col("sealed").dropFields(HEADER_FIELD, SEAL_FIELD)).alias("record")
    )


def _read(value: Column, writer: JsonSchema | list[Any], reader: JsonSchema) -> Column:
    """A sealed value as a struct of the reader's fields between header and seal."""
    if not isinstance(writer, list):
        options = {"mode": "PERMISSIVE", "avroSchema": sealed_schema(reader)}
        return from_avro(value, sealed_schema(writer), options)

    def flat(one: Column) -> Column:
        fields = (one[BODY_FIELD][field["name"]].alias(field["name"]) for field in reader["fields"])
        return F.struct(one[HEADER_FIELD].alias(HEADER_FIELD), *fields, one[SEAL_FIELD].alias(SEAL_FIELD))

    options = {"mode": "PERMISSIVE", "avroSchema": sealed_schema([reader])}
    # Inside a function of it, since each mention would read the value again.
    return F.transform(F.array(from_avro(value, sealed_schema(writer), options)), flat)[0]


def _header(name: str, kind: str) -> Column:
    """A header whose value is decimal text, as a number; null where it is missing or is none."""
    found = F.filter("headers", lambda header: header["key"] == F.lit(name))
    return F.when(F.size(found) > 0, found[0]["value"].cast("string")).try_cast(kind)
