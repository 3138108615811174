"""What the newest records say of a change: counted here on values, in `tests/integration` on a broker."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.folder.model import Consumer, Contract, Mode, Rule, Severity
from contracts.kafka.log import Span, newest
from contracts.review.compare import review
from contracts.review.records import BothWays, NewestRecords, Place, compare
from tests.unit.contracts.built import contract as built

Rules = tuple[tuple[Rule, ...], tuple[Rule, ...]]
"""Those of the contract as it was, and as it is."""
NAN = float("nan")
INNER = {
    "type": "record",
    "name": "I",
    "fields": [{"name": "x", "type": "int"}, {"name": "y", "type": "int"}],
}
B = {"name": "b", "type": ["null", "double"], "default": None, "unit": "m"}


def schema(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields)}


def told(
    old: Any,
    new: Any,
    *records: tuple[Any, Any],
    rules: Rules = ((), ()),
    reads: tuple[str, ...] = ("b",),
) -> dict[tuple[str, str], int]:
    """The counts of what is seen, by kind and by what it is about."""
    found = told_whole(old, new, *records, rules=rules, reads=reads)
    assert found.count == len(records)
    return {(seen.kind, seen.about): seen.count for seen in found.seen if seen.count}


def told_whole(
    old: Any,
    new: Any,
    *records: tuple[Any, Any],
    rules: Rules,
    reads: tuple[str, ...],
) -> NewestRecords:
    consumers = (Consumer(name="c", owner="o", reads=reads),)
    contracts: list[Contract] = [
        built(*schemas, mode=Mode.NONE, consumers=consumers, rules=own)
        for schemas, own in zip(((old,), (old, new)), rules, strict=True)
    ]
    before, now = ({"t": each} for each in contracts)
    [topic] = review("then", before, now, ({}, {}), date(2026, 11, 30)).topics
    return compare(topic, [BothWays(Place(0, at), *record) for at, record in enumerate(records)])


def rule(**more: Any) -> Rule:
    parameters = {"field": "b", "max": 5, **more}
    return Rule(id="r", check="range", severity=Severity.WARNING, why="So.", parameters=parameters)


@pytest.mark.parametrize(
    ("was", "is_", "differs"),
    [
        (1.0, 1.0, []),
        (1.0, 2.0, ["b"]),
        (1.0, None, ["b"]),
        (None, 1.0, ["b"]),
        (None, None, []),
        (NAN, NAN, []),
        (NAN, 1.0, ["b"]),
        (1, 1.0, []),
        (Decimal("1.20"), Decimal("12.0"), ["b"]),
        ({"x": 1, "y": 2}, {"x": 1, "y": 2, "z": 3}, []),
        ({"x": 1, "y": 2}, {"x": 1}, ["b.y"]),
        ({"x": 1, "y": None}, {"x": 1}, []),
        ({"x": 1, "y": 2}, {"x": 2, "y": 1}, ["b.x", "b.y"]),
        ([{"x": 1, "y": 2}], [{"x": 1, "y": 3}], ["b.y"]),
        ([1, 2], [1], ["b"]),
        ({"x": 1}, None, ["b"]),
        ("1", b"1", ["b"]),
    ],
)
def test_a_field_reads_differently_where_its_value_does(was: Any, is_: Any, differs: list[str]) -> None:
    added = {"name": "added", "type": "int", "default": 0}
    found = told(schema(B), schema(B, added), ({"b": was}, {"b": is_, "added": 0}))
    assert [about for kind, about in found if kind == "field"] == differs
    assert found.get(("differ", ""), 0) == bool(differs)
    assert found.get(("consumer", "c"), 0) == bool(differs)


def test_a_field_that_is_gone_is_missed_where_it_held_a_value() -> None:
    other = {"name": "o", "type": "int", "default": 0}
    records = (({"b": 1.0, "o": 1}, {"o": 1}), ({"b": None, "o": 1}, {"o": 1}))
    assert told(schema(B, other), schema(other), *records) == {
        ("differ", ""): 1,
        ("field", "b"): 1,
        ("consumer", "c"): 1,
    }


def test_a_number_in_another_unit_reads_differently() -> None:
    records = (({"b": 1.0}, {"b": 1.0}), ({"b": None}, {"b": None}))
    assert told(schema(B), schema({**B, "unit": "km"}), *records)["field", "b"] == 1


def test_what_one_version_alone_can_read_is_counted_by_which() -> None:
    whole = {"b": 1.0}
    found = told(
        schema(B), schema({**B, "unit": "1"}), (whole, None), (None, whole), (None, None), (whole, None)
    )
    assert found == {
        ("breaks", ""): 2,
        ("mended", ""): 1,
        ("unreadable", ""): 1,
        ("consumer", "c"): 2,
    }


def test_a_consumer_of_other_fields_does_not_break() -> None:
    new = schema({**B, "name": "b2"})
    assert ("consumer", "c") not in told(schema(B), new, ({"b": 1.0}, {"b2": 1.0}), reads=("other",))
    assert told(schema(B), new, ({"b": 1.0}, {"b2": 1.0}), reads=("b.below",))["consumer", "c"] == 1


def test_a_rule_is_broken_by_those_that_kept_it() -> None:
    more = schema(B, {"name": "added", "type": "int", "default": 0})
    values = (1.0, 3.0, 4.0, 6.0, None)
    records = [({"b": value}, {"b": value, "added": 0}) for value in values]
    assert told(schema(B), more, *records, rules=((rule(),), (rule(max=2),))) == {
        ("fail", ""): 2,
        ("rule", "r"): 2,
    }
    assert told(schema(B), more, *records, rules=((rule(max=2),), (rule(),))) == {("kept", "r"): 2}
    assert told(schema(B), more, *records, rules=((), (rule(),))) == {("fail", ""): 1, ("rule", "r"): 1}
    assert told(schema(B), more, *records, rules=((rule(),), ())) == {("kept", "r"): 1}
    assert told(schema(B), more, *records, rules=((rule(),), (rule(),))) == {}


def test_a_rule_that_stays_is_judged_anew_where_its_field_reads_differently() -> None:
    found = told(
        schema(B), schema({**B, "unit": "km"}), ({"b": 1.0}, {"b": 9.0}), rules=((rule(),), (rule(),))
    )
    assert found["rule", "r"] == 1


def test_a_rule_about_a_field_that_the_version_lacks_is_not_judged() -> None:
    found = told_whole(schema(B), schema(), ({"b": 9.0}, {}), rules=((rule(),), (rule(),)), reads=("b",))
    assert "r cannot be judged without Spark, or on this version." in found.unsaid
    assert ("rule", "r") not in {(seen.kind, seen.about) for seen in found.seen}


def test_examples_are_the_first_by_coordinates_with_both_values() -> None:
    records = [({"b": float(at)}, {"b": at + 0.5}) for at in range(9)]
    found = told_whole(
        schema(B), schema({**B, "type": ["null", "float"]}), *records, rules=((), ()), reads=()
    )
    [seen] = [seen for seen in found.seen if seen.kind == "field"]
    assert seen.examples == ("0:0 (0.0 becomes 0.5)", "0:1 (1.0 becomes 1.5)", "0:2 (2.0 becomes 2.5)")
    assert seen.words == "read b differently"


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    sizes=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60)), min_size=1, max_size=6),
    count=st.integers(1, 200),
)
def test_the_newest_are_the_last_of_each_partition_as_evenly_as_they_have_them(
    sizes: list[tuple[int, int]], count: int
) -> None:
    spans = {at: Span(begin, begin + size) for at, (begin, size) in enumerate(sizes)}
    chosen = newest(spans, count)
    taken = {at: span.end - span.begin for at, span in chosen.items()}
    assert sum(taken.values()) == min(count, sum(size for _, size in sizes))
    assert all(chosen[at].end == span.end and chosen[at].begin >= span.begin for at, span in spans.items())
    most = max(taken.values())
    assert all(taken[at] >= most - 1 for at, (_, size) in enumerate(sizes) if taken[at] < size)
