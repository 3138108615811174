"""Histories of every kind that the report is to show well, made by rule, so that they are always the same."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from contracts.records.topic_weather_quality import (
    Bin,
    Coordinates,
    Distribution,
    Feed,
    Incident,
    Latency,
    Origin,
    QuarantineGroup,
    RuleResult,
    Severity,
    Station,
    TopicVolume,
    Validation,
    VariableFlags,
    Writer,
)
from tests.unit.quality.samples import HOSTILE, NOON, broken, passed, vary

_CITIES: Mapping[str, tuple[float, float]] = {
    "JFK": (40.64, -73.78),
    "LGA": (40.78, -73.87),
    "EWR": (40.69, -74.17),
}
_MEASURES = (
    ("temperature", "°C", 1.0, 11.0, 6.0),
    ("humidity", "%", 2.0, 66.0, 15.0),
    ("pressure", "hPa", 1.0, 1015.0, 7.0),
    ("wind_speed", "m/s", 0.5, 4.0, 2.0),
    ("visibility", "m", 500.0, 14_000.0, 2500.0),
    ("dew_point", "°C", 1.0, 5.0, 6.0),
)
_FLAGS = (
    VariableFlags(name="overall", good=26_090, suspect=20, fail=4),
    VariableFlags(name="temperature", good=26_112, fail=1, missing=1),
    VariableFlags(name="humidity", good=26_091, suspect=20, fail=3),
    VariableFlags(name="wind", good=26_000, missing=114),
    VariableFlags(name="visibility", not_evaluated=26_114),
)
_FLAGS_OF_EWR = (
    VariableFlags(name="overall", good=238, suspect=1, fail=1),
    VariableFlags(name="humidity", good=238, suspect=1, fail=1),
    VariableFlags(name="wind", good=200, missing=40),
)


def station(name: str, at: tuple[float, float] | None, moment: datetime, **changes: object) -> Station:
    found = Station(
        station=name,
        source="OPENWEATHERMAP",
        name=f"{name} airport",
        latitude=at[0] if at else None,
        longitude=at[1] if at else None,
        records=240,
        flagged=2,
        first_observed_at=moment - timedelta(hours=24),
        last_observed_at=moment - timedelta(minutes=9),
        last_arrival_at=moment - timedelta(minutes=4),
        expected=24,
        present=24,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def distribution(
    field: str,
    unit: str,
    step: float,
    mean: float,
    width: float,
    *,
    shift: float = 0.0,
    psi: float | None = 0.02,
) -> Distribution:
    middle, spread = (mean + shift) / step, width / step
    bins = {
        at: round(1000 * math.exp(-(((at + 0.5 - middle) / spread) ** 2) / 2))
        for at in range(int(middle - 3 * spread), int(middle + 3 * spread) + 1)
    }
    kept = tuple(Bin(at=at, records=records) for at, records in bins.items() if records)
    return Distribution(
        field=field,
        unit=unit,
        doc=f"The {field}.",
        present=sum(bins.values()),
        missing=12,
        low=kept[0].at * step,
        mean=mean + shift,
        high=(kept[-1].at + 1) * step,
        step=step,
        bins=kept,
        psi=psi,
    )


def full(
    moment: datetime = NOON, *, stations: Sequence[Station] | None = None, baseline: Sequence[str] = ()
) -> Validation:
    """A validation that passes, with all that version 4 of the history's contract tells."""
    known = stations
    if known is None:
        known = [station(name, at, moment) for name, at in _CITIES.items()]
        known[-1] = replace(known[-1], variables=_FLAGS_OF_EWR)
    psi = 0.02 if baseline else None
    rules = tuple(
        replace(
            rule,
            definition=f"{rule.id.replace('-', ' ')} as the contract defines it",
            why="Because readers count on it.",
            owner="weather-stream",
            evaluated=26_114,
        )
        for rule in passed().rules
    )
    return replace(
        passed(),
        id=f"validation-of-{moment:%Y%m%d%H%M}",
        validated_at=moment,
        until=None,
        asked_at=moment - timedelta(seconds=20),
        rows=26_114,
        rules=rules,
        origin=Origin.WATCH,
        description="Observations in metric units, enriched and judged, for everyone to use.",
        owner="weather-stream",
        first_arrival_at=moment - timedelta(hours=1),
        last_arrival_at=moment - timedelta(minutes=4),
        first_observed_at=moment - timedelta(hours=1),
        last_observed_at=moment - timedelta(minutes=9),
        flagged=6,
        sources=(Feed(source="OPENWEATHERMAP", records=26_114),),
        writers=(Writer(schema_id=4, version=1, records=26_114),),
        raw_writers=(
            Writer(schema_id=1, version=1, records=20_000),
            Writer(schema_id=7, version=2, records=6_114),
        ),
        latencies=(
            Latency(step="received", records=26_114, p50=212.0, p95=540.0, p99=610.0, highest=1900.0),
            Latency(step="published", records=26_114, p50=0.42, p95=1.1, p99=2.0, highest=9.5),
        ),
        stations=tuple(known),
        stations_seen=len(known),
        distributions=tuple(distribution(*row, psi=psi) for row in _MEASURES),
        baseline_ids=tuple(baseline),
        topics=(
            TopicVolume(topic="topic-weather", description="Raw observations.", held=26_120, given=90_120),
            TopicVolume(
                topic="topic-weather-final",
                description="Enriched observations.",
                held=26_114,
                given=90_000,
            ),
            TopicVolume(topic="topic-weather-quarantine", description="Put aside.", held=6, given=120),
        ),
        lag=0,
        variables=_FLAGS,
    )


