from __future__ import annotations

from contracts.records.topic_weather_quality import Slice
from quality.window.extent import Window, beginning, rest_after


def window(*edges: tuple[int, int]) -> Window:
    slices = tuple(Slice(partition=at, start=start, end=end) for at, (start, end) in enumerate(edges))
    return Window(topic="t", slices=slices)


def edges(found: Window) -> list[tuple[int, int]]:
    return [(part.start, part.end) for part in found.slices]


def test_a_window_goes_on_where_the_last_one_ended() -> None:
    done = window((0, 10), (5, 5)).slices
    assert edges(rest_after(window((0, 30), (0, 8), (0, 4)), done)) == [(10, 30), (5, 8), (0, 4)]
    # What retention took is not waited for; a topic that was made again begins anew.
    assert edges(rest_after(window((20, 30), (5, 5)), done)) == [(20, 30), (5, 5)]
    assert edges(rest_after(window((0, 3), (0, 0)), done)) == [(0, 3), (0, 0)]


def test_a_large_window_is_cut_in_every_partition_and_never_to_nothing() -> None:
    assert edges(beginning(window((0, 100), (0, 300)), 40)) == [(0, 10), (0, 30)]
    assert edges(beginning(window((0, 1), (0, 1000)), 10)) == [(0, 1), (0, 10)]
    assert edges(beginning(window((0, 5)), 10)) == [(0, 5)]
