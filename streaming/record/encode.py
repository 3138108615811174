"""From judged rows to what Kafka gets: topic, key, framed Avro value, and headers that name the source."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import to_avro

from contracts.avro.timestamps import EARLIEST_MS, LATEST_MS
from contracts.avro.wire import frame
from contracts.checks.rules import literal
from contracts.folder.model import JsonSchema
from contracts.kafka.coordinates import OFFSET_HEADER, PARTITION_HEADER
from streaming.record.judge import HAS_ID, SCHEMA_ID, Reason, first_that_holds
from streaming.record.schema import enums, field_names
from streaming.record.trace import TRACE

MARK = "replay-of"
"""Header of a reprocessed record, raw and published: partition and offset of its dead letter, as `2:17`. A
record that is reprocessed again has one for each time."""

SOURCE = f"""array(
    named_struct('key', '{PARTITION_HEADER}', 'value', CAST(CAST(source_partition AS STRING) AS BINARY)),
    named_struct('key', '{OFFSET_HEADER}', 'value', CAST(CAST(source_offset AS STRING) AS BINARY)))"""
"""Spark SQL for the headers of every published record."""
# Most raw records have no headers, and pay nothing for marks and traces.
_HEADERS = f"""CASE WHEN source_headers IS NULL THEN {SOURCE}
    ELSE concat({SOURCE}, filter(source_headers, header -> header.key = '{MARK}'), {TRACE}) END"""


@dataclass(frozen=True, slots=True)
class Output:
    """A topic that the stream writes to, and the registered schema of its values."""

    topic: str
    schema_id: int
    schema: JsonSchema
    sure: Collection[str] = ()
    """Fields whose texts are symbols of their enums, whatever the record."""


# Executors of a cluster have Spark's own source, which gives times beyond the calendar of most readers.
_WITHIN_THE_CALENDAR = (
    f"greatest(least(source_timestamp, timestamp_millis({LATEST_MS}L)), timestamp_millis({EARLIEST_MS}L))"
)

SOURCE_COLUMNS = ("source_partition", "source_offset")
PROVENANCE = {
    "source_partition": "source_partition",
    "source_offset": "source_offset",
    "ingested_at": _WITHIN_THE_CALENDAR,
}
"""Fields of a final contract that say which raw record they were made from, each with its Spark SQL."""


def encode(
    judged: DataFrame,
    found: Iterable[Reason],
    *,
    key: str,
    finals: Sequence[tuple[Output, Mapping[str, str]]],
    quarantine: Output,
    beside: Sequence[str | Column] = SOURCE_COLUMNS,
) -> DataFrame:
    """Turn each row into Kafka records: `topic`, `key`, `value`, `headers`; with the columns `beside`.

    A published row is one record for each of `finals`, a topic and the Spark SQL of its fields. These are
    made here, so that nothing is copied which only a published record needs. Its field `key` is their key.
    """
    publish = F.col("reason").isNull()
    headers = F.expr(_HEADERS).alias("headers")
    put_away = framed(quarantine, dead_letter(found))
    own_key = F.when(publish, F.col(key).cast("binary")).otherwise(F.col("source_key")).alias("key")
    # What else was judged is copied no further. Only the branch that is taken is evaluated: a null where Avro
    # allows none would fail the task.
    if len(finals) == 1:
        ((final, fields),) = finals
        topic = F.when(publish, F.lit(final.topic)).otherwise(F.lit(quarantine.topic)).alias("topic")
        value = F.when(publish, framed(final, fields)).otherwise(put_away).alias("value")
        return judged.select(*beside, topic, own_key, value, headers)
    published = [_for_topic(output.topic, framed(output, fields)) for output, fields in finals]
    records = F.when(publish, F.array(*published)).otherwise(F.array(_for_topic(quarantine.topic, put_away)))
    several = judged.select(*beside, own_key, headers, F.explode(records).alias("record"))
    kept = [name for name in several.columns if name not in {"key", "headers", "record"}]
    return several.select(*kept, "record.topic", "key", "record.value", "headers")


def _for_topic(topic: str, value: Column) -> Column:
    return F.struct(F.lit(topic).alias("topic"), value.alias("value"))


def put_aside(encoded: DataFrame, reason: Reason, quarantine: Output) -> DataFrame:
    """Make dead letters of those `encoded` rows for which `reason` holds; their source stands beside them."""
    holds = F.expr(reason.holds)

    def instead(name: str, value: Column) -> Column:
        return F.when(holds, value).otherwise(F.col(name))

    told = encoded.withColumn("reason", instead("reason", F.lit(reason.code)))
    return told.withColumns(
        {
            "topic": instead("topic", F.lit(quarantine.topic)),
            "key": instead("key", F.col("source_key")),
            "value": instead("value", framed(quarantine, dead_letter([reason]))),
        }
    )


def dead_letter(found: Iterable[Reason]) -> Mapping[str, str]:
    """Fields of the quarantine contract, each with the Spark SQL for it."""
    return {
        "reason": "reason",
        "explanation": first_that_holds(found, lambda reason: reason.explanation),
        "rules": "CASE WHEN reason = 'RULE_BROKEN' THEN broken ELSE CAST(array() AS ARRAY<STRING>) END",
        "stage": literal("STREAMING"),
        "schema_id": f"CASE WHEN {HAS_ID} THEN {SCHEMA_ID} END",
        "source_topic": "source_topic",
        "source_partition": "source_partition",
        "source_offset": "source_offset",
        "source_timestamp": _WITHIN_THE_CALENDAR,
        "key": "source_key",
        "value": "source_value",
        "headers": "coalesce(source_headers, CAST(array() AS ARRAY<STRUCT<key: STRING, value: BINARY>>))",
    }


def framed(output: Output, fields: Mapping[str, str]) -> Column:
    """The framed Avro value of a record whose `fields` have this Spark SQL."""
    known = {name: enum for name, enum in enums(output.schema).items() if name not in output.sure}
    record = F.struct(
        *(
            F.expr(_symbol(fields[name], known[name]) if name in known else fields[name]).alias(name)
            for name in field_names(output.schema)
        )
    )
    return F.concat(F.lit(frame(output.schema_id, b"")), to_avro(record, json.dumps(output.schema)))


def _symbol(expression: str, enum: JsonSchema) -> str:
    """A symbol that the enum has: another, from a newer contract, becomes its default."""
    symbols = ", ".join(literal(symbol) for symbol in enum["symbols"])
    default = literal(enum["default"])
    return (
        f"CASE WHEN {expression} IN ({symbols}) THEN {expression}"
        f" WHEN {expression} IS NOT NULL THEN {default} END"
    )
