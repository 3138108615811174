"""The checks that a rule can name: one row each, with its Spark predicate and its Great Expectations form.

Both are plain text and data, so that nothing here needs Spark or Great Expectations. A check looks at a
single row, or at a whole window of rows; only the first kind can judge a record in the stream.

A null passes every check but `not_null`: absence is `not_null`'s business alone. NaN lies in no range; beside
another field it is greater than every number and equal to itself, which is Spark's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.checks import forms, in_python
from contracts.checks.forms import column, literal
from contracts.checks.in_python import Keeps
from contracts.checks.parameters import (
    GROUPED,
    LISTED,
    NUMBERS,
    ORDERED,
    TEXTS,
    TIMES,
    Parameter,
    Parameters,
    Problem,
    a_field,
    a_length,
    a_number,
    a_pattern,
    a_value,
    crossed,
    some_fields,
    some_values,
    two_bounds,
)
from contracts.evolution.compatibility.schema import Type
from contracts.folder.model import JsonSchema, Rule
from contracts.process.times import milliseconds

__all__ = [
    "CHECKS",
    "Check",
    "Expectation",
    "column",
    "definition",
    "expectation",
    "fields_of",
    "judge",
    "literal",
    "predicate",
    "shape_problems",
    "type_problems",
]

Expectation = tuple[str, dict[str, Any]]
"""Type of a Great Expectations expectation, and its keyword arguments."""
Units = Mapping[str, str]
"""Unit by field, for the fields that have one."""

Metric = Callable[[Parameters], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the table of checks."""

    purpose: str
    parameters: Mapping[str, Parameter]
    needs_one_of: tuple[frozenset[str], ...] = ()
    """Sets of optional parameters: without any of a set the check asks for nothing."""
    predicate: Callable[[Parameters], str] | None
    """Spark SQL that is true where a row keeps the rule, never null; None for a check of a whole window."""
    judge: Callable[[Parameters], Keeps] | None = None
    """The predicate in Python; None where only Spark can judge."""
    expectation: Callable[[Parameters], Expectation] | None = None
    """None where Great Expectations has none for it: then it is a query of what breaks the predicate."""
    exported: bool = True
    """Whether Great Expectations itself knows the expectation. `quality.judge.expectations` has the others,
    which also look at what only the judging knows: the window's end, and the windows before it."""
    words: Callable[[Parameters, Units], str]
    """What it asks for, as the rest of a sentence that begins with `A record is right when`."""
    dimension: str = "conformity"
    """What it measures, in the words of the Open Data Contract Standard."""
    metric: Metric | None = None
    """The same as a metric of that standard; a check without one is exported in Great Expectations' words."""

    @property
    def required(self) -> frozenset[str]:
        """Names of the parameters that a rule must give."""
        return frozenset(name for name, parameter in self.parameters.items() if parameter.required)

    @property
    def optional(self) -> frozenset[str]:
        """Names of the parameters that a rule may give."""
        return frozenset(self.parameters) - self.required

    @property
    def judges_rows(self) -> bool:
        """Whether a single record can be judged by it."""
        return self.predicate is not None

    @property
    def judges_a_value(self) -> bool:
        """Whether it judges one value of a record, so that its rules may be of severity `value`."""
        return self.judges_rows and "field" in self.parameters


