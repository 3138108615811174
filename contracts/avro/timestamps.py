"""Times that every reader can hold, and Spark's Kafka source mended for those that it cannot.

Kafka keeps whatever time a producer stamps a record with. Spark's source turns it into microseconds and fails
the task where that overflows, column asked for or not: one such record would stop a stream for good.
"""

from __future__ import annotations

from typing import Any

from contracts.avro.java import change_class

EARLIEST_MS, LATEST_MS = -62_135_596_800_000, 253_402_300_799_999
"""First and last millisecond of the years 1 to 9999, since 1970, UTC: what Python's `datetime` holds."""

KAFKA_SINCE_MS = 1_293_840_000_000
"""The year 2011, in which Kafka's first version came out: no record was stamped before it."""
CLOCKS_AGREE_WITHIN_MS = 60_000
"""Of the machines that stamp records and of those that read them: a time further ahead is a mistake."""

_CONVERTER = "org.apache.spark.sql.kafka010.KafkaRecordToRowConverter"
_NEIGHBOUR = "org.apache.spark.sql.kafka010.KafkaSourceProvider"
_NEAREST = f"""
public static java.sql.Timestamp nearest(long millis) {{
    return new java.sql.Timestamp(Math.max({EARLIEST_MS}L, Math.min({LATEST_MS}L, millis)));
}}"""
"""Java that stands where Spark's own class has `new Timestamp(millis)`."""


def accept_any_timestamp(spark: Any) -> None:
    """Let the Kafka source of a `spark` session give the nearest time of the years 1 to 9999.

    It holds for the session's own Java process, and has to come before that first reads from Kafka. Where
    that cannot be done the source stays as it is, and such a record ends the stream with a sentence.
    """

    def instead(classes: Any, converter: Any) -> None:
        nearest = spark._jvm.javassist.CtNewMethod.make(_NEAREST, converter)
        made_by = spark._jvm.javassist.CodeConverter()
        made_by.replaceNew(classes.get("java.sql.Timestamp"), converter, nearest.getName())
        converter.instrument(made_by)
        converter.addMethod(nearest)

    change_class(spark, _CONVERTER, _NEIGHBOUR, instead)
