"""What the next batch of a table reads, from values alone."""

from __future__ import annotations

import pytest

from contracts.errors import CheckpointMismatch, RecordsLost
from contracts.kafka.log import Span
from streaming.tables.job import to_read

HELD = {0: Span(10, 50), 1: Span(0, 5)}


def test_a_new_table_begins_with_the_oldest_records() -> None:
    assert to_read("t", HELD, {}, 1000) == HELD


def test_it_goes_on_where_it_has_read_to_and_leaves_out_what_has_nothing_new() -> None:
    assert to_read("t", HELD, {0: 20, 1: 5}, 1000) == {0: Span(20, 50)}


def test_a_partition_that_never_had_a_record_has_nothing_to_read() -> None:
    assert to_read("t", {**HELD, 2: Span(0, 0)}, {0: 50, 1: 5}, 1000) == {}


def test_a_batch_has_its_largest_size_and_a_share_of_each_partition() -> None:
    assert to_read("t", HELD, {}, 20) == {0: Span(10, 20), 1: Span(0, 5)}


def test_records_that_were_deleted_before_are_told_and_passed_only_when_asked() -> None:
    with pytest.raises(RecordsLost, match=r"the records 3 to 9 of partition 0 were deleted from t"):
        to_read("t", HELD, {0: 3, 1: 0}, 1000)
    assert to_read("t", HELD, {0: 3, 1: 5}, 1000, despite_loss=True) == {0: Span(10, 50)}


def test_a_table_that_has_read_more_than_there_is_does_not_go_on() -> None:
    with pytest.raises(CheckpointMismatch, match="records are gone from its end"):
        to_read("t", HELD, {0: 51, 1: 0}, 1000)
