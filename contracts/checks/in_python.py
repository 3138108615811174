"""How checks judge a record in Python, as their Spark predicates do, where no Spark is at hand.

Each function takes a rule's parameters and gives what says whether a record keeps the rule. A record is what
`contracts.avro.decode` makes. Numbers are compared exactly; Spark rounds those beyond 2^53 to doubles first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from contracts.checks.forms import (
    ALL_WINTER_BEYOND,
    DAY,
    EVERY_DAY_UP_TO,
    GRAZES_BELOW,
    HOUR,
    LOW_UP_TO,
    SEASONS,
    SUNRISE_ELEVATION,
)
from contracts.checks.parameters import Parameters
from contracts.process.times import milliseconds

Record: TypeAlias = Mapping[str, Any]
Keeps: TypeAlias = Callable[[Record], bool]
"""Whether a record keeps a rule."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _value(record: Record, name: str) -> Any:
    """A field's value, as Spark compares it."""
    value = record[name]
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, UUID) else value


def not_null(p: Parameters) -> Keeps:
    """Judge by `not_null`."""
    return lambda record: record[p["field"]] is not None


def is_null(p: Parameters) -> Keeps:
    """Judge by `is_null`."""
    return lambda record: record[p["field"]] is None


def in_range(p: Parameters) -> Keeps:
    """Judge by `range`."""
    low, high = (p[key] if p.get(key) is not None else edge for key, edge in _OPEN.items())

    def kept(record: Record) -> bool:
        value = _value(record, p["field"])
        # NaN lies between no two numbers.
        return value is None or low <= value <= high

    return kept


_OPEN = {"min": -math.inf, "max": math.inf}


def one_of(p: Parameters) -> Keeps:
    """Judge by `one_of`."""

    def kept(record: Record) -> bool:
        value = _value(record, p["field"])
        return value is None or value in p["values"]

    return kept


def matches(p: Parameters) -> Keeps:
    """Judge by `matches`."""
    pattern = re.compile(p["pattern"], re.ASCII)

    def kept(record: Record) -> bool:
        value = _value(record, p["field"])
        return value is None or pattern.search(value) is not None

    return kept


def at_most(p: Parameters) -> Keeps:
    """Judge by `at_most`: NaN is above every number, and equal to itself."""

    def kept(record: Record) -> bool:
        low, high = _value(record, p["field"]), _value(record, p["other"])
        return low is None or high is None or high != high or bool(low <= high)  # noqa: PLR0124

    return kept


def near(p: Parameters) -> Keeps:
    """Judge by `near`."""
    before, after = (
        milliseconds(p[key]) if p.get(key) is not None else math.inf for key in ("before", "after")
    )

    def kept(record: Record) -> bool:
        time, other = record[p["field"]], record[p["other"]]
        if time is None or other is None or (p.get("unless") and record[p["unless"]]):
            return True
        return -before <= _millis(time) - _millis(other) <= after

    return kept


def _millis(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


def apart(p: Parameters) -> Keeps:
    """Judge by `apart`."""

    def kept(record: Record) -> bool:
        one, other = _value(record, p["field"]), _value(record, p["other"])
        return one is None or other is None or abs(float(one) - float(other)) <= p["max"]

    return kept


def implies(p: Parameters) -> Keeps:
    """Judge by `implies`."""
    above = p["above"] if p.get("above") is not None else math.inf
    values, in_bounds = p.get("values") or (), in_range(p)

    def kept(record: Record) -> bool:
        when = _value(record, p["when"])
        return when is None or not (when > above or when in values) or in_bounds(record)

    return kept


def not_all(p: Parameters) -> Keeps:
    """Judge by `not_all`."""
    return lambda record: not all(_value(record, name) == p["value"] for name in p["fields"])


def in_season(p: Parameters) -> Keeps:
    """Judge by `in_season`."""
    lows, highs = zip(*(p[name] for name in SEASONS), strict=True)
    widest = min(lows), max(highs)

    def limits(latitude: Any, time: datetime | None) -> tuple[float, float]:
        if latitude is None or time is None or not abs(latitude) <= 90:
            return widest
        near_equator, polar = abs(latitude) <= LOW_UP_TO, abs(latitude) > ALL_WINTER_BEYOND
        summer = (4 <= time.month <= 9) == (latitude >= 0) and not polar
        low, high = p[f"{'low' if near_equator else 'high'}_{'summer' if summer else 'winter'}"]
        return low, high

    def kept(record: Record) -> bool:
        value = _value(record, p["field"])
        low, high = limits(_value(record, p["latitude"]), record[p["time"]])
        return value is None or low <= value <= high

    return kept


def daylight(p: Parameters) -> Keeps:
    """Judge by `daylight`: where the sun does not rise or does not set, a root or a quotient has no value."""
    horizon, at_most_ms = math.sin(math.radians(SUNRISE_ELEVATION)), milliseconds(p["max"])

    def kept(record: Record) -> bool:
        times = [record[p[name]] for name in ("sunrise", "sunset", "time")]
        degrees = [_value(record, p[name]) for name in ("latitude", "elevation", "azimuth")]
        if None in times or None in degrees:
            return True
        rise, set_, time = map(_millis, times)
        north, up, toward = map(math.radians, degrees)
        length = (set_ - rise) % DAY
        is_short = not GRAZES_BELOW * HOUR <= length <= DAY - GRAZES_BELOW * HOUR
        if abs(degrees[0]) > EVERY_DAY_UP_TO and is_short:
            return True
        try:
            aside = math.cos(up) * math.cos(toward)
            hour = math.atan2(
                -math.cos(up) * math.sin(toward), math.sin(up) * math.cos(north) - aside * math.sin(north)
            )
            declination = math.asin(math.sin(up) * math.sin(north) + aside * math.cos(north))
            above, below = math.cos(north - declination) - horizon, math.cos(north + declination) + horizon
            half = 2 * math.atan(math.sqrt(above / below))
        except (ValueError, ZeroDivisionError):
            return True
        late = rise + length / 2 - time + math.degrees(hour) * DAY / 360
        wrong = abs((late + DAY / 2) % DAY - DAY / 2) + abs(length / 2 - math.degrees(half) * DAY / 360)
        return not wrong > at_most_ms

    return kept