def breaking(
    validation: Validation, rule: str, severity: Severity, *, failed: int = 13, **changes: object
) -> Validation:
    """The validation with one rule broken, with the coordinates of its records."""
    places = tuple(
        Coordinates(
            topic="topic-weather-final",
            partition=at % 3,
            offset=1_000 + 37 * at,
            source_topic="topic-weather",
            source_partition=at % 3,
            source_offset=1_004 + 37 * at,
        )
        for at in range(min(failed, 5))
    )
    rules = tuple(
        replace(result, severity=severity, kept=False, failed=failed, examples=places, **changes)  # type: ignore[arg-type]
        if result.id == rule
        else result
        for result in validation.rules
    )
    return vary(validation, rules=rules)


def with_window_rules(validation: Validation, *, psi: float) -> Validation:
    """The validation with rules of the whole window: one kept, one broken, one that could not be judged."""
    whole = {"evaluated": 1, "owner": "weather-stream", "kept": True, "failed": 0}
    more = (
        RuleResult(
            id="fresh",
            check="freshness",
            severity=Severity.CRITICAL,
            definition="the newest record came in the last 2 h",
            observed=260.0,
            unit="s",
            **whole,  # type: ignore[arg-type]
        ),
        replace(
            broken("temperature-steady", Severity.WARNING),
            check="drift",
            evaluated=1,
            definition="temperature is spread as in the windows before",
            observed=psi,
            unit="1",
            note="temperature is warmer by 6 °C",
            examples=(),
            owner="weather-stream",
        ),
        RuleResult(
            id="complete",
            check="complete",
            severity=Severity.WARNING,
            definition="each station has 95 % of its hourly observations",
            judged=False,
            note="no whole hour lies in the window",
            **whole,  # type: ignore[arg-type]
        ),
    )
    return vary(validation, rules=(*validation.rules, *more))


def put_aside(validation: Validation, reasons: Sequence[tuple[str, tuple[str, ...], int]]) -> Validation:
    groups = tuple(
        QuarantineGroup(
            reason=reason,
            stage="STREAMING",
            rules=rules,
            records=records,
            newest_at=validation.validated_at - timedelta(minutes=30),
            first=Coordinates(
                topic="topic-weather-quarantine",
                partition=1,
                offset=7 + place,
                source_topic="topic-weather",
                source_partition=2,
                source_offset=815 + place,
            ),
        )
        for place, (reason, rules, records) in enumerate(reasons)
    )
    return replace(validation, quarantine=groups, quarantined=sum(group.records for group in groups))


_ASIDE = (("RULE_BROKEN", ("wind-speed-possible",), 41), ("UNDECODABLE", (), 9), ("UNKNOWN_SCHEMA", (), 3))


def failing() -> tuple[Validation, ...]:
    """Twelve hours of which the last two break rules."""
    history = [full(NOON + timedelta(hours=hour)) for hour in range(12)]
    ids = [one.id for one in history[:10]]
    for place in (10, 11):
        found = full(history[place].validated_at, baseline=ids)
        found = breaking(found, "dew-point-possible", Severity.WARNING, failed=210 + place)
        history[place] = with_window_rules(put_aside(found, _ASIDE), psi=0.31)
    last = breaking(history[-1], "humidity-possible", Severity.CRITICAL)
    shifted = (distribution(*_MEASURES[0], shift=6.0, psi=0.31), *last.distributions[1:])
    quiet = station("EWR", _CITIES["EWR"], last.validated_at, present=15, last_arrival_at=NOON)
    quiet = replace(quiet, variables=_FLAGS_OF_EWR)
    stations = (quiet, *last.stations[:2])
    incident = Incident(
        id="incident",
        kind="rule",
        rule="humidity-possible",
        opened_at=last.validated_at,
        opened_by=last.id,
        sentence="humidity-possible is broken by 13 of 26,114 records.",
    )
    history[-1] = replace(last, distributions=shifted, stations=stations, incidents=(incident,))
    return tuple(history)


def warning() -> tuple[Validation, ...]:
    found = breaking(full(NOON + timedelta(hours=1)), "temperature-present", Severity.WARNING, failed=1)
    return full(), breaking(found, "humidity-possible", Severity.VALUE, failed=3)


