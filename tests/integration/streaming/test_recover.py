"""What was published before a crash is left out of the batch that is published again."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from streaming.recovery import recover


@pytest.mark.parametrize("named_at_most", [0, 1000], ids=["by a join", "by an expression"])
def test_exactly_the_published_records_are_left_out(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, named_at_most: int
) -> None:
    monkeypatch.setattr(recover, "_NAMED_AT_MOST", named_at_most)
    read = {(partition, offset) for partition in range(3) for offset in range(50, 80)}
    published = {(0, o) for o in (*range(50, 60), 62, 64)} | {(1, 70), (1, 79)}
    raw = spark.createDataFrame(sorted(read), "source_partition int, source_offset long")

    left = {tuple(row) for row in recover.without(raw, published, spark).collect()}

    assert left == read - published
