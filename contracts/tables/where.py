"""Conditions on rows. pyiceberg types its own for its files, not for who writes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pyiceberg import expressions
from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, And, BooleanExpression, Or

from contracts.kafka.log import Span
from contracts.tables.columns import OFFSET, PARTITION

_made: Any = expressions


def every(*conditions: BooleanExpression) -> BooleanExpression:
    """All of them; of none, every row."""
    found: BooleanExpression = AlwaysTrue()
    for condition in conditions:
        found = And(found, condition)
    return found


def is_one_of(column: str, values: Collection[Any]) -> BooleanExpression:
    """Whether a column has one of these values."""
    found: BooleanExpression = _made.In(column, set(values))
    return found


def within(column: str, begin: Any = None, end: Any = None) -> BooleanExpression:
    """Whether a column is at least `begin` and less than `end`, where they are given."""
    bounds = {"GreaterThanOrEqual": begin, "LessThan": end}
    return every(
        *(getattr(_made, name)(column, value) for name, value in bounds.items() if value is not None)
    )


def at_offsets(spans: Mapping[int, Span]) -> BooleanExpression:
    """Whether a row's record is in one of these spans of the topic, by partition."""
    found: BooleanExpression = AlwaysFalse()
    for partition, span in spans.items():
        found = Or(found, every(is_one_of(PARTITION, {partition}), within(OFFSET, span.begin, span.end)))
    return found
