"""Poison on the real topic, through the real stream: put aside whole, and the stream goes on."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from tests.poison import accept_large_records, check_put_aside, send_poison
from tests.streams import Place, raw_values, running


def test_poison_is_put_aside_whole_and_the_good_records_beside_it_flow(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    accept_large_records(place)
    with running(place, spark, tmp_path / "checkpoint") as stream:
        sent = send_poison(place)
        stream.wait_until_read(2 * len(sent))
        place.produce(raw_values(10, place.raw_id))
        stream.wait_until_read(2 * len(sent) + 10)
    check_put_aside(place, sent)
    assert len(place.read(place.final)) == len(sent) + 10
    assert place.lost_and_doubled() == ([], [])
