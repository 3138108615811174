"""From the bytes of a raw record to its fields, by the schema that it was written with.

Avro does not notice bytes that are left over after a record. So a seal of random bytes is put behind each
value and read back as one more field: it comes out unharmed only when the record ends exactly where the
value does. That costs one copy of the value; encoding the record again to compare lengths costs half the
throughput, and would refuse lawful encodings that are not the shortest.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.avro.spark_sql import Framed
from contracts.avro.wire import SEAL_FIELD
from contracts.folder.model import JsonSchema


def decode(
    records: DataFrame,
    *,
    writers: Mapping[int, str],
    guids: Mapping[str, int],
    reader: JsonSchema,
    seal: bytes,
    largest: int,
) -> DataFrame:
    """Add what names the schema, and what the value holds by it.

    `writers` are the schemas by registry id, records or unions that hold one; `guids` their ids by GUID.
    Adds `wire_header` (the bytes that name the schema: magic and id, or magic and GUID where no id is known
    for it), `in_kafka_header` (boolean), `writer_schema_id` (int, null where unknown), `record` (struct) and
    `sealed` (boolean). A value that does not decode, is larger than `largest` bytes or names another schema
    gives a record of nulls; `sealed` is true where the record fills its value exactly.
    """
    framed = Framed(value="source_value", headers="source_headers", guids=guids)
    record = framed.record(writers, reader, seal)
    decoded = records.select(
        "*",
        F.expr(framed.header).alias("wire_header"),
        F.expr(f"{framed.kafka_header} IS NOT NULL").alias("in_kafka_header"),
        F.expr(framed.writer_id(writers)).alias("writer_schema_id"),
        F.expr(f"CASE WHEN length(source_value) <= {largest} THEN {record} END").alias("record"),
    )
    return decoded.withColumn("sealed", F.col(f"record.{SEAL_FIELD}") == F.lit(seal))
