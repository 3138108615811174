"""From the bytes of a raw record to its fields, by the schema that it was written with.

Avro does not notice bytes that are left over after a record. So a seal of random bytes is put behind each
value and read back as one more field: it comes out unharmed only when the record ends exactly where the
value does. That costs one copy of the value; encoding the record again to compare lengths costs half the
throughput, and would refuse lawful encodings that are not the shortest.

What names the schema stands before the value, or in a Kafka header: its id, or its GUID where the registry
tells such. Most records have no headers, and pay a look whether there are any.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import from_avro

from contracts.model import JsonSchema
from contracts.wire import (
    BODY_FIELD,
    GUID_HEADER_SIZE,
    GUID_MAGIC,
    HEADER_FIELD,
    HEADER_SIZE,
    SCHEMA_ID_HEADER,
    SEAL_FIELD,
    frame,
    sealed_schema,
)

_KAFKA_HEADER = f"""CASE WHEN source_headers IS NOT NULL
    THEN element_at(filter(source_headers, header -> header.key = '{SCHEMA_ID_HEADER}'), -1).value END"""
"""Spark SQL for the content of the last such header, as Confluent's clients take it; null without one."""


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
    in_kafka_header = F.expr(f"{_KAFKA_HEADER} IS NOT NULL")
    header = F.expr(_wire_header(guids))
    framed = F.when(in_kafka_header, F.concat(header, F.col("source_value")))
    if guids:
        body = F.expr(f"substring(source_value, {GUID_HEADER_SIZE + 1})")
        framed = framed.when(F.expr(_begins_with_guid()), F.concat(header, body))
    value = F.concat(framed.otherwise(F.col("source_value")), F.lit(seal))
    known: Column = F.lit(None).cast("int")
    record = F.when(F.length("source_value") > largest, None)
    for schema_id, text in writers.items():
        named = header == F.lit(frame(schema_id, b""))
        known = F.when(named, schema_id).otherwise(known)
        record = record.when(named, _read(value, json.loads(text), reader))
    decoded = records.select(
        "*",
        header.alias("wire_header"),
        in_kafka_header.alias("in_kafka_header"),
        known.alias("writer_schema_id"),
        record.alias("record"),
    )
    return decoded.withColumn("sealed", F.col(f"record.{SEAL_FIELD}") == F.lit(seal))


def _wire_header(guids: Mapping[str, int]) -> str:
    """Spark SQL for what names the schema, with an id in the place of a GUID that is known."""
    before = f"substring(source_value, 1, {HEADER_SIZE})"
    if not guids:
        return f"coalesce({_KAFKA_HEADER}, {before})"
    whole = f"substring(source_value, 1, {GUID_HEADER_SIZE})"
    before = f"CASE WHEN {_begins_with_guid()} THEN {whole} ELSE {before} END"
    told = f"coalesce({_KAFKA_HEADER}, {before})"
    rows = " ".join(
        f"WHEN X'{GUID_MAGIC:02x}{UUID(guid).hex}' THEN X'{frame(schema_id, b'').hex()}'"
        for guid, schema_id in sorted(guids.items())
    )
    return f"CASE {told} {rows} ELSE {told} END"


def _begins_with_guid() -> str:
    return f"substring(source_value, 1, 1) = X'{GUID_MAGIC:02x}'"


def _read(value: Column, writer: JsonSchema | list[object], reader: JsonSchema) -> Column:
    if isinstance(writer, list):
        options = {"mode": "PERMISSIVE", "avroSchema": sealed_schema([reader])}
        read = from_avro(value, sealed_schema(writer), options)

        def flat(one: Column) -> Column:
            fields = (one[BODY_FIELD][field["name"]].alias(field["name"]) for field in reader["fields"])
            return F.struct(one[HEADER_FIELD].alias(HEADER_FIELD), *fields, one[SEAL_FIELD].alias(SEAL_FIELD))

        # Inside a function of it, since each mention would read the value again.
        return F.transform(F.array(read), flat)[0]
    options = {"mode": "PERMISSIVE", "avroSchema": sealed_schema(reader)}
    return from_avro(value, sealed_schema(writer), options)
