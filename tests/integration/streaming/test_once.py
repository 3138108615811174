"""An observation that is sent twice is published once, and the second record is in quarantine, not lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message, Producer
from pyspark.sql import SparkSession

from contracts.errors import CheckpointMismatch
from streaming.recovery.checkpoint import Checkpoint
from tests.streams import FINAL, QUARANTINE, Place, decoded, make_place, raw_values, running, sources

_HOUR = "1h"
_SECONDS = 30.0


def send(place: Place, values: Iterable[bytes], partition: int) -> None:
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    for value in values:
        producer.produce(place.raw, value, partition=partition)
    assert producer.flush(_SECONDS) == 0


def put_aside(place: Place) -> list[tuple[int, int]]:
    """Where the duplicates came from; every other letter is told by its reason."""
    letters = [decoded(message, QUARANTINE) for message in place.read(place.quarantine)]
    return sorted(
        (each["source_partition"], each["source_offset"]) for each in letters if each["reason"] == "DUPLICATE"
    )


def test_an_observation_that_comes_again_is_put_aside_in_one_batch_and_in_a_later_one_and_over_a_restart(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint"
    [first] = raw_values(1, place.raw_id)
    [other] = raw_values(1, place.raw_id, station="elsewhere")
    corrected = [raw_values(1, place.raw_id, correction=True, temperature=t)[0] for t in (21.0, 22.0)]
    [mended] = raw_values(1, place.raw_id, station="broken")
    bad = mended + b"\0"
    send(place, [first, other, first, bad, mended, bad], 0)
    send(place, [first], 1)
    with running(place, spark, checkpoint, once_within=_HOUR) as stream:
        stream.wait_until_read(7)
        assert put_aside(place) == [(0, 2), (1, 0)]
        send(place, [other, *corrected], 1)
        stream.wait_until_read(10)
    with running(place, spark, checkpoint, once_within=_HOUR) as stream:
        send(place, [mended, corrected[0], first], 0)
        stream.wait_until_read(13)
        counted = Counter[str]()
        for batch in stream.batches:
            counted.update(batch.reasons)
    assert counted == {"DUPLICATE": 3}
    assert put_aside(place) == [(0, 2), (0, 6), (0, 7), (0, 8), (1, 0), (1, 1)]
    assert len(place.read(place.quarantine)) == 6 + 2
    assert place.lost_and_doubled() == ([], [])
    letters = [decoded(message, QUARANTINE) for message in place.read(place.quarantine)]
    [again] = [each for each in letters if (each["source_partition"], each["source_offset"]) == (1, 1)]
    assert (again["value"], again["source_topic"]) == (other, place.raw)
    assert "in the 1h before" in again["explanation"]


def test_what_a_crash_cut_is_finished_with_the_same_verdicts(
    place: Place, spark: SparkSession, topic: Callable[..., str], tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint"
    values = raw_values(40, place.raw_id)
    send(place, values, 0)
    send(place, reversed(values), 1)
    with running(place, spark, checkpoint, once_within=_HOUR) as stream:
        stream.wait_until_read(80)
    whole = {name: place.read(name) for name in (place.final, place.quarantine)}
    assert [len(messages) for messages in whole.values()] == [40, 40]

    # As a crash leaves it: every second record is published, and the batch is not committed.
    memory = Checkpoint(checkpoint, place.raw).read()
    assert memory
    assert memory.done
    cut = replace(place, final=topic(partitions=2), quarantine=topic(partitions=2))
    make_place(cut.bootstrap_servers, cut.registry_url, [cut.raw, cut.final, cut.quarantine])
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    for name, messages in ((cut.final, whole[place.final]), (cut.quarantine, whole[place.quarantine])):
        for message in messages[::2]:
            headers: Any = message.headers()
            producer.produce(name, message.value(), message.key(), headers=headers)
    assert producer.flush(_SECONDS) == 0
    for file in (f"{memory.done.number}", f".{memory.done.number}.crc"):
        (checkpoint / "commits" / file).unlink()

    with running(cut, spark, checkpoint, once_within=_HOUR) as stream:
        stream.wait_until_read(80)
    assert cut.lost_and_doubled() == ([], [])
    assert sources(cut.read(cut.final)) == sources(whole[place.final])
    stations = [_observation(message) for message in cut.read(cut.final)]
    assert len(set(stations)) == len(stations) == 40


def test_a_checkpoint_that_remembers_observations_is_told_from_one_that_does_not(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    for made_with, run_with, told in (
        (_HOUR, "", "was made with --once"),
        ("", _HOUR, "made without --once"),
    ):
        checkpoint = tmp_path / f"checkpoint-{made_with}"
        send(place, raw_values(5, place.raw_id), 0)
        with running(place, spark, checkpoint, once_within=made_with) as stream:
            stream.wait_until_read(5)
        with (
            pytest.raises(CheckpointMismatch, match=told),
            running(place, spark, checkpoint, once_within=run_with),
        ):
            pass


def _observation(message: Message) -> tuple[Any, ...]:
    record = decoded(message, FINAL)
    return record["source"], record["station"], record["observed_at"], record["correction"]