CHECKS: dict[str, Check] = {
    "not_null": Check(
        purpose="The field is there.",
        parameters={"field": a_field()},
        dimension="completeness",
        metric=lambda _: {"metric": "nullValues", "mustBe": 0},
        judge=in_python.not_null,
        predicate=lambda p: f"({column(p['field'])} IS NOT NULL)",
        expectation=lambda p: ("expect_column_values_to_not_be_null", {"column": p["field"]}),
        words=lambda p, _: f"{p['field']} is there",
    ),
    "is_null": Check(
        purpose="The field is left empty.",
        parameters={"field": a_field()},
        judge=in_python.is_null,
        predicate=lambda p: f"({column(p['field'])} IS NULL)",
        expectation=lambda p: ("expect_column_values_to_be_null", {"column": p["field"]}),
        words=lambda p, _: f"{p['field']} is left empty",
    ),
    "range": Check(
        purpose="The number lies between `min` and `max`, both included.",
        parameters={"field": a_field(NUMBERS), "min": a_number(), "max": a_number()},
        needs_one_of=(frozenset({"min", "max"}),),
        dimension="accuracy",
        judge=in_python.in_range,
        predicate=forms.in_range,
        expectation=lambda p: (
            "expect_column_values_to_be_between",
            {"column": p["field"], **forms.bounds(p)},
        ),
        words=lambda p, units: f"{p['field']} is {forms.bounds_in_words(p, units.get(p['field']))}",
    ),
    "one_of": Check(
        purpose="The value is one of `values`.",
        parameters={"field": a_field(LISTED), "values": some_values()},
        metric=lambda p: forms.invalid_values({"validValues": list(p["values"])}),
        judge=in_python.one_of,
        predicate=forms.one_of,
        expectation=lambda p: (
            "expect_column_values_to_be_in_set",
            {"column": p["field"], "value_set": list(p["values"])},
        ),
        words=lambda p, _: f"{p['field']} is one of {', '.join(map(str, p['values']))}",
    ),
    "matches": Check(
        purpose="The text holds a match of the regular expression `pattern` (Java's syntax).",
        parameters={"field": a_field(TEXTS), "pattern": a_pattern()},
        metric=lambda p: forms.invalid_values({"pattern": p["pattern"]}),
        judge=in_python.matches,
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
        parameters={"field": a_field(ORDERED), "other": a_field(ORDERED, like="field")},
        dimension="consistency",
        judge=in_python.at_most,
        predicate=forms.at_most,
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
        parameters={
            "field": a_field(TIMES),
            "other": a_field(TIMES),
            "unless": a_field(frozenset({"boolean"}), required=False, helps=True),
            "before": a_length(),
            "after": a_length(),
        },
        needs_one_of=(frozenset({"before", "after"}),),
        dimension="timeliness",
        judge=in_python.near,
        predicate=forms.near,
        words=lambda p, _: forms.near_in_words(p),
    ),
    "apart": Check(
        purpose="The numbers in `field` and `other` differ by at most `max`.",
        parameters={
            "field": a_field(NUMBERS),
            "other": a_field(NUMBERS),
            "max": a_number(least=0, required=True),
        },
        dimension="consistency",
        judge=in_python.apart,
        predicate=forms.apart,
        words=lambda p, units: (
            f"{p['field']} and {p['other']} differ by {forms.bounds_in_words(p, units.get(p['field']))}"
        ),
    ),
    "implies": Check(
        purpose="Where the number in `when` lies above `above`, or is one of `values`, the number in `field` "
        "lies between `min` and `max`. A NaN in `when` is none of these.",
        parameters={
            "when": a_field(NUMBERS),
            "above": a_number(),
            "values": some_values(of="when", verb="looks for", required=False),
            "field": a_field(NUMBERS),
            "min": a_number(),
            "max": a_number(),
        },
        needs_one_of=(frozenset({"above", "values"}), frozenset({"min", "max"})),
        dimension="consistency",
        judge=in_python.implies,
        predicate=forms.implies,
        words=forms.implies_in_words,
    ),
    "not_all": Check(
        purpose="Not all of `fields` hold the number `value`.",
        parameters={"fields": some_fields(NUMBERS), "value": a_value(of="fields")},
        dimension="consistency",
        judge=in_python.not_all,
        predicate=forms.not_all,
        words=lambda p, _: f"not all of {', '.join(p['fields'])} are {p['value']}",
    ),
    "in_season": Check(
        purpose="The number lies within the limits of its latitude and its half of the year. `low_winter` "
        "and `low_summer` hold up to 45° from the equator, `high_winter` and `high_summer` beyond; each is "
        "[min, max]. Winter is October to March in the north, April to September in the south, by UTC; the "
        "equator is north. Beyond 60° `high_winter` holds all year, as the summer of the table in WMO-No. "
        "305 includes months that have -50 °C there. Without a latitude on the globe, or without a "
        "time, a number need only lie between the smallest and the largest of the four limits.",
        parameters={
            "field": a_field(NUMBERS),
            "latitude": a_field(NUMBERS, helps=True),
            "time": a_field(TIMES, helps=True),
            **{name: two_bounds() for name in forms.SEASONS},
        },
        dimension="accuracy",
        judge=in_python.in_season,
        predicate=forms.in_season,
        words=lambda p, units: forms.in_season_in_words(p, units.get(p["field"])),
    ),
    "daylight": Check(
        purpose="The times of day in `sunrise` and `sunset` are at most `max` from those at which the sun's "
        "centre passes -0.833° there, by the position that it has at `time`: `elevation` and `azimuth` (from "
        "north, clockwise), in degrees. Nothing is asked where the sun does not rise or does not set, nor "
        "beyond 65° of latitude of a day or a night of less than six hours.",
        parameters={
            "sunrise": a_field(TIMES),
            "sunset": a_field(TIMES),
            "latitude": a_field(NUMBERS),
            "elevation": a_field(NUMBERS, helps=True),
            "azimuth": a_field(NUMBERS, helps=True),
            "time": a_field(TIMES, helps=True),
            "max": a_length(some=True, required=True),
        },
        dimension="consistency",
        predicate=forms.daylight,
        judge=in_python.daylight,
        words=lambda p, _: (
            f"the sun rises at {p['sunrise']} and sets at {p['sunset']}, within {p['max']}, at its "
            f"{p['latitude']}"
        ),
    ),
    "unique": Check(
        purpose="No two rows of a window agree in all of `fields`.",
        parameters={"fields": some_fields(GROUPED)},
        dimension="uniqueness",
        metric=lambda p: {
            "metric": "duplicateValues",
            "arguments": {"properties": list(p["fields"])},
            "mustBe": 0,
        },
        predicate=None,
        expectation=lambda p: forms.all_different(list(p["fields"])),
        words=lambda p, _: f"no other shares its {', '.join(p['fields'])}",
    ),
    "row_count": Check(
        purpose="A window holds between `min` and `max` rows.",
        parameters={"min": a_number(least=0, whole=True), "max": a_number(least=0, whole=True)},
        needs_one_of=(frozenset({"min", "max"}),),
        dimension="completeness",
        metric=lambda p: {"metric": "rowCount", **forms.must_be(p)},
        predicate=None,
        expectation=lambda p: ("expect_table_row_count_to_be_between", forms.bounds(p)),
        words=lambda p, _: f"the number of records in its window is {forms.bounds_in_words(p)}",
    ),
    "freshness": Check(
        purpose="The newest record of a window reached the topic at most `max` before the window's end.",
        parameters={"max": a_length(some=True, required=True)},
        dimension="timeliness",
        predicate=None,
        expectation=lambda p: ("expect_feed_to_be_fresh", {"max_age": milliseconds(p["max"]) / 1000}),
        exported=False,
        words=lambda p, _: f"the newest of its window arrived at most {p['max']} before the window's end",
    ),
    "completeness": Check(
        purpose="Each station (`source` and `station`) has an observation at the share `min` of the times "
        "that one is due: every `every` of the time in `field`, where `due` (6) of them are in a window.",
        parameters={
            "field": a_field(TIMES),
            "every": a_length(some=True, required=True),
            "min": a_number(above=0, most=1, required=True),
            "due": a_number(least=1, whole=True),
        },
        dimension="completeness",
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
    ),
    "drift": Check(
        purpose="The field is spread as in the windows before, by a population stability index of at most "
        "`max`: over at least `windows` (3) that share no record, with `records` (200) values in each part.",
        parameters={
            "field": a_field(NUMBERS),
            "max": a_number(above=0, required=True),
            "windows": a_number(least=1, whole=True),
            "records": a_number(least=1, whole=True),
        },
        dimension="consistency",
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


def judge(rule: Rule) -> Keeps | None:
    """What says whether a decoded record keeps `rule`; None where only Spark, or a whole window, can tell."""
    check = CHECKS[rule.check]
    return check.judge(rule.parameters) if check.judge else None


def expectation(rule: Rule) -> Expectation:
    """The rule as Great Expectations takes it."""
    check = CHECKS[rule.check]
    if check.expectation:
        return check.expectation(rule.parameters)
    return forms.none_of_rows(predicate(rule) or "true")


def definition(rule: Rule, schema: JsonSchema) -> str:
    """What the rule asks for in words, with the units of the schema."""
    units = {f["name"]: str(f["unit"]) for f in schema["fields"] if "unit" in f}
    return CHECKS[rule.check].words(rule.parameters, units)


def fields_of(rule: Rule, *, judged: bool = False) -> tuple[str, ...]:
    """Names of the fields that a rule looks at; `judged`, without those that only help to judge."""
    parameters = CHECKS[rule.check].parameters.items()
    named = [
        rule.parameters.get(name)
        for name, row in parameters
        if row.names_fields and not (judged and row.helps)
    ]
    lists = (value if isinstance(value, (list, tuple)) else [value] for value in named)
    return tuple(name for values in lists for name in values if isinstance(name, str))


def shape_problems(check: str, given: Parameters) -> Iterator[tuple[str, Problem]]:
    """What is wrong with the parameters that a rule gives to a check of `CHECKS`, whatever the fields are.

    Each with the parameter that it is about, which is empty where it is about none that is given.
    """
    row = CHECKS[check]
    if missing := row.required - given.keys():
        yield "", (f"{check} needs {', '.join(sorted(missing))}", "add what it needs")
    for names in row.needs_one_of:
        if names.isdisjoint(given):
            yield "", (f"{check} needs {' or '.join(sorted(names))}", "add one of them")
    if unknown := given.keys() - row.parameters.keys():
        others = ", ".join(sorted(map(str, unknown)))
        yield "", (f"{check} takes no {others}", f"it takes {', '.join(row.parameters)}")
    yield from _value_problems(row, given)


def type_problems(rule: Rule, root: Type) -> Iterator[tuple[str, Problem]]:
    """Parameters of a rule that do not suit records of the type `root`, with what is wrong about each.

    A field that `root` does not have is left to `fields_of`.
    """
    row = CHECKS[rule.check]
    wrong = dict(_value_problems(row, rule.parameters))
    yield from wrong.items()
    for name, parameter in row.parameters.items():
        asked = name in rule.parameters and name not in wrong
        if asked and (problem := parameter.fits(rule.parameters[name], rule.parameters, root)) is not None:
            yield name, problem


def _value_problems(row: Check, given: Parameters) -> Iterator[tuple[str, Problem]]:
    for name, parameter in row.parameters.items():
        if name in given and (problem := parameter.takes(given[name])) is not None:
            yield name, problem
    yield from crossed(given)
