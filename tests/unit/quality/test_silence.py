"""Which stations count as silent: a false alarm is as bad as none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.records.topic_weather_quality import Station, VariableFlags
from quality.portrait.stations import silent
from tests.unit.quality.samples import NOON

HOUR = timedelta(hours=1)
FIRST = int(NOON.timestamp() // 3600)
WINDOW = {"OPEN_METEO": (FIRST, FIRST + 24)}
QUIET = Station(
    station="JFK",
    source="OPEN_METEO",
    records=20,
    expected=20,
    present=20,
    last_observed_at=NOON - HOUR,
    variables=(VariableFlags(name="wind", fail=1),),
)


def test_a_station_that_was_there_before_and_is_not_now_has_nothing_of_all_that_was_due() -> None:
    (found,) = silent([replace(QUIET, last_observed_at=NOON - 9 * HOUR), QUIET], [], WINDOW, 3600)
    assert (found.station, found.records, found.present, found.expected) == ("JFK", 0, 0, 24)
    assert found.variables == ()
    assert found.last_observed_at == QUIET.last_observed_at


def test_silence_goes_on_over_windows_and_is_forgotten_when_no_baseline_reaches_back() -> None:
    assert silent([replace(QUIET, last_observed_at=NOON - 24 * 24 * HOUR)], [], WINDOW, 3600)
    assert not silent([replace(QUIET, last_observed_at=NOON - (24 * 24 + 1) * HOUR)], [], WINDOW, 3600)


@pytest.mark.parametrize(
    ("before", "here"),
    [
        (QUIET, [("OPEN_METEO", "JFK")]),
        (replace(QUIET, source="NYCFLIGHTS13"), []),
        (replace(QUIET, last_observed_at=NOON + HOUR), []),
        (replace(QUIET, last_observed_at=NOON.replace(year=NOON.year + 13)), []),
        (replace(QUIET, last_observed_at=NOON.replace(year=NOON.year - 13)), []),
        (replace(QUIET, last_observed_at=None), []),
    ],
    ids=["here", "its source ended", "told of already", "replay of old", "after a replay", "never observed"],
)
def test_a_station_is_not_called_silent(before: Station, here: list[tuple[str, str]]) -> None:
    assert silent([before], here, WINDOW, 3600) == []


def test_the_first_window_knows_of_nobody() -> None:
    assert silent([], [("OPEN_METEO", "LGA")], WINDOW, 3600) == []
