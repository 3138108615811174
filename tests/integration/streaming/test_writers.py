"""What the session's own writer of rows makes is what Avro asks for, byte for byte."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from typing import Any

import fastavro
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import to_avro

from streaming.engine.spark import configure

KINDS: dict[str, tuple[Any, str, Any]] = {
    "int": ("int", "int", 7),
    "long": ("long", "bigint", 1 << 40),
    "double": ("double", "double", -0.5),
    "boolean": ("boolean", "boolean", False),
    "text": ("string", "string", "Zürich"),
    "bytes": ("bytes", "binary", b"\0\xff"),
    "enum": ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "string", "B"),
    "list": ({"type": "array", "items": "string"}, "array<string>", ["a", "b"]),
    "map": ({"type": "map", "values": "long"}, "map<string, bigint>", {"a": 1}),
    "time in ms": (
        {"type": "long", "logicalType": "timestamp-millis"},
        "timestamp",
        datetime(1969, 12, 31, 23, 59, 59, 999000, timezone.utc),
    ),
    "time in µs": (
        {"type": "long", "logicalType": "timestamp-micros"},
        "timestamp",
        datetime(2024, 2, 29, 1, 2, 3, 456789, timezone.utc),
    ),
    "float": ("float", "float", 0.25),
    "empty list": ({"type": "array", "items": ["null", "double"]}, "array<double>", []),
    "list with nulls": ({"type": "array", "items": ["double", "null"]}, "array<double>", [None, -1.5, None]),
    "list of records": (
        {"type": "array", "items": {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}},
        "array<struct<x: int>>",
        [{"x": -1}, {"x": 1 << 30}],
    ),
    "long text": ("string", "string", "ü" * 5000),
    "record": (
        {"type": "record", "name": "R", "fields": [{"name": "x", "type": ["null", "double"]}]},
        "struct<x: double>",
        {"x": 1.5},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("null_first", [True, False], ids=["null first", "null last"])
def test_a_nullable_value_is_written_as_avro_asks(spark: SparkSession, kind: str, null_first: bool) -> None:
    avro_type, spark_type, value = KINDS[kind]
    union = ["null", avro_type] if null_first else [avro_type, "null"]
    schema = {"type": "record", "name": "Whole", "fields": [{"name": "field", "type": union}]}
    session = configure(spark.newSession())
    rows = session.createDataFrame([(value,), (None,)], f"field {spark_type}")
    written = rows.select(to_avro(F.struct("field"), json.dumps(schema)).alias("body")).collect()
    parsed = fastavro.parse_schema(schema)
    for row, wanted in zip(written, (value, None), strict=True):
        body = io.BytesIO()
        fastavro.schemaless_writer(body, parsed, {"field": wanted})
        assert bytes(row.body) == body.getvalue()


def test_spark_s_own_expression_writes_by_the_writer_of_rows(spark: SparkSession) -> None:
    configure(spark.newSession())
    assert spark._jvm is not None
    expression = spark._jvm.java.lang.Class.forName("org.apache.spark.sql.avro.CatalystDataToAvro")
    assert "bySpark" in {method.getName() for method in expression.getDeclaredMethods()}


@pytest.mark.parametrize(
    ("avro_type", "value", "why"),
    [
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "'B'", "not defined in enum"),
        ("string", "CAST(NULL AS STRING)", "AVRO_CANNOT_WRITE_NULL_FIELD"),
    ],
    ids=["symbol", "null"],
)
def test_a_value_that_breaks_its_schema_fails_with_spark_s_own_words(
    spark: SparkSession, avro_type: Any, value: str, why: str
) -> None:
    schema = {"type": "record", "name": "Whole", "fields": [{"name": "field", "type": avro_type}]}
    row = configure(spark.newSession()).range(1).select(F.struct(F.expr(value).alias("field")).alias("row"))
    with pytest.raises(Exception, match=why):
        row.select(to_avro("row", json.dumps(schema))).collect()
