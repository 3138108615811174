from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from contracts.errors import UnusableSetting
from contracts.process.times import parse_moment
from quality.window.times import before, parse_length, window_edges

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00", " 2026-03-01T12:00:00z "],
)
def test_a_moment_is_utc_unless_it_names_its_offset(text: str) -> None:
    assert parse_moment(text) == NOW


def test_a_length_counts_back_from_until_or_else_from_now() -> None:
    assert window_edges(None, None, "6h", NOW) == (NOW - timedelta(hours=6), NOW)
    earlier = NOW - timedelta(days=1)
    assert window_edges(None, earlier.isoformat(), "30m", NOW) == (earlier - timedelta(minutes=30), earlier)


def test_without_edges_the_window_is_the_whole_topic() -> None:
    assert window_edges(None, None, None, NOW) == (None, None)


@pytest.mark.parametrize(
    ("since", "until", "length", "says"),
    [
        ("yesterday", None, None, "'yesterday' is no time"),
        (None, None, "soon", "'soon' is no length of time"),
        (None, None, "0h", "'0h' is no length of time"),
        ("2026-03-01", None, "1h", "--since and --window"),
        ("2026-03-02", "2026-03-01", None, "swap --since and --until"),
        ("2026-03-01", "2026-03-01", None, "swap --since and --until"),
    ],
)
def test_an_impossible_window_is_refused_in_a_sentence(
    since: str | None, until: str | None, length: str | None, says: str
) -> None:
    with pytest.raises(UnusableSetting, match=says):
        window_edges(since, until, length, NOW)


def test_a_length_reads_every_unit() -> None:
    assert [parse_length(text).total_seconds() for text in ("90s", "2m", "3h", "1d")] == [
        90,
        120,
        10800,
        86400,
    ]


def test_a_length_that_reaches_back_before_1970_begins_there() -> None:
    first = datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert window_edges(None, None, "999999d", NOW) == (first, NOW)
    assert before(NOW, timedelta(hours=1)) == NOW - timedelta(hours=1)
