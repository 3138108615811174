"""Ends a query between two batches.

Spark's `stop` interrupts whatever is under way, and that is always something while records keep coming: by
the time that anyone has heard of the end of one batch the next is planned, and would have to be finished as
after a crash. So the query first gets the sign that it is over, which it looks at after each batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

_ENDS_WITHIN = 60.0
"""Seconds that the batch under way is waited for."""
_LOOK_EVERY = 0.02
_STATES = "org.apache.spark.sql.execution.streaming.runtime"


def end_between_batches(
    query: StreamingQuery, spark: SparkSession, meanwhile: Callable[[float], None] = time.sleep
) -> None:
    """Stop `query` where no batch is half written; `meanwhile` is called with the seconds to wait."""
    deadline = time.monotonic() + _ENDS_WITHIN
    begin_no_batch(query, spark)
    while is_in_batch(query) and time.monotonic() < deadline:
        meanwhile(_LOOK_EVERY)
    query.stop()


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
