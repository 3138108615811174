"""A checkpoint that does not fit the topics is told before Spark starts, and nothing is thrown away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from pyspark.sql import SparkSession

from streaming.checkpoint import remember
from tests.streams import Place, make_place, raw_values, running

RunCli = Callable[..., Any]


@pytest.fixture
def checkpoint(place: Place, spark: SparkSession, tmp_path: Path) -> Path:
    """A checkpoint over forty records that were published."""
    place.produce(raw_values(40, place.raw_id))
    with running(place, spark, tmp_path / "checkpoint") as stream:
        stream.wait_until_read(40)
    memory = remember(tmp_path / "checkpoint", place.raw)
    assert memory
    assert (memory.records, memory.unfinished) == (40, None)
    return tmp_path / "checkpoint"


def test_what_does_not_fit_a_checkpoint_is_told_with_an_exit_code_of_its_own(
    place: Place, checkpoint: Path, run_cli: RunCli, topic: Callable[..., str]
) -> None:
    def told(at: Place) -> tuple[int, str]:
        done = run_cli(*at.arguments(checkpoint), "--available-now")
        return done.returncode, done.stderr

    fresh = [topic(partitions=2) for _ in range(3)]
    new = make_place(place.bootstrap_servers, place.registry_url, fresh)
    code, sentence = told(new)
    assert code == 11
    assert f"over {place.raw}, not over {new.raw}" in sentence

    code, sentence = told(replace(place, final=new.final, quarantine=new.quarantine))
    assert code == 11
    assert "emptied or made again" in sentence

    place.produce(raw_values(40, place.raw_id))
    ends = {p: max(m.offset() or 0 for m in place.read(place.raw) if m.partition() == p) + 1 for p in (0, 1)}
    admin = AdminClient({"bootstrap.servers": place.bootstrap_servers})
    for deleted in admin.delete_records([TopicPartition(place.raw, p, o) for p, o in ends.items()]).values():
        deleted.result(timeout=30)
    code, sentence = told(place)
    assert code == 12
    assert "were deleted before the stream had read them" in sentence
    assert "Traceback" not in sentence
