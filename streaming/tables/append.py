"""One batch: the records of some spans, decoded by the contract, appended in one snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession

from contracts.avro.wire import new_seal
from contracts.checks.rules import column
from contracts.kafka.cluster import Kafka
from contracts.kafka.coordinates import OFFSET_HEADER, PARTITION_HEADER
from contracts.kafka.log import Span
from contracts.tables.columns import OFFSET, PARTITION, RAW_OFFSET, RAW_PARTITION, TIMESTAMP, VERSION
from contracts.tables.keep import SNAPSHOT_ENDS
from contracts.tables.known import Known
from streaming.record.decode import decode
from streaming.record.source import header, named
from streaming.tables.spark import full_name

_LARGEST = 8 << 20
"""Bytes of a value. A dead letter holds a whole record."""


def append(
    spark: SparkSession, kafka: Kafka, known: Known, spans: Mapping[int, Span], ends: Mapping[int, int]
) -> None:
    """Append the records of `spans`, by partition; the snapshot notes `ends`, up to which all is read then.

    Records that nobody can read by the contract are left out. Raises what Spark raises.
    """
    rows(spark, kafka, known, spans).writeTo(full_name(known.contract.topic)).options(
        **{
            f"snapshot-property.{SNAPSHOT_ENDS}": json.dumps(
                {str(p): end for p, end in sorted(ends.items())}
            ),
            # What Avro decodes may be null to Spark, whatever the schema says.
            "check-nullability": "false",
        }
    ).append()


def rows(spark: SparkSession, kafka: Kafka, known: Known, spans: Mapping[int, Span]) -> DataFrame:
    """The table's columns, of the readable records of `spans`."""
    topic = known.contract.topic
    reader = spark.read.format("kafka").options(
        **kafka.spark(),
        assign=json.dumps({topic: sorted(spans)}),
        startingOffsets=json.dumps({topic: {str(p): span.begin for p, span in spans.items()}}),
        endingOffsets=json.dumps({topic: {str(p): span.end for p, span in spans.items()}}),
        includeHeaders="true",
        failOnDataLoss="true",
    )
    decoded = decode(
        named(reader.load()),
        writers=known.writers,
        guids=known.guids,
        reader=known.contract.newest.schema,
        seal=new_seal(),
        largest=_LARGEST,
    )
    names = [one["name"] for one in known.contract.newest.schema["fields"]]
    readable = decoded.where("writer_schema_id IS NOT NULL AND sealed")
    return readable.selectExpr(
        *(f"record.{column(name)} AS {column(name)}" for name in names),
        f"source_partition AS {PARTITION}",
        f"source_offset AS {OFFSET}",
        f"source_timestamp AS {TIMESTAMP}",
        f"{header(PARTITION_HEADER, 'INT')} AS {RAW_PARTITION}",
        f"{header(OFFSET_HEADER, 'BIGINT')} AS {RAW_OFFSET}",
        f"{_version(known.versions)} AS {VERSION}",
    )


def _version(versions: Mapping[int, int]) -> str:
    cases = " ".join(f"WHEN {schema_id} THEN {number}" for schema_id, number in versions.items())
    return f"CAST(CASE writer_schema_id {cases} END AS INT)" if cases else "CAST(NULL AS INT)"
