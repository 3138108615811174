"""A query with always more to do ends between two batches, and leaves none half done."""

from __future__ import annotations

import time
from pathlib import Path

from pyspark.sql import SparkSession

from streaming.engine.ending import begin_no_batch, is_in_batch

_WITHIN = 60.0


def _numbers(folder: Path) -> set[int]:
    return {int(file.name) for file in folder.iterdir() if file.name.isdigit()}


def test_a_query_that_is_never_idle_ends_with_every_planned_batch_committed(
    spark: SparkSession, tmp_path: Path
) -> None:
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        source = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 100_000).load()
        query = source.writeStream.format("noop").option("checkpointLocation", str(folder)).start()
        deadline = time.monotonic() + _WITHIN
        while not (folder / "commits").is_dir() or len(_numbers(folder / "commits")) < 3:
            assert time.monotonic() < deadline, "no batch was committed"
        begin_no_batch(query, spark)
        while is_in_batch(query):
            assert time.monotonic() < deadline, "the batch under way did not end"
        query.stop()
        assert query.exception() is None
        assert _numbers(folder / "offsets") == _numbers(folder / "commits")
