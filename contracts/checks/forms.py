"""How checks are written elsewhere: in Spark SQL, in Great Expectations, in data contracts, and in words.

Plain text and data, so that nothing here needs Spark or Great Expectations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from contracts.checks.parameters import Parameters
from contracts.process.times import milliseconds

SEASONS = ("low_winter", "low_summer", "high_winter", "high_summer")
"""Parameters of `in_season`: limits near the equator and far from it, by half of the year."""
LOW_UP_TO, ALL_WINTER_BEYOND = 45, 60
"""Degrees from the equator, north and south: `in_season` has other limits beyond the first, and only those of
winter beyond the second."""

SUNRISE_ELEVATION = -0.833
"""Degrees of the sun's centre at sunrise: half its disc and the refraction at the horizon (NOAA, USNO)."""
EVERY_DAY_UP_TO, GRAZES_BELOW = 65, 6
"""Degrees of latitude up to which the sun rises and sets every day, and hours: farther north or south
`daylight` leaves a shorter day or night alone, since there the sun grazes the horizon."""
DAY, HOUR = 86_400_000, 3_600_000
"""Milliseconds."""

_MONTH = "month(date_add(DATE'1970-01-01', CAST(floor(unix_seconds({time}) / 86400) AS INT)))"
"""Spark SQL of a time's month, by UTC whatever the time zone of the session is."""


def column(name: str) -> str:
    """Quote a column's name for Spark SQL."""
    return "`" + name.replace("`", "``") + "`"


