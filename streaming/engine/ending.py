"""Ends a query between two batches.

Spark's `stop` interrupts whatever is under way, and that is always something while records keep coming: by
the time that anyone has heard of the end of one batch the next is planned, and would have to be finished as
after a crash. So the query first gets the sign that it is over, which it looks at after each batch.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

_STATES = "org.apache.spark.sql.execution.streaming.runtime"


def begin_no_batch(query: StreamingQuery, spark: SparkSession) -> None:
    """Have `query` end behind the batch that is under way; it still waits out its trigger, then."""
    jvm: Any = spark._jvm
    terminated = getattr(getattr(jvm, f"{_STATES}.TERMINATED$"), "MODULE$")
    _execution(query).state().set(terminated)


def is_in_batch(query: StreamingQuery) -> bool:
    """Whether a batch is under way."""
    return bool(_execution(query).queryExecutionThread().isAlive() and query.status["isTriggerActive"])


def _execution(query: StreamingQuery) -> Any:
    return query._jsq.streamingQuery()