def empty() -> tuple[Validation, ...]:
    nothing = breaking(full(NOON + timedelta(hours=1)), "some-rows", Severity.CRITICAL, failed=1, evaluated=1)
    rules = tuple(replace(rule, evaluated=0, examples=()) for rule in nothing.rules)
    blank = replace(passed(), topics=nothing.topics, lag=nothing.lag)
    known = ("id", "validated_at", "until", "asked_at", "origin", "description", "owner")
    return (
        full(),
        vary(blank, rows=0, rules=rules, **{name: getattr(nothing, name) for name in known}),
    )


def older() -> tuple[Validation, ...]:
    """What version 1 of the history's contract tells."""
    return (passed(),)


def crowd(count: int = 600) -> tuple[Validation, ...]:
    """A window of stations all over the world, some of them silent, some with no position."""
    chance = random.Random(7)
    stations = []
    for place in range(count):
        at = (chance.uniform(-55, 70), chance.uniform(-175, 178)) if place % 50 else None
        present, silent = chance.choice((24, 24, 24, 22, 12)), chance.choice((0, 0, 0, 7, 40))
        arrived = NOON - timedelta(hours=silent, minutes=3)
        stations.append(station(f"ST{place:04}", at, NOON, present=present, last_arrival_at=arrived))
    stations.sort(key=lambda one: (one.present or 0, one.station))
    found = full(stations=stations)
    return (replace(found, stations_seen=4 * count),)


def hostile() -> tuple[Validation, ...]:
    """Every text that may come from data is a hostile one."""
    cut = [name[:200] for name in HOSTILE]
    stations = [
        replace(
            station(name, (50.0 + place, 8.0 + place), NOON),
            name=name,
            source=name,
            variables=(VariableFlags(name=name, fail=1),),
        )
        for place, name in enumerate(cut)
    ]
    found = put_aside(full(stations=stations), [(name, (name,), 9) for name in cut])
    rules = tuple(
        replace(
            breaking(found, rule.id, Severity.CRITICAL).rules[place],
            id=cut[place],
            definition=HOSTILE[place],
            why=cut[place],
            owner=cut[place],
            note=cut[place],
            unit=cut[place],
            observed=1.0,
            examples=(
                Coordinates(
                    topic=cut[place],
                    partition=0,
                    offset=1,
                    source_topic=cut[place],
                    source_partition=0,
                    source_offset=5,
                ),
            ),
        )
        for place, rule in enumerate(found.rules[: len(cut)])
    )
    incident = Incident(
        id="i", kind="rule", rule=cut[0], opened_at=NOON, opened_by="x", sentence=" ".join(cut)
    )
    spreads = tuple(
        replace(one, field=name, unit=name, doc=name)
        for one, name in zip(found.distributions, cut, strict=False)
    )
    latencies = tuple(replace(found.latencies[0], step=name) for name in cut)
    topics = tuple(TopicVolume(topic=name, description=name, held=1, given=2) for name in cut)
    return (
        vary(
            found,
            id=cut[0],
            description=cut[1],
            owner=cut[2],
            gx_version=cut[3],
            rules=(*rules, *(replace(rule, id=cut[1], note=cut[0]) for rule in found.rules[-2:])),
            distributions=spreads,
            latencies=latencies,
            topics=topics,
            incidents=(incident,),
            variables=tuple(VariableFlags(name=name, good=5, fail=1) for name in cut),
        ),
    )


@cache
def ninety_days(days: int = 90) -> tuple[Validation, ...]:
    """A window of each hour, with rules that break for some days, quiet hours, and a gap of two days."""
    typical, chance = full(), random.Random(3)
    found: list[Validation] = []
    for hour in range(24 * days):
        if hour // 24 in (40, 41):
            continue
        moment = NOON + timedelta(hours=hour)
        one = replace(
            typical,
            id=f"hour-{hour}",
            validated_at=moment,
            rows=900 + int(300 * math.sin(hour / 24 * 2 * math.pi)) + chance.randrange(80),
            lag=chance.choice((0, 0, 0, 4, 40)),
        )
        if hour // 24 in (12, 13, 60):
            one = breaking(one, "temperature-present", Severity.WARNING, failed=chance.randrange(20, 400))
        if hour // 24 in (25, 61) and hour % 24 > 5:
            one = breaking(one, "wind-speed-possible", Severity.CRITICAL, failed=chance.randrange(1, 30))
        if hour > 24 * (days - 4):
            one = breaking(one, "dew-point-possible", Severity.WARNING, failed=50 + hour % 24)
        found.append(one)
    last = full(found[-1].validated_at, baseline=[one.id for one in found[-25:-1]])
    last = breaking(last, "dew-point-possible", Severity.WARNING, failed=61)
    return (*found[:-1], put_aside(with_window_rules(last, psi=0.31), _ASIDE))


STATES: Mapping[str, Callable[[], tuple[Validation, ...]]] = {
    "pass": lambda: (full(), full(NOON + timedelta(hours=1)), full(NOON + timedelta(hours=2))),
    "first": lambda: (full(),),
    "warn": warning,
    "fail": failing,
    "empty": empty,
    "older": older,
    "one-station": lambda: (full(stations=[station("KEF", (63.98, -22.6), NOON)]),),
    "crowd": crowd,
    "ninety-days": ninety_days,
}
"""What the page is looked at in."""
