"""What Spark writes of a union is what Avro asks for, however its branch was found."""

from __future__ import annotations

import io
import json
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
