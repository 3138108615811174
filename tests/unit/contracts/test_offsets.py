"""A consumer goes on in the next generation of a topic exactly where it stopped."""

from __future__ import annotations

import pytest

from contracts.generations.offsets import Passed, Start, awaited, missed, starts
from contracts.kafka.notes import note, passed_in, reads_in, with_passed

DONE = {(0, 0), (0, 1), (1, 0)}
LEFT = {(0, 2), (1, 1)}


def test_it_goes_on_behind_the_last_record_that_it_has_passed() -> None:
    records = {0: [(7, (0, 0)), (8, (0, 1)), (9, (0, 2))], 1: [(3, (1, 0)), (4, (1, 1))]}
    found = starts(Passed(DONE, LEFT), records, {0: 10, 1: 5, 2: 6})
    assert found == {0: Start(9, ()), 1: Start(4, ()), 2: Start(6, ())}


def test_records_that_changed_places_are_passed_over() -> None:
    records = {0: [(0, (0, 0)), (1, (0, 2)), (2, (1, 0)), (3, (0, 1)), (4, (1, 1))]}
    assert starts(Passed(DONE, LEFT), records, {0: 5}) == {0: Start(1, (2, 3))}


def test_what_the_old_topic_has_let_go_of_was_read() -> None:
    records = {0: [(0, (0, 0)), (1, (0, 1)), (2, (0, 2))]}
    passed = Passed({(0, 1)}, {(0, 2)}, {0: 1})
    assert starts(passed, records, {0: 3}) == {0: Start(2, ())}


def test_what_came_before_the_new_generation_is_missed_and_what_is_still_to_come_is_not() -> None:
    left = {(0, 5), (0, 6), (0, 9)}
    assert missed(Passed(set(), left), {0: [(0, (0, 6)), (1, (0, 7))]}) == {(0, 5)}
    assert missed(Passed(set(), left), {}) == left


def test_what_was_read_and_is_yet_to_be_written_is_waited_for() -> None:
    records = {0: [(0, (0, 5)), (1, (0, 7))]}
    assert awaited(Passed({(0, 4), (0, 5), (0, 6), (0, 8), (1, 0)}, set()), records) == {(0, 6), (0, 8)}


@pytest.mark.parametrize("offsets", [(), (5,), (5, 6, 7), (1, 3, 4, 9)])
def test_a_note_tells_what_is_passed_beside_what_is_read(offsets: tuple[int, ...]) -> None:
    text = with_passed(note(("station", "sky.code")), offsets)
    assert passed_in(text) == set(offsets)
    assert reads_in([text]) == frozenset({"station", "sky.code"})
    assert reads_in([with_passed("", offsets)]) is None


def test_what_is_passed_goes_before_what_is_read_where_both_take_too_much_room() -> None:
    text = with_passed(note([f"field_{number:04}" for number in range(360)]), range(0, 900, 2))
    assert reads_in([text]) is None
    assert len(passed_in(text)) == 450
