"""A checkpoint that does not fit the topics is told before Spark starts, and nothing is thrown away."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from pyspark.sql import SparkSession

from contracts.errors import CheckpointMismatch, RecordsLost
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import watermarks
from contracts.kafka.topics import Broker
from streaming import Stream
from streaming.recovery.checkpoint import Checkpoint
from tests.streams import Place, Running, make_place, raw_values, running

RunCli = Callable[..., Any]


@pytest.fixture
def checkpoint(place: Place, spark: SparkSession, tmp_path: Path) -> Path:
    """A checkpoint over forty records that were published."""
    place.produce(raw_values(40, place.raw_id))
    with running(place, spark, tmp_path / "checkpoint") as stream:
        stream.wait_until_read(40)
    memory = Checkpoint(tmp_path / "checkpoint", place.raw).read()
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

    assert told(place)[0] == 0
    final_ends = delete_records(place, place.final)
    code, sentence = told(place)
    assert (code, sum(final_ends.values())) == (0, 40)
    assert f"{place.final} holds nothing any more" in sentence

    place.produce(raw_values(40, place.raw_id))
    delete_records(place, place.raw)
    code, sentence = told(place)
    assert code == 12
    assert "were deleted before the stream had read them" in sentence
    assert "Traceback" not in sentence


def test_a_topic_that_was_made_again_is_told_though_it_has_grown_past_the_checkpoint(
    place: Place, checkpoint: Path, run_cli: RunCli
) -> None:
    make_again(place, place.raw)
    place.produce(raw_values(100, place.raw_id))
    done = run_cli(*place.arguments(checkpoint), "--available-now")
    assert done.returncode == 11
    assert f"{place.raw} was deleted and made again" in done.stderr
    assert len(place.read(place.final)) == 40


def test_an_output_that_is_made_again_under_a_running_stream_ends_it(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    place.produce(raw_values(40, place.raw_id))
    with Stream(place.job(tmp_path / "checkpoint"), spark.newSession()) as stream:
        running = Running(stream)
        running.thread.start()
        running.wait_until_read(40)
        make_again(place, place.final)
        running.thread.join(120)
        stream.stop()
    [failure] = running.failures
    assert isinstance(failure, CheckpointMismatch)
    assert f"{place.final} was deleted and made again" in str(failure)


def test_records_that_are_deleted_before_a_running_stream_has_read_them_are_counted(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    job = replace(place.job(tmp_path / "checkpoint"), trigger="10 seconds")
    place.produce(raw_values(40, place.raw_id))
    with Stream(job, spark.newSession()) as stream:
        running = Running(stream)
        running.thread.start()
        running.wait_until_read(40)
        place.produce(raw_values(7, place.raw_id))
        delete_records(place, place.raw)
        running.thread.join(120)
        stream.stop()
    [failure] = running.failures
    assert isinstance(failure, RecordsLost)
    assert re.match(rf"\d records of {place.raw} were deleted before the stream had read them", str(failure))


def make_again(place: Place, topic: str) -> None:
    """Delete a topic, and make an empty one of the same name."""
    admin = AdminClient({"bootstrap.servers": place.bootstrap_servers})
    admin.delete_topics([topic])[topic].result(timeout=30)
    Broker(Kafka(place.bootstrap_servers)).create(topic, 2)


def delete_records(place: Place, topic: str) -> dict[int, int]:
    """Delete every record of a topic; returns where its partitions end."""
    ends = {p: end for p, (_, end) in watermarks(Kafka(place.bootstrap_servers), topic).items()}
    admin = AdminClient({"bootstrap.servers": place.bootstrap_servers})
    for deleted in admin.delete_records([TopicPartition(topic, p, end) for p, end in ends.items()]).values():
        deleted.result(timeout=30)
    return ends
