from __future__ import annotations

from quality.places import Slice, Window
from quality.topics import at_most, going_on


def window(*edges: tuple[int, int]) -> Window:
    slices = tuple(Slice(partition=at, start=start, end=end) for at, (start, end) in enumerate(edges))
    return Window(topic="t", since=None, until=None, slices=slices)


def edges(found: Window) -> list[tuple[int, int]]:
    return [(part.start, part.end) for part in found.slices]


def test_a_window_goes_on_where_the_last_one_ended() -> None:
    done = window((0, 10), (5, 5)).slices
    assert edges(going_on(window((0, 30), (0, 8), (0, 4)), done)) == [(10, 30), (5, 8), (0, 4)]
    # What retention took is not waited for; a topic that was made again begins anew.
    assert edges(going_on(window((20, 30), (5, 5)), done)) == [(20, 30), (5, 5)]
    assert edges(going_on(window((0, 3), (0, 0)), done)) == [(0, 3), (0, 0)]


def test_a_large_window_is_cut_in_every_partition_and_never_to_nothing() -> None:
    assert edges(at_most(window((0, 100), (0, 300)), 40)) == [(0, 10), (0, 30)]
    assert edges(at_most(window((0, 1), (0, 1000)), 10)) == [(0, 1), (0, 10)]
    assert edges(at_most(window((0, 5)), 10)) == [(0, 5)]
