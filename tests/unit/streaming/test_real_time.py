"""Real-time mode leaves a note of its own beside Spark's checkpoint, and what it published is told by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.errors import CheckpointMismatch, UnusableSetting
from streaming.engine.progress import Progress
from streaming.recovery.checkpoint import Checkpoint, RealTime
from streaming.recovery.recover import Ahead, caught_up
from tests.unit.streaming.test_recover import JOB, write

BATCH = Progress(
    batch=3,
    rows=10,
    final=4,
    quarantined=1,
    flagged=0,
    reasons={},
    end_offsets={"0": 8, "1": 3},
    rows_per_second=1.0,
    seconds=1.0,
)


def test_a_run_to_the_end_is_never_a_real_time_one() -> None:
    with pytest.raises(UnusableSetting, match="give one of them"):
        replace(JOB, real_time=True, available_now=True)


def test_a_real_time_batch_that_is_shorter_than_spark_allows_is_refused() -> None:
    with pytest.raises(UnusableSetting, match="at least 5 seconds"):
        replace(JOB, real_time=True, real_time_batch=4.9)


def test_the_note_is_read_as_it_was_written_and_gone_when_all_is_committed(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, "topic-weather")
    assert checkpoint.real_time() is None
    checkpoint.note_real_time(RealTime(since=7, at_work=True))
    assert checkpoint.real_time() == RealTime(since=7, at_work=True)
    checkpoint.note_real_time(None)
    assert checkpoint.real_time() is None
    checkpoint.note_real_time(None)


def test_a_torn_note_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".real-time").write_text('{"since": ')
    with pytest.raises(CheckpointMismatch, match="cannot be read"):
        Checkpoint(tmp_path, "topic-weather").real_time()


def test_a_crash_in_the_first_real_time_batch_is_told_from_a_stream_that_never_ran(tmp_path: Path) -> None:
    write(tmp_path, planned=-1, committed=-1)
    memory = Checkpoint(tmp_path, "topic-weather").read()
    assert memory
    assert (memory.done, memory.unfinished, memory.next_offsets) == (None, None, {0: 5, 1: 0})


def test_what_was_published_lies_behind_the_newest_real_time_commit(tmp_path: Path) -> None:
    write(tmp_path, planned=2, committed=2)
    checkpoint = Checkpoint(tmp_path, "topic-weather")
    checkpoint.note_real_time(RealTime(since=5, at_work=True))
    memory = checkpoint.read()
    assert memory
    assert memory.published_since == 1002


def test_commits_of_batches_that_catch_up_do_not_hide_what_was_published_before_them(tmp_path: Path) -> None:
    write(tmp_path, planned=2, committed=2)
    checkpoint = Checkpoint(tmp_path, "topic-weather")
    checkpoint.note_real_time(RealTime(since=5, at_work=False))
    memory = checkpoint.read()
    assert memory
    assert memory.published_since == 5


def test_without_real_time_mode_nothing_is_ahead_of_the_commits(tmp_path: Path) -> None:
    write(tmp_path, planned=2, committed=2)
    memory = Checkpoint(tmp_path, "topic-weather").read()
    assert memory
    assert memory.published_since is None


def test_each_published_record_counts_in_the_batch_that_holds_it_and_in_no_other() -> None:
    published = {JOB.final: frozenset({(0, 7), (0, 8), (1, 2)}), JOB.quarantine: frozenset({(1, 3)})}
    done = Ahead(published, JOB.finals)
    first, left = done.counted_in(BATCH, JOB)
    assert (first.final, first.quarantined) == (6, 1)
    second, left = left.counted_in(replace(BATCH, end_offsets={"0": 20, "1": 20}), JOB)
    assert (second.final, second.quarantined) == (5, 2)
    assert not left.coordinates


def test_a_stream_has_caught_up_when_the_commits_are_past_all_that_was_published(tmp_path: Path) -> None:
    write(tmp_path, planned=1, committed=1)
    memory = Checkpoint(tmp_path, "topic-weather").read()
    assert caught_up(memory, Ahead({JOB.final: frozenset({(0, 24), (1, 19)})}, JOB.finals))
    assert not caught_up(memory, Ahead({JOB.final: frozenset({(0, 25)})}, JOB.finals))
    assert not caught_up(None, Ahead({JOB.final: frozenset({(0, 24)})}, JOB.finals))
