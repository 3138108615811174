"""How checks are written elsewhere: in Spark SQL, in Great Expectations, in data contracts, and in words.

Plain text and data, so that nothing here needs Spark or Great Expectations.
"""

from __future__ import annotations

import math
from typing import Any

from contracts.checks.parameters import Parameters
from contracts.process.times import milliseconds


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
