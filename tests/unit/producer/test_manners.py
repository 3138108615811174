"""Calls are spread evenly, and a refusal is heeded."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from producer.api.client import retry_after
from producer.manners import Pace


def test_calls_are_spread_evenly_over_the_minute() -> None:
    pace = Pace(calls_per_minute=30)
    assert pace.wait(now=100.0) == 0.0
    pace.take(now=100.0)
    assert pace.wait(now=100.5) == 1.5
    assert pace.wait(now=200.0) == 0.0


def test_no_limit_means_no_wait() -> None:
    pace = Pace(calls_per_minute=0)
    pace.take(now=100.0)
    assert pace.wait(now=100.0) == 0.0


def test_a_pause_that_the_api_asks_for_holds_every_call_back() -> None:
    pace = Pace(calls_per_minute=60)
    assert pace.refused(now=100.0, asked=90.0) == 90.0
    assert pace.wait(now=110.0) == pace.blocked(now=110.0) == 80.0
    assert pace.wait(now=190.0) == 0.0


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    pace = Pace(calls_per_minute=60)
    pace.refused(now=100.0, asked=90.0)
    pace.refused(now=100.0, asked=1.0)
    assert pace.blocked(now=100.0) == 90.0


def test_refusals_without_a_pause_of_their_own_double_it_until_an_answer_comes() -> None:
    pace = Pace(calls_per_minute=60)
    assert [pace.refused(now=0.0, asked=None) for _ in range(3)] == [60.0, 120.0, 240.0]
    pace.answered()
    assert pace.refused(now=0.0, asked=None) == 60.0
    assert [pace.refused(now=0.0, asked=None) for _ in range(2000)][-1] == 3600.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (" 0 ", 0.0), ("9" * 5000, 999_999_999.0), ("", None), ("-3", None), ("soon", None)],
)
def test_a_retry_after_in_seconds_is_understood(header: str, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_a_retry_after_as_a_date_is_understood() -> None:
    moment = datetime.now(timezone.utc) + timedelta(seconds=120)
    assert retry_after(format_datetime(moment, usegmt=True)) == pytest.approx(120, abs=2)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
