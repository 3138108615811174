"""Times that every reader can hold, and Spark's Kafka source mended for those that it cannot.

Kafka keeps whatever time a producer stamps a record with. Spark's source turns it into microseconds and fails
the task where that overflows, column asked for or not: one such record would stop a stream for good.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

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

    It holds for the session's own Java process, and has to come before that first reads from Kafka: Spark's
    class is defined there anew, by the Javassist that Spark brings. Where that cannot be done the source
    stays as it is.
    """
    jvm = spark._jvm
    # Whatever Java or py4j says: such a record then ends the stream with a sentence.
    with suppress(Exception):
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        classes = jvm.javassist.ClassPool(True)
        classes.appendClassPath(jvm.javassist.LoaderClassPath(loader))
        converter = classes.get(_CONVERTER)
        nearest = jvm.javassist.CtNewMethod.make(_NEAREST, converter)
        made_by = jvm.javassist.CodeConverter()
        made_by.replaceNew(classes.get("java.sql.Timestamp"), converter, nearest.getName())
        converter.instrument(made_by)
        converter.addMethod(nearest)
        converter.toClass(loader.loadClass(_NEIGHBOUR))
