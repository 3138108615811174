"""A checkpoint is read as Spark wrote it, and one that cannot be gone on with is told apart."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from confluent_kafka import Message

from contracts.errors import CheckpointMismatch, RecordsLost, UnusableSetting
from contracts.folder.product import product_named
from contracts.kafka.cluster import Kafka
from contracts.kafka.coordinates import source_of
from contracts.registry.registry import SchemaRegistry
from streaming.job import Job
from streaming.recovery.checkpoint import Batch, Checkpoint, Memory, RealTime
from streaming.recovery.recover import (
    Spans,
    ahead,
    batch_to_finish,
    compare_outputs,
    compare_raw,
    compare_state,
    under_way,
    unfinished,
)

JOB = Job(
    product=product_named("weather"),
    kafka=Kafka("broker:9092"),
    registry=SchemaRegistry(url="http://registry"),
    checkpoint=Path("cp"),
)


def write(folder: Path, *, planned: int, committed: int, topic: str = "topic-weather") -> None:
    """A checkpoint of ten records a batch and partition, as Spark 4.1 lays it out."""
    (folder / "sources" / "0").mkdir(parents=True)
    (folder / "sources" / "0" / "0").write_text("\0v1\n" + json.dumps({topic: {"0": 5, "1": 0}}))
    for name, newest in (("offsets", planned), ("commits", committed)):
        (folder / name).mkdir()
        for number in range(newest + 1):
            ends = json.dumps({topic: {"0": 15 + 10 * number, "1": 10 + 10 * number}})
            about = json.dumps({"batchWatermarkMs": 0, "batchTimestampMs": 1000 + number, "conf": {}})
            text = f"v1\n{about}\n{ends}" if name == "offsets" else 'v1\n{"nextBatchWatermarkMs":0}'
            (folder / name / str(number)).write_text(text)
            (folder / name / f".{number}.crc").write_bytes(b"crc\0")


def test_a_batch_that_was_planned_and_not_committed_is_unfinished(tmp_path: Path) -> None:
    write(tmp_path, planned=2, committed=1)
    memory = Checkpoint(tmp_path, "topic-weather").read()
    assert memory
    assert memory.done == Batch(number=1, ends={0: 25, 1: 20}, planned_at=1001)
    assert memory.unfinished == Batch(number=2, ends={0: 35, 1: 30}, planned_at=1002)
    assert memory.records == 40


def test_a_crash_in_the_very_first_batch_is_remembered(tmp_path: Path) -> None:
    write(tmp_path, planned=0, committed=-1)
    memory = Checkpoint(tmp_path, "topic-weather").read()
    assert memory
    assert (memory.done, memory.records, memory.next_offsets) == (None, 0, {0: 5, 1: 0})
    assert memory.unfinished == Batch(number=0, ends={0: 15, 1: 10}, planned_at=1000)


def test_a_stream_that_stopped_between_batches_has_nothing_unfinished(tmp_path: Path) -> None:
    write(tmp_path, planned=1, committed=1)
    memory = Checkpoint(tmp_path, "topic-weather").read()
    assert memory
    assert memory.unfinished is None


def test_an_empty_folder_remembers_nothing(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path, "topic-weather").read() is None
    assert Checkpoint(tmp_path / "none", "topic-weather").read() is None


def test_a_checkpoint_of_another_topic_is_refused(tmp_path: Path) -> None:
    write(tmp_path, planned=0, committed=0, topic="elsewhere")
    with pytest.raises(CheckpointMismatch, match="over elsewhere, not over topic-weather"):
        Checkpoint(tmp_path, "topic-weather").read()


def test_a_checkpoint_with_a_torn_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, planned=1, committed=0)
    (tmp_path / "offsets" / "1").write_text("v1\n{")
    with pytest.raises(CheckpointMismatch, match="cannot be read"):
        Checkpoint(tmp_path, "topic-weather").read()


def test_a_checkpoint_in_use_is_refused_and_free_again_afterwards(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint", "topic-weather")
    with checkpoint.claim(), pytest.raises(UnusableSetting, match="another stream"):
        checkpoint.claim()
    checkpoint.claim().close()


def test_a_checkpoint_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableSetting, match="cannot be written"):
        Checkpoint(tmp_path / "file", "topic-weather").claim()


MEMORY = Memory(
    begins={0: 0, 1: 0},
    done=Batch(number=3, ends={0: 100, 1: 80}, planned_at=1),
    unfinished=Batch(number=4, ends={0: 120, 1: 90}, planned_at=2),
)


def test_a_raw_topic_that_holds_all_that_is_left_to_read_is_gone_on_with() -> None:
    compare_raw(MEMORY, {0: (100, 120), 1: (0, 90), 2: (0, 5)}, JOB)


def test_a_raw_topic_made_again_is_told() -> None:
    with pytest.raises(CheckpointMismatch, match="made again"):
        compare_raw(MEMORY, {0: (0, 119), 1: (0, 90)}, JOB)
    with pytest.raises(CheckpointMismatch, match="made again"):
        compare_raw(MEMORY, {0: (0, 120)}, JOB)


def test_records_deleted_unread_are_counted_and_named() -> None:
    with pytest.raises(RecordsLost, match=r"^3 records .*partition 0, offsets 100 to 102"):
        compare_raw(MEMORY, {0: (103, 120), 1: (0, 90)}, JOB)


def test_a_checkpoint_with_a_state_and_one_without_are_told_apart() -> None:
    once = replace(JOB, once_within="1h")
    kept = replace(MEMORY, keeps_state=True)
    compare_state(kept, once, now=2)
    compare_state(MEMORY, JOB, now=0)
    compare_state(replace(MEMORY, done=None), once, now=2)
    with pytest.raises(CheckpointMismatch, match="was made with --once-within"):
        compare_state(kept, JOB, now=2)
    with pytest.raises(CheckpointMismatch, match="was made without --once-within"):
        compare_state(MEMORY, once, now=2)


def test_a_clock_that_went_back_is_told_before_what_is_remembered_goes_by_it() -> None:
    with pytest.raises(UnusableSetting, match="5 s behind"):
        compare_state(replace(MEMORY, keeps_state=True), replace(JOB, once_within="1h"), now=2 - 5000)


def test_real_time_mode_keeps_no_state() -> None:
    with pytest.raises(UnusableSetting, match="which real-time mode cannot"):
        replace(JOB, real_time=True, once_within="1h")
    with pytest.raises(UnusableSetting, match="'soon' is no length of time"):
        replace(JOB, once_within="soon")


def held(final: dict[int, tuple[int, int]], quarantine: dict[int, tuple[int, int]]) -> dict[str, Spans]:
    return {JOB.final: final, JOB.quarantine: quarantine}


def test_outputs_that_hold_what_was_published_are_gone_on_with() -> None:
    compare_outputs(MEMORY, held({0: (0, 170)}, {0: (0, 10)}), JOB)


def test_outputs_emptied_or_made_again_are_told() -> None:
    with pytest.raises(CheckpointMismatch, match="emptied or made again"):
        compare_outputs(MEMORY, held({0: (0, 0)}, {0: (0, 0)}), JOB)
    with pytest.raises(CheckpointMismatch, match="emptied or made again"):
        compare_outputs(MEMORY, held({0: (175, 175)}, {0: (10, 10)}), JOB)


def test_the_batch_to_finish_may_have_been_published_in_real_time_before_it_was_planned() -> None:
    assert batch_to_finish(None) is None
    assert batch_to_finish(replace(MEMORY, unfinished=None)) is None
    assert batch_to_finish(MEMORY) == MEMORY.unfinished
    earlier = replace(MEMORY, real_time=RealTime(since=0, at_work=False))
    later = replace(MEMORY, real_time=RealTime(since=7, at_work=True))
    assert [batch and batch.planned_at for batch in map(batch_to_finish, (earlier, later))] == [0, 2]


@pytest.mark.parametrize(
    ("headers", "source"),
    [
        ([("source-partition", b"1"), ("source-offset", b"42")], (1, 42)),
        ([("source-partition", b"1")], None),
        ([("source-partition", b"one"), ("source-offset", b"42")], None),
        ([("source-partition", b""), ("source-offset", b"9" * 5000)], None),
        ([("source-partition", None), ("source-offset", None)], None),
        ([], None),
        (None, None),
    ],
)
def test_a_record_that_names_no_raw_record_is_another_s_whatever_its_headers_hold(
    headers: list[tuple[str, str | bytes | None]] | None, source: tuple[int, int] | None
) -> None:
    assert source_of(Message(topic="topic-weather-final", headers=headers)) == source


def test_of_an_unfinished_batch_only_its_own_records_are_published() -> None:
    assert MEMORY.unfinished
    sources = {JOB.final: {(0, 99), (0, 100), (1, 89), (1, 90)}, JOB.quarantine: {(0, 119), (2, 0)}}
    found = unfinished(MEMORY.unfinished, MEMORY.next_offsets, sources, JOB)
    assert found.published == {JOB.final: {(0, 100), (1, 89)}, JOB.quarantine: {(0, 119)}}
    progress = found.progress(JOB)
    assert (progress.final, progress.quarantined, progress.end_offsets) == (2, 1, {"0": 120, "1": 90})


NEWER = replace(JOB.product.final, topic="newer")
BOTH = replace(JOB, product=replace(JOB.product, later=(NEWER,)))


def test_a_record_that_one_of_two_generations_lacks_is_read_again_and_left_out_where_it_is() -> None:
    assert MEMORY.unfinished
    assert BOTH.outputs == ("topic-weather-final", "newer", "topic-weather-quarantine")
    sources = {BOTH.final: {(0, 100), (0, 101)}, "newer": {(0, 101), (0, 102)}, BOTH.quarantine: {(0, 103)}}
    found = unfinished(MEMORY.unfinished, MEMORY.next_offsets, sources, BOTH)
    assert found.coordinates == {(0, 101), (0, 103)}
    assert found.partly == {BOTH.final: {(0, 100)}, "newer": {(0, 102)}}


def test_what_is_partly_published_ahead_of_the_commits_is_counted_once() -> None:
    sources = {BOTH.final: {(0, 121), (0, 122)}, "newer": {(0, 121)}, BOTH.quarantine: {(0, 123)}}
    found = ahead(MEMORY, sources, {0: (0, 150), 1: (0, 90)}, BOTH)
    assert found
    # The batch reads 122 again, since one generation lacks it.
    none = unfinished(Batch(number=5, ends={0: 150}, planned_at=0), {}, dict.fromkeys(BOTH.outputs, ()), BOTH)
    batch = replace(none.progress(BOTH), rows=1, final=1)
    whole, left = found.counted_in(batch, BOTH)
    assert (whole.final, whole.quarantined) == (2, 1)
    assert not left.coordinates


def test_a_generation_that_outlived_the_first_needs_not_hold_the_oldest_records() -> None:
    retired = replace(JOB.product, final=replace(JOB.product.final, retired=date(2026, 1, 1)), later=(NEWER,))
    alone = replace(JOB, product=retired)
    assert (alone.final, alone.outputs) == ("newer", ("newer", "topic-weather-quarantine"))
    compare_outputs(MEMORY, {"newer": {0: (0, 5)}, alone.quarantine: {0: (0, 0)}}, alone)


def test_to_publish_an_observation_once_is_refused_for_two_generations() -> None:
    with pytest.raises(UnusableSetting, match="topic-weather-final and newer are both"):
        replace(BOTH, once_within="1h")


def test_what_lies_ahead_of_the_commits_is_on_the_raw_topic_or_that_was_made_again() -> None:
    raw = {0: (0, 150), 1: (0, 90)}
    sources = {JOB.final: {(0, 99), (0, 149)}, JOB.quarantine: {(1, 80)}}
    found = ahead(MEMORY, sources, raw, JOB)
    assert found
    assert found.coordinates == {(0, 149), (1, 80)}
    assert ahead(MEMORY, {JOB.final: {(0, 99)}, JOB.quarantine: set()}, raw, JOB) is None
    for beyond in ((0, 150), (2, 0)):
        with pytest.raises(CheckpointMismatch, match="made again"):
            ahead(MEMORY, {JOB.final: {beyond}}, raw, JOB)


def test_what_a_failed_batch_may_have_read_is_bounded_in_either_speed() -> None:
    assert under_way(None, {}, JOB) is None
    assert under_way(MEMORY, {}, JOB) == ({0: 100, 1: 80}, {0: 120, 1: 90})
    between = replace(MEMORY, unfinished=None)
    assert under_way(between, {0: (0, 500)}, JOB) is None
    real_time = replace(JOB, real_time=True, largest_batch=50)
    raw = {0: (0, 500), 1: (85, 90), 2: (0, 5)}
    assert under_way(between, raw, real_time) == ({0: 450, 1: 85, 2: 0}, {0: 500, 1: 90, 2: 5})
