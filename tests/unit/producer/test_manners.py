"""Calls are spread evenly, and one observation is sent once."""

from __future__ import annotations

from typing import Any

from producer.manners import Pace, Seen


def test_calls_are_spread_evenly_over_the_minute() -> None:
    pace = Pace(calls_per_minute=30)
    assert [pace.wait(now=100.0) for _ in range(3)] == [0.0, 2.0, 4.0]
    assert pace.wait(now=200.0) == 0.0


def test_a_pause_that_the_api_asks_for_is_kept() -> None:
    pace = Pace(calls_per_minute=60)
    pace.wait(now=100.0)
    pace.pause(now=100.0, seconds=90)
    assert pace.wait(now=110.0) == 80.0


def observation(**values: Any) -> dict[str, Any]:
    return {
        **{"source": "OPENWEATHERMAP", "station": "id:1", "observed_at": 1000, "received_at": 1},
        **{"correction": False, "temperature": 3.5, **values},
    }


def test_an_unchanged_observation_is_sent_once() -> None:
    seen = Seen()
    assert seen.is_new(observation())
    assert not seen.is_new(observation(received_at=2))


def test_other_values_for_the_same_time_are_sent_as_a_correction() -> None:
    seen = Seen()
    seen.is_new(observation())
    corrected = observation(temperature=4.0)
    assert seen.is_new(corrected)
    assert corrected["correction"]


def test_the_next_observation_is_no_correction_and_stations_do_not_mix() -> None:
    seen = Seen()
    seen.is_new(observation())
    later, elsewhere = observation(observed_at=2000), observation(station="id:2", temperature=9.0)
    assert seen.is_new(later)
    assert seen.is_new(elsewhere)
    assert not later["correction"]
    assert not elsewhere["correction"]
