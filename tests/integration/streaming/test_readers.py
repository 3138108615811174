"""What Avro keeps of tasks that are done."""

from __future__ import annotations

import time
from pathlib import Path

from pyspark.sql import SparkSession

from streaming.engine.readers import Readers
from tests.streams import Place, raw_values, running

_BATCHES = 4
_WITHIN = 20.0


def test_no_reader_of_a_finished_batch_is_kept(place: Place, spark: SparkSession, tmp_path: Path) -> None:
    readers = Readers(spark)
    readers.let_go()
    with running(place, spark, tmp_path / "checkpoint") as stream:
        for batch in range(1, _BATCHES + 1):
            place.produce(raw_values(6, place.raw_id))
            stream.wait_until_read(6 * batch)
        deadline = time.monotonic() + _WITHIN
        # The last batch is told of before its readers go.
        while kept := len(readers):
            assert time.monotonic() < deadline, f"{kept} readers are left after {_WITHIN:.0f} s"
            time.sleep(0.05)
    assert len(stream.batches) >= _BATCHES
    assert place.lost_and_doubled() == ([], [])
