"""A source's sunrise and sunset against the sun of its place and day: which records become suspect."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.charts import Publish, RawValue, Record, published
from tests.integration.streaming.test_sun_and_sky import almanac, at, millis

RULE = "sun-rises-and-sets-there"
SECOND, MINUTE, DAY = 1000, 60_000, 86_400_000


class Times(NamedTuple):
    """When a source says that the sun rises and sets."""

    observed: int
    latitude: float
    longitude: float
    sunrise: int | None
    sunset: int | None

    def row(self) -> Record:
        return {**at(*self[:3]), "sunrise_at": self.sunrise, "sunset_at": self.sunset}

    def moved(self, rises: float, sets: float) -> Times:
        """The same with other times, by minutes."""
        assert self.sunrise and self.sunset
        return self._replace(
            sunrise=self.sunrise + int(rises * MINUTE), sunset=self.sunset + int(sets * MINUTE)
        )


def seconds(latitude: float, longitude: float, *times: int) -> Times:
    observed, sunrise, sunset = (SECOND * time for time in times)
    return Times(observed, latitude, longitude, sunrise, sunset)


# Bodies of OpenWeatherMap that people have published: of Honolulu, Mountain View, Minsk, Munich, London,
# Kharkiv, San Mateo and Moscow.
BODIES = [
    seconds(21.3069, -157.8583, 1639899427, 1639846995, 1639886002),
    seconds(37.39, -122.08, 1560350645, 1560343627, 1560396563),
    seconds(53.9, 27.5667, 1617746826, 1617766068, 1617814530),
    seconds(48.14, 11.58, 1547387400, 1547362817, 1547394301),
    seconds(51.50853, -0.12574, 1378895177, 1378877413, 1378923812),
    seconds(50.0, 36.25, 1624191009, 1624152330, 1624211256),
    seconds(37.5735, -122.3225, 1624191111, 1624193288, 1624246424),
    seconds(55.75, 37.62, 1556444155, 1556416455, 1556470779),
]
# Of the tests of MagicMirror, for Munich: each 55 minutes from the truth.
MADE_UP = seconds(48.14, 11.58, 1744200000, 1744170000, 1744218000)
# Fairbanks, where the sun of the day before sets, and New York of a source that is a day late.
FAIRBANKS = Times(
    millis(2024, 6, 20, 8, 30), 64.84, -147.72, millis(2024, 6, 20, 10, 58), millis(2024, 6, 21, 8, 48)
)
STALE = Times(millis(2013, 7, 4, 16), 40.71, -74.01, millis(2013, 7, 3, 9, 29), millis(2013, 7, 4, 0, 31))


def crossing(below: int, above: int, latitude: float, longitude: float) -> int | None:
    """When the sun passes the horizon between two moments, by the almanac; None if it does not."""

    def is_up(moment: int) -> bool:
        return almanac(moment, latitude, longitude)[0] > -0.833

    if is_up(below) or not is_up(above):
        return None
    while abs(above - below) > SECOND:
        middle = (above + below) // 2
        below, above = (below, middle) if is_up(middle) else (middle, above)
    return above


def by_chance(seed: int, count: int, farthest: float) -> Iterator[Times]:
    """Places and days with what the almanac says of them: polar days and nights have no times."""
    choice = random.Random(seed)
    for _ in range(count):
        latitude, longitude = choice.uniform(-farthest, farthest), choice.uniform(-180, 180)
        midnight = choice.randrange(millis(1975, 1, 1), millis(2060, 1, 1), DAY) - int(longitude * DAY / 360)
        noon = midnight + DAY // 2
        sunrise = crossing(midnight, noon, latitude, longitude)
        sunset = crossing(midnight + DAY, noon, latitude, longitude)
        yield Times(midnight + choice.randrange(DAY), latitude, longitude, sunrise, sunset)


PLACES = list(by_chance(1, 600, 83))
RISING = [one for one in PLACES if one.sunrise and one.sunset]
POLAR = [one for one in PLACES if not one.sunrise and not one.sunset]
USUAL = [one for one in RISING if abs(one.latitude) < 65]
MOVES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
NOTHING_KNOWN = [
    BODIES[0]._replace(sunrise=None),
    BODIES[0]._replace(sunset=None),
    # Off the globe a place is none.
    MADE_UP._replace(latitude=90.1),
    MADE_UP._replace(longitude=180.1),
]
CASES = {
    "bodies": BODIES,
    "made up": [MADE_UP],
    "other days": [FAIRBANKS, STALE],
    "right": RISING,
    "polar": [
        polar._replace(sunrise=sunrise, sunset=sunset)
        for polar in POLAR
        for noon in (polar.observed // DAY * DAY + DAY // 2,)
        for sunrise, sunset in ((None, None), (noon, noon), (noon - DAY // 2, noon + DAY // 2 - SECOND))
    ],
    # The sun of the record's time stands for that of the day: up to 65° it errs by less than four minutes.
    "a little off": [one.moved(11 * a, 11 * b) for i, one in enumerate(USUAL) for a, b in (MOVES[i % 8],)],
    "off": [one.moved(19 * a, 19 * b) for i, one in enumerate(USUAL) for a, b in (MOVES[i % 8],)],
    "turned": [one._replace(sunrise=one.sunset, sunset=one.sunrise) for one in USUAL[:50]],
    "polar times elsewhere": [one._replace(sunset=one.sunrise) for one in USUAL[:50]],
    "nothing known": NOTHING_KNOWN,
}
Found = dict[str, list[Record]]


@pytest.fixture(scope="module")
def found(publish: Publish, raw_value: RawValue) -> Found:
    tables = {name: [one.row() for one in rows] for name, rows in CASES.items()}
    return published(publish, raw_value, tables)


def suspects(found: Found, name: str) -> list[Times]:
    return [one for one, record in zip(CASES[name], found[name], strict=True) if RULE in record["flags"]]


@pytest.mark.parametrize("name", ["bodies", "other days", "right", "polar", "a little off", "nothing known"])
def test_sun_times_that_may_be_right_are_not_suspect(found: Found, name: str) -> None:
    assert suspects(found, name) == []


@pytest.mark.parametrize("name", ["made up", "off", "turned", "polar times elsewhere"])
def test_sun_times_a_quarter_of_an_hour_from_the_sun_s_are_suspect(found: Found, name: str) -> None:
    assert suspects(found, name) == CASES[name]


def test_sun_times_and_position_are_suspect_together(found: Found) -> None:
    (record,) = found["made up"]
    assert (record["flags"], record["qc_position"], record["qc"]) == ([RULE], 3, 3)
    assert (record["sunrise_at"].timestamp(), record["latitude"]) == (1744170000, 48.14)


def test_polar_days_and_nights_and_all_latitudes_were_among_them() -> None:
    assert len(POLAR) > 40
    assert sum(abs(one.latitude) > 65 for one in RISING) > 50
    assert {one.latitude > 0 for one in POLAR} == {True, False}
