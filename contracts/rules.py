"""The checks that a rule can name: one row each, with its Spark predicate and its Great Expectations form.

Both are plain text and data, so that nothing here needs Spark or Great Expectations. A check looks at a
single row, or at a whole window of rows; only the first kind can judge a record in the stream.

A null passes every check but `not_null`: absence is `not_null`'s business alone. NaN lies in no range; beside
another field it is greater than every number and equal to itself, which is Spark's order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.model import JsonSchema, Rule
from contracts.times import milliseconds

Parameters = Mapping[str, Any]
Expectation = tuple[str, dict[str, Any]]
"""Type of a Great Expectations expectation, and its keyword arguments."""
Units = Mapping[str, str]
"""Unit by field, for the fields that have one."""

_TIMES = frozenset({"timestamp-millis", "timestamp-micros"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the table of checks."""

    purpose: str
    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    predicate: Callable[[Parameters], str] | None
    """Spark SQL that is true where a row keeps the rule, never null; None for a check of a whole window."""
    expectation: Callable[[Parameters], Expectation]
    exported: bool = True
    """Whether Great Expectations itself knows the expectation. `quality.judge.expectations` has the others,
    which also look at what only the judging knows: the window's end, and the windows before it."""
    words: Callable[[Parameters, Units], str]
    """What it asks for, as the rest of a sentence that begins with `A record is right when`."""
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Parameter that names a field to the Avro types, or logical types, which that field may have."""

    @property
    def judges_rows(self) -> bool:
        """Whether a single record can be judged by it."""
        return self.predicate is not None


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
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    raise TypeError(f"{value!r} cannot be a literal of a rule")


def _range_predicate(p: Parameters) -> str:
    field = column(p["field"])
    bounds = [
        f"{field} {sign} {literal(p[key])}"
        for key, sign in (("min", ">="), ("max", "<="))
        if p.get(key) is not None
    ]
    # Spark orders NaN above every number, so that only `max` would catch it.
    return f"({field} IS NULL OR ({' AND '.join([*bounds, f'NOT isnan({field})'])}))"


def _one_of_predicate(p: Parameters) -> str:
    values = ", ".join(literal(value) for value in p["values"])
    return f"({column(p['field'])} IS NULL OR {column(p['field'])} IN ({values}))"


def _at_most_predicate(p: Parameters) -> str:
    low, high = column(p["field"]), column(p["other"])
    return f"({low} IS NULL OR {high} IS NULL OR {low} <= {high})"


def _near_predicate(p: Parameters) -> str:
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


def _near_in_words(p: Parameters) -> str:
    edges = [f"{p[key]} {key}" for key in ("before", "after") if p.get(key) is not None]
    excused = f", unless {p['unless']}" if p.get("unless") else ""
    return f"{p['field']} is at most {' or '.join(edges)} {p['other']}{excused}"


def _bounds(p: Parameters) -> dict[str, Any]:
    return {"min_value": p.get("min"), "max_value": p.get("max")}


def _bounds_in_words(p: Parameters, unit: str | None = None) -> str:
    low, high, suffix = p.get("min"), p.get("max"), f" {unit}" if unit else ""
    if low is not None and high is not None:
        return f"between {low} and {high}{suffix}"
    return f"at least {low}{suffix}" if low is not None else f"at most {high}{suffix}"


CHECKS: dict[str, Check] = {
    "not_null": Check(
        purpose="The field is there.",
        required=frozenset({"field"}),
        predicate=lambda p: f"({column(p['field'])} IS NOT NULL)",
        expectation=lambda p: ("expect_column_values_to_not_be_null", {"column": p["field"]}),
        words=lambda p, _: f"{p['field']} is there",
    ),
    "range": Check(
        purpose="The number lies between `min` and `max`, both included.",
        required=frozenset({"field"}),
        optional=frozenset({"min", "max"}),
        predicate=_range_predicate,
        expectation=lambda p: ("expect_column_values_to_be_between", {"column": p["field"], **_bounds(p)}),
        words=lambda p, units: f"{p['field']} is {_bounds_in_words(p, units.get(p['field']))}",
    ),
    "one_of": Check(
        purpose="The value is one of `values`.",
        required=frozenset({"field", "values"}),
        predicate=_one_of_predicate,
        expectation=lambda p: (
            "expect_column_values_to_be_in_set",
            {"column": p["field"], "value_set": list(p["values"])},
        ),
        words=lambda p, _: f"{p['field']} is one of {', '.join(map(str, p['values']))}",
    ),
    "matches": Check(
        purpose="The text holds a match of the regular expression `pattern` (Java's syntax).",
        required=frozenset({"field", "pattern"}),
        predicate=lambda p: (
            f"({column(p['field'])} IS NULL OR {column(p['field'])} RLIKE {literal(p['pattern'])})"
        ),
        expectation=lambda p: (
            "expect_column_values_to_match_regex",
            {"column": p["field"], "regex": p["pattern"]},
        ),
        words=lambda p, _: f"{p['field']} matches {p['pattern']}",
    ),
    "at_most": Check(
        purpose="The number is not greater than the one in the field `other`.",
        required=frozenset({"field", "other"}),
        predicate=_at_most_predicate,
        expectation=lambda p: (
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": p["other"],
                "column_B": p["field"],
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
        ),
        words=lambda p, _: f"{p['field']} is not greater than {p['other']}",
    ),
    "near": Check(
        purpose="The time lies at most `before` ahead of the one in `other`, and at most `after` behind it.",
        required=frozenset({"field", "other"}),
        optional=frozenset({"before", "after", "unless"}),
        predicate=_near_predicate,
        # No expectation of theirs takes a difference: their form for it is a query of what breaks the rule.
        expectation=lambda p: (
            "unexpected_rows_expectation",
            {"unexpected_rows_query": f"SELECT 1 FROM {{batch}} WHERE NOT {_near_predicate(p)}"},  # noqa: S608
        ),
        words=lambda p, _: _near_in_words(p),
        types={"field": _TIMES, "other": _TIMES, "unless": frozenset({"boolean"})},
    ),
    "unique": Check(
        purpose="No two rows of a window agree in all of `fields`.",
        required=frozenset({"fields"}),
        predicate=None,
        expectation=lambda p: ("expect_compound_columns_to_be_unique", {"column_list": list(p["fields"])}),
        words=lambda p, _: f"no other shares its {', '.join(p['fields'])}",
    ),
    "row_count": Check(
        purpose="A window holds between `min` and `max` rows.",
        required=frozenset(),
        optional=frozenset({"min", "max"}),
        predicate=None,
        expectation=lambda p: ("expect_table_row_count_to_be_between", _bounds(p)),
        words=lambda p, _: f"the number of records in its window is {_bounds_in_words(p)}",
    ),
    "freshness": Check(
        purpose="The newest record of a window reached the topic at most `max` before the window's end.",
        required=frozenset({"max"}),
        predicate=None,
        expectation=lambda p: ("expect_feed_to_be_fresh", {"max_age": milliseconds(p["max"]) / 1000}),
        exported=False,
        words=lambda p, _: f"the newest of its window arrived at most {p['max']} before the window's end",
    ),
    "completeness": Check(
        purpose="Each station (`source` and `station`) has an observation at the share `min` of the times "
        "that one is due: every `every` of the time in `field`, where `due` (6) of them are in a window.",
        required=frozenset({"field", "every", "min"}),
        optional=frozenset({"due"}),
        predicate=None,
        expectation=lambda p: (
            "expect_stations_to_be_complete",
            {
                "column": p["field"],
                "every": milliseconds(p["every"]) / 1000,
                "min_share": float(p["min"]),
                "min_due": int(p.get("due", 6)),
            },
        ),
        exported=False,
        words=lambda p, _: (
            f"its station gives one every {p['every']}, at {float(p['min']):.0%} of these times or more"
        ),
        types={"field": _TIMES},
    ),
    "drift": Check(
        purpose="The field is spread as in the windows before, by a population stability index of at most "
        "`max`: over at least `windows` (3) that share no record, with `records` (200) values in each part.",
        required=frozenset({"field", "max"}),
        optional=frozenset({"windows", "records"}),
        predicate=None,
        expectation=lambda p: (
            "expect_column_to_be_steady",
            {
                "column": p["field"],
                "max_psi": float(p["max"]),
                "min_windows": int(p.get("windows", 3)),
                "min_records": int(p.get("records", 200)),
            },
        ),
        exported=False,
        words=lambda p, _: f"{p['field']} is spread as in the windows before, by a PSI of at most {p['max']}",
    ),
}


def predicate(rule: Rule) -> str | None:
    """Spark SQL that is true where a row keeps `rule`; None where only a window can be judged by it."""
    check = CHECKS[rule.check]
    return check.predicate(rule.parameters) if check.predicate else None


def expectation(rule: Rule) -> Expectation:
    """The rule as Great Expectations takes it."""
    return CHECKS[rule.check].expectation(rule.parameters)


def definition(rule: Rule, schema: JsonSchema) -> str:
    """What the rule asks for in words, with the units of the schema."""
    units = {f["name"]: str(f["unit"]) for f in schema["fields"] if "unit" in f}
    return CHECKS[rule.check].words(rule.parameters, units)


def fields_of(rule: Rule) -> tuple[str, ...]:
    """Names of the fields that a rule looks at."""
    p = rule.parameters
    named = (p.get("field"), p.get("other"), p.get("unless"), *p.get("fields", ()))
    return tuple(name for name in named if isinstance(name, str))