def literal(value: Any) -> str:
    """Write a value as a Spark SQL literal; text is safe whatever it holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return f"{value!r}D"
    if isinstance(value, str):
        # Spark puts a variable in the place of ${…}, even in a text.
        written = value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\u0024{")
        return f"'{written}'"
    raise TypeError(f"{value!r} cannot be a literal of a rule")


def in_range(p: Parameters) -> str:
    """Spark SQL of `range`."""
    field = column(p["field"])
    bounds = [
        f"{field} {sign} {literal(p[key])}"
        for key, sign in (("min", ">="), ("max", "<="))
        if p.get(key) is not None
    ]
    # Spark orders NaN above every number, so that only `max` would catch it.
    return f"({field} IS NULL OR ({' AND '.join([*bounds, f'NOT isnan({field})'])}))"


def one_of(p: Parameters) -> str:
    """Spark SQL of `one_of`."""
    values = ", ".join(literal(value) for value in p["values"])
    return f"({column(p['field'])} IS NULL OR {column(p['field'])} IN ({values}))"


def at_most(p: Parameters) -> str:
    """Spark SQL of `at_most`."""
    low, high = column(p["field"]), column(p["other"])
    return f"({low} IS NULL OR {high} IS NULL OR {low} <= {high})"


def near(p: Parameters) -> str:
    """Spark SQL of `near`."""
    time, other = column(p["field"]), column(p["other"])
    # In whole numbers: a time at the edge of the calendar would fail a subtraction of intervals.
    apart = f"unix_millis({time}) - unix_millis({other})"
    bounds = [
        f"{apart} {sign} {edge * milliseconds(p[key])}L"
        for key, sign, edge in (("before", ">=", -1), ("after", "<=", 1))
        if p.get(key) is not None
    ]
    excused = f"coalesce({column(p['unless'])}, false) OR " if p.get("unless") else ""
    return f"({excused}{time} IS NULL OR {other} IS NULL OR ({' AND '.join(bounds) or 'true'}))"


def apart(p: Parameters) -> str:
    """Spark SQL of `apart`."""
    field, other = column(p["field"]), column(p["other"])
    # As doubles: a difference of whole numbers may be too large for their type. NaN is above every `max`.
    between = f"abs(CAST({field} AS DOUBLE) - CAST({other} AS DOUBLE))"
    return f"({field} IS NULL OR {other} IS NULL OR {between} <= {literal(p['max'])})"


def implies(p: Parameters) -> str:
    """Spark SQL of `implies`."""
    when = column(p["when"])
    asked = [f"{when} > {literal(p['above'])}"] if p.get("above") is not None else []
    if p.get("values") is not None:
        asked.append(f"{when} IN ({', '.join(literal(value) for value in p['values'])})")
    # Spark orders NaN above every number, but it is not known to lie above one.
    condition = f"NOT isnan({when}) AND ({' OR '.join(asked) or 'false'})"
    return f"({when} IS NULL OR NOT ({condition}) OR {in_range(p)})"


def implies_in_words(p: Parameters, units: Mapping[str, str]) -> str:
    """`implies` as the rest of a sentence."""
    unit = units.get(p["when"])
    suffix = f" {unit}" if unit else ""
    asked = [f"above {p['above']}{suffix}"] if p.get("above") is not None else []
    if p.get("values") is not None:
        asked.append(f"one of {', '.join(map(str, p['values']))}{suffix}")
    kept = bounds_in_words(p, units.get(p["field"]))
    return f"{p['field']} is {kept} where {p['when']} is {' or '.join(asked)}"


def not_all(p: Parameters) -> str:
    """Spark SQL of `not_all`."""
    value = literal(p["value"])
    return f"(NOT coalesce({' AND '.join(f'{column(name)} = {value}' for name in p['fields'])}, false))"


def in_season(p: Parameters) -> str:
    """Spark SQL of `in_season`."""
    field, latitude, time = column(p["field"]), column(p["latitude"]), column(p["time"])
    limits = [p[name] for name in SEASONS]
    # No NaN lies between two numbers, as Spark orders it above all of them.
    lows, highs = [low for low, _ in limits], [high for _, high in limits]
    low_winter, low_summer, high_winter, high_summer, widest, everywhere = (
        f"{field} BETWEEN {literal(low)} AND {literal(high)}"
        for low, high in (*limits, (min(lows), max(highs)), (max(lows), min(highs)))
    )
    summer = f"({_MONTH.format(time=time)} BETWEEN 4 AND 9) = ({latitude} >= 0)"
    low = f"{latitude} BETWEEN -{LOW_UP_TO} AND {LOW_UP_TO}"
    polar = f"{latitude} NOT BETWEEN -{ALL_WINTER_BEYOND} AND {ALL_WINTER_BEYOND}"
    return (
        # Most values are lawful everywhere, and need no season.
        f"({field} IS NULL OR CASE WHEN {everywhere} THEN true"
        # Off the globe, as NaN is, a latitude says nothing.
        f" WHEN {latitude} IS NULL OR abs({latitude}) > 90 OR {time} IS NULL THEN {widest}"
        f" WHEN {polar} THEN {high_winter}"
        f" WHEN {summer} THEN CASE WHEN {low} THEN {low_summer} ELSE {high_summer} END"
        f" WHEN {low} THEN {low_winter} ELSE {high_winter} END)"
    )


def in_season_in_words(p: Parameters, unit: str | None = None) -> str:
    """`in_season` as the rest of a sentence."""
    low_winter, low_summer, high_winter, high_summer = (
        bounds_in_words({"min": p[name][0], "max": p[name][1]}, unit) for name in SEASONS
    )
    return (
        f"{p['field']} is {low_winter} in winter and {low_summer} in summer up to {LOW_UP_TO}° from the "
        f"equator, and further away {high_winter} in winter or beyond {ALL_WINTER_BEYOND}° and {high_summer} "
        "in summer"
    )


def daylight(p: Parameters) -> str:
    """Spark SQL of `daylight`.

    The errors of midday and of half the day together are the larger of those of sunrise and sunset; so each
    part of the sun's triangle is computed once.
    """
    latitude, time = column(p["latitude"]), column(p["time"])
    north, up, toward = (f"radians({column(p[name])})" for name in ("latitude", "elevation", "azimuth"))
    length = f"pmod(unix_millis({column(p['sunset'])}) - unix_millis({column(p['sunrise'])}), {DAY}L)"
    midday = f"unix_millis({column(p['sunrise'])}) + {length} / 2D"
    hour = (
        f"atan2(-cos({up}) * sin({toward}),"
        f" sin({up}) * cos({north}) - cos({up}) * cos({toward}) * sin({north}))"
    )
    declination = f"asin(sin({up}) * sin({north}) + cos({up}) * cos({toward}) * cos({north}))"
    # The root is of a negative number where the sun does not rise or does not set.
    horizon = repr(math.sin(math.radians(SUNRISE_ELEVATION))) + "D"
    half = (
        f"2D * atan(sqrt((cos({north} - {declination}) - {horizon})"
        f" / (cos({north} + {declination}) + {horizon})))"
    )
    late = f"{midday} - unix_millis({time}) + degrees({hour}) * {DAY // 360}D"
    wrong = (
        f"abs(pmod({late} + {DAY // 2}D, {DAY}D) - {DAY // 2}D)"
        f" + abs({length} / 2D - degrees({half}) * {DAY // 360}D)"
    )
    grazes = (
        f"abs({latitude}) > {EVERY_DAY_UP_TO}"
        f" AND {length} NOT BETWEEN {GRAZES_BELOW * HOUR}L AND {DAY - GRAZES_BELOW * HOUR}L"
    )
    return f"(coalesce({grazes} OR nanvl({wrong}, CAST(NULL AS DOUBLE)) <= {milliseconds(p['max'])}L, true))"


def none_of_rows(kept: str) -> tuple[str, dict[str, Any]]:
    """Great Expectations' form of a predicate for which it has no expectation: a query of what breaks it."""
    return (
        "unexpected_rows_expectation",
        {"unexpected_rows_query": f"SELECT 1 FROM {{batch}} WHERE NOT {kept}"},  # noqa: S608
    )


