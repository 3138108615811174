"""Writes and reads in the real engines: Spark's `to_avro` and `from_avro`, and fastavro."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fastavro

from contracts.evolution.compatibility import Type, parse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_AT_ONCE = 50
"""Schemas in one projection; more make Spark's planning slow."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value's bytes, the schema they were written with, and the one to read them with; both as JSON."""

    writer: Any
    reader: Any
    body: bytes

    @property
    def types(self) -> tuple[Type, Type]:
        """Reader and writer, parsed."""
        return parse(self.reader), parse(self.writer)


def read_in_fastavro(reading: Reading) -> Any:
    """What fastavro reads; its parser changes what it is given, hence the copies."""
    writer, reader = (
        fastavro.parse_schema(json.loads(json.dumps(s))) for s in (reading.writer, reading.reader)
    )
    return fastavro.schemaless_reader(io.BytesIO(reading.body), writer, reader)


def read_in_spark(spark: SparkSession, readings: Sequence[Reading]) -> list[tuple[Any, bytes]]:
    """Of each reading what Spark reads, and the bytes that it writes of the same value; many in one query."""
    found: list[tuple[Any, bytes]] = []
    for start in range(0, len(readings), _AT_ONCE):
        found += _one_query(spark, readings[start : start + _AT_ONCE])
    return found


def _one_query(spark: SparkSession, readings: Sequence[Reading]) -> list[tuple[Any, bytes]]:
    from pyspark.sql import functions as F  # noqa: N812 - its usual name
    from pyspark.sql.avro.functions import from_avro, to_avro

    columns = []
    for number, reading in enumerate(readings):
        writer, body = json.dumps(reading.writer), F.unhex(F.lit(reading.body.hex()))
        options = {"mode": "FAILFAST", "avroSchema": json.dumps(reading.reader)}
        columns.append(from_avro(body, writer, options).alias(f"read_{number}"))
        written = to_avro(from_avro(body, writer, {"mode": "FAILFAST"}), writer)
        columns.append(written.alias(f"written_{number}"))
    try:
        [row] = spark.range(1).select(*columns).collect()
    except Exception as error:
        if len(readings) == 1:
            told = str(error).splitlines()[0]
            raise AssertionError(f"Spark fails on {readings[0]}: {told}") from error
        half = len(readings) // 2
        return _one_query(spark, readings[:half]) + _one_query(spark, readings[half:])
    return [(row[2 * n], bytes(row[2 * n + 1])) for n in range(len(readings))]
