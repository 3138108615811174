"""Real-time mode: records flow one by one, once each, and what it needs is told at the start."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contracts.errors import TooFewSlots
from contracts.folder.read import load_contracts
from contracts.registry.registry import connect
from streaming import Stream
from streaming.recovery.checkpoint import Checkpoint
from tests.streams import RAW, Place, make_place, raw_values, running
from tests.versions import with_a_new_field

_LIMIT = 120.0


def test_a_stream_changes_its_speed_and_its_plan_and_publishes_each_record_once(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint"
    newer = with_a_new_field(load_contracts()[RAW].newest.schema)
    place.produce([*raw_values(40, place.raw_id), b"poison"])
    with running(place, spark, checkpoint, real_time=True):
        place.wait_until_published(41)
        assert Checkpoint(checkpoint, place.raw).read()
        registry = connect(place.registry_url)
        new_id = registry.register(f"{place.raw}-value", json.dumps(newer))
        registry.close()
        # At once: the stream cannot have heard of it.
        place.produce(raw_values(40, new_id, newer, uv_index=3.5))
        place.wait_until_published(81)
        wait_for_real_time(Checkpoint(checkpoint, place.raw))
        place.produce(raw_values(20, place.raw_id))
        place.wait_until_published(101)

    with running(place, spark, checkpoint) as in_batches:
        in_batches.wait_until_read(101)
        place.produce(raw_values(20, place.raw_id))
        in_batches.wait_until_read(121)
    assert Checkpoint(checkpoint, place.raw).real_time() is None
    # What the real-time batch had published when it was stopped is told of by the batch that went over it.
    assert sum(batch.final + batch.quarantined for batch in in_batches.batches) == 40
    assert len(place.read(place.final)) == 120
    assert place.lost_and_doubled() == ([], [])


def wait_for_real_time(checkpoint: Checkpoint) -> None:
    """Wait until a stream that had something to go over first is in real-time mode."""
    deadline = time.monotonic() + _LIMIT
    while not ((note := checkpoint.real_time()) and note.at_work):
        assert time.monotonic() < deadline, f"no real-time mode within {_LIMIT:.0f} s"
        time.sleep(0.02)


def test_too_few_task_slots_are_told_before_anything_is_published(
    topic: Callable[..., str], bootstrap_servers: str, registry_url: str, spark: SparkSession, tmp_path: Path
) -> None:
    slots = spark.sparkContext.defaultParallelism
    topics = [topic(partitions=count) for count in (slots + 1, 1, 1)]
    place = make_place(bootstrap_servers, registry_url, topics)
    place.produce(raw_values(10, place.raw_id))
    job = replace(place.job(tmp_path / "checkpoint"), real_time=True)
    with Stream(job, spark.newSession()) as stream, pytest.raises(TooFewSlots) as told:
        stream.run(lambda _: None)
    assert f"{slots + 1} partitions of {place.raw}" in str(told.value)
    assert f"{slots} task slots" in str(told.value)
    assert place.read(place.final) == []
