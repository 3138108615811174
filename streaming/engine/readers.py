"""Lets go of the readers that Avro has made for tasks that are done.

Spark parses the schemas anew in each task, and Avro keeps a reader for every schema object that it has met,
for ever (AVRO-4253): 10 KB for each task and version, 5 MB a minute with two tasks and one version.
"""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import get_method  # type: ignore[import-untyped]
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import SparkSession

WITHOUT_KEPT_READERS = "-Dorg.apache.avro.fastread=false"
"""For Java processes that cannot be asked to let go, the executors of a cluster: Avro's older way, which
keeps none. Measured on a million records, the stream has nine tenths of its pace with it."""


class Readers:
    """The readers that Avro keeps in the driver's Java process, which runs the tasks where Spark is local."""

    def __init__(self, spark: SparkSession) -> None:
        """Find them."""
        jvm: Any = spark._jvm
        builder = jvm.org.apache.avro.generic.GenericData.get().getFastReaderBuilder()
        try:
            kept = builder.getClass().getDeclaredField("readerCache")
        except Py4JJavaError:
            # An Avro that keeps them otherwise: then there is nothing to do.
            self._kept: Any = jvm.java.util.HashMap()
        else:
            kept.setAccessible(True)
            self._kept = kept.get(builder)

    def __len__(self) -> int:
        """Of how many schema objects there are readers."""
        return int(self._kept.size())

    def let_go(self) -> None:
        """Let go of all. A task at work keeps its own."""
        # Python's own `clear` of such a map fetches each reader, to throw it away.
        get_method(self._kept, "clear")()