def near_in_words(p: Parameters) -> str:
    """`near` as the rest of a sentence."""
    edges = [f"{p[key]} {key}" for key in ("before", "after") if p.get(key) is not None]
    excused = f", unless {p['unless']}" if p.get("unless") else ""
    return f"{p['field']} is at most {' or '.join(edges)} {p['other']}{excused}"


def all_different(fields: list[str]) -> tuple[str, dict[str, Any]]:
    """Great Expectations' form of `unique`: it has one of its own for a single column."""
    if len(fields) == 1:
        return "expect_column_values_to_be_unique", {"column": fields[0]}
    return "expect_compound_columns_to_be_unique", {"column_list": fields}


def bounds(p: Parameters) -> dict[str, Any]:
    """`min` and `max` as Great Expectations calls them."""
    return {"min_value": p.get("min"), "max_value": p.get("max")}


def must_be(p: Parameters) -> dict[str, Any]:
    """`min` and `max` as the Open Data Contract Standard calls them."""
    low, high = p.get("min"), p.get("max")
    if low is not None and high is not None:
        # The standard's range has two ends.
        return {"mustBe": low} if low == high else {"mustBeBetween": [low, high]}
    return {"mustBeGreaterOrEqualTo": low} if low is not None else {"mustBeLessOrEqualTo": high}


def invalid_values(arguments: dict[str, Any]) -> dict[str, Any]:
    """The Open Data Contract Standard's metric of values that are none of the lawful ones."""
    return {"metric": "invalidValues", "arguments": arguments, "mustBe": 0}


def bounds_in_words(p: Parameters, unit: str | None = None) -> str:
    """`min` and `max` as the rest of a sentence."""
    low, high, suffix = p.get("min"), p.get("max"), f" {unit}" if unit else ""
    if low is not None and high is not None:
        return f"between {low} and {high}{suffix}"
    return f"at least {low}{suffix}" if low is not None else f"at most {high}{suffix}"
