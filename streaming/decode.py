"""From the bytes of a raw record to its fields, by the schema that it was written with.

Avro does not notice bytes that are left over after a record. So a seal of random bytes is put behind each
value and read back as one more field: it comes out unharmed only when the record ends exactly where the
value does. That costs one copy of the value; encoding the record again to compare lengths costs half the
throughput, and would refuse lawful encodings that are not the shortest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import from_avro

from contracts.model import JsonSchema
from contracts.wire import HEADER_SIZE, SEAL_FIELD, frame, sealed_schema


def decode(
    records: DataFrame, *, writers: Mapping[int, str], reader: JsonSchema, seal: bytes, largest: int
) -> DataFrame:
    """Add `writer_schema_id` (int, null where unknown), `record` (struct) and `sealed` (boolean).

    `writers` are the schemas by registry id. A value that does not decode, is larger than `largest` bytes or
    names another id gives a record of nulls; `sealed` is true where the record fills its value exactly.
    """
    header = F.substring("source_value", 1, HEADER_SIZE)
    value = F.concat(F.col("source_value"), F.lit(seal))
    options = {"mode": "PERMISSIVE", "avroSchema": sealed_schema(reader)}
    known: Column = F.lit(None).cast("int")
    record = F.when(F.length("source_value") > largest, None)
    for schema_id, text in writers.items():
        named = header == F.lit(frame(schema_id, b""))
        known = F.when(named, schema_id).otherwise(known)
        record = record.when(named, from_avro(value, sealed_schema(json.loads(text)), options))
    decoded = records.select("*", known.alias("writer_schema_id"), record.alias("record"))
    return decoded.withColumn("sealed", F.col(f"record.{SEAL_FIELD}") == F.lit(seal))
