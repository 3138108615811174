"""Mutants of a table of enrichment, and the tests that have to notice them.

A mutant is the table with one thing of one row's SQL changed. What a row repeats in parentheses is one thing:
it is one expression in the code, so that all of its places change together.
"""

from __future__ import annotations

import inspect
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from contracts.folder.model import JsonSchema
from streaming.record.enrich.table import Enrichment, Row, levels
from tests.charts import Record, Tables, published

CHANGE = 0.001
"""What is added to each constant, of its own; a zero becomes that."""

_TOKEN = re.compile(
    r"(?P<text>'[^']*')|(?P<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[DL]?)|(?P<name>[a-z_]\w*(?:\.\w+)*)"
    r"|(?P<compares>IS NOT NULL|IS NULL|BETWEEN|\bIN\b|\bNOT\b|<=>|<=|>=|!=|<|>|=)"
    r"|(?P<word>[A-Z]+)|(?P<sign>\S)"
)
_TURNED = {
    "<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "!=", "!=": "=", "BETWEEN": "NOT BETWEEN",
    "IN": "NOT IN", "IS NULL": "IS NOT NULL", "IS NOT NULL": "IS NULL", "NOT": "",
}  # fmt: skip
_NEAR = 16
"""Characters of the SQL that a change is shown with, on either side."""
_LISTS = ("IN", "map")
"""What stands before a list of codes, which are names and no quantities."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One row of a table with one thing changed."""

    row: str
    change: str
    """What was changed, into what, and what stands about it within the same parentheses."""
    sql: str

    def __str__(self) -> str:
        return f"{self.row}: {self.change}"


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    around: str
    """The SQL of the innermost parentheses around it, or of the whole row."""
    within: int
    """Where it begins in there."""
    leads: str
    """What stands before these parentheses."""
    calls: bool
    """Whether it is the name of a function."""


def mutants(table: Enrichment, raw: JsonSchema, final: JsonSchema) -> list[Mutant]:
    """Every mutant of a table, each input swapped for one other field of its type, by chance.

    `raw` is the schema that the stream reads. A derived row takes what is there before it only, so that many
    mutants can be in one table without a circle.
    """
    record = {f"record.{name}": kind for name, kind in _fields(raw)}
    published = dict(_fields(final))
    found: list[Mutant] = []
    for name, row in {**table.observed, **table.aside}.items():
        found += _of_row(name, row.sql, record)
    # A step is a double.
    there = {name: published.get(name, "double") for name in table.from_record(raw, final)}
    for level in levels(table.derived):
        for name, row in level.items():
            found += _of_row(name, row.sql, there)
        there |= {name: published.get(name, "double") for name in level}
    return found


def mixed(table: Enrichment, those: Sequence[Mutant], number: str) -> Enrichment:
    """The table in which the SQL `number` says by which of the mutants a record is enriched, from 1 on."""
    rows: dict[str, str] = defaultdict(str)
    # Inside of a CASE Spark computes again whatever a row repeats: so these stand beside it.
    beside = {
        f"own_{mutant.row}": table.derived[mutant.row] for mutant in those if mutant.row in table.derived
    }
    for place, mutant in enumerate(those, 1):
        if mutant.row in table.derived:
            beside[f"mutant_{place}"] = Row(mutant.sql)
        rows[mutant.row] += f" WHEN {place} THEN " + (
            f"mutant_{place}" if mutant.row in table.derived else mutant.sql
        )

    def choice(name: str, sql: str) -> str:
        if name not in rows:
            return sql
        return f"CASE {number}{rows[name]} ELSE {f'own_{name}' if name in table.derived else sql} END"

    chosen = _with(table, choice)
    return replace(chosen, derived={**beside, **chosen.derived})


def mutated(table: Enrichment, mutant: Mutant) -> Enrichment:
    """The table with the row of the mutant."""
    return _with(table, lambda name, sql: mutant.sql if name == mutant.row else sql)


def _with(table: Enrichment, sql: Callable[[str, str], str]) -> Enrichment:
    def changed(rows: Mapping[str, Row]) -> dict[str, Row]:
        return {name: replace(row, sql=sql(name, row.sql)) for name, row in rows.items()}

    return replace(
        table,
        observed=changed(table.observed),
        aside=changed(table.aside),
        derived=changed(table.derived),
    )


def _fields(schema: JsonSchema, prefix: str = "") -> Iterator[tuple[str, object]]:
    for field in schema["fields"]:
        kind = field["type"]
        if isinstance(kind, list):
            kind = next(one for one in kind if one != "null")
        if isinstance(kind, dict) and kind["type"] == "record":
            yield from _fields(kind, f"{prefix}{field['name']}.")
        yield f"{prefix}{field['name']}", kind


def _of_row(row: str, sql: str, types: Mapping[str, object]) -> Iterator[Mutant]:
    places: dict[tuple[str, int], list[_Token]] = defaultdict(list)
    for token in _tokens(sql):
        places[token.around, token.within].append(token)
    for (around, within), same in places.items():
        token = same[0]
        other = _other(token, types, random.Random(f"{row} {token.text} {around} {within}"))
        if other is not None:
            changed = sql
            for one in reversed(same):
                changed = changed[: one.start] + other + changed[one.start + len(one.text) :]
            before, after = around[:within][-_NEAR:], around[within + len(token.text) :][:_NEAR]
            yield Mutant(row, f"{before}[{token.text} -> {other}]{after}", changed)


def _other(token: _Token, types: Mapping[str, object], choice: random.Random) -> str | None:
    """What is put in the place of a token; None where it stays."""
    if token.kind == "number" and token.leads not in _LISTS:
        return _changed(token.text)
    if token.kind == "compares":
        return _TURNED.get(token.text)
    if token.kind == "name" and not token.calls and token.text in types:
        home = token.text.rpartition(".")[0]
        others = [
            name
            for name, kind in types.items()
            if kind == types[token.text] and name != token.text and name.rpartition(".")[0] == home
        ]
        return choice.choice(sorted(others)) if others else None
    return None


def _changed(number: str) -> str:
    digits, suffix = (number[:-1], number[-1]) if number[-1] in "DL" else (number, "")
    if suffix == "D":
        return f"{(float(digits) * (1 + CHANGE) or CHANGE):.15g}D"
    # A whole number cannot change by less than one.
    return f"{int(digits) + max(1, round(int(digits) * CHANGE))}{suffix}"


def _tokens(sql: str) -> Iterator[_Token]:
    found = [(str(match.lastgroup), match[0], match.start()) for match in _TOKEN.finditer(sql)]
    ends: dict[int, int] = {}
    opened: list[int] = []
    for _, text, start in found:
        if text == "(":
            opened.append(start)
        elif text == ")":
            ends[opened.pop()] = start
    around = [(-1, len(sql), "")]
    for number, (kind, text, start) in enumerate(found):
        if text == "(":
            around.append((start, ends[start], found[number - 1][1] if number else ""))
        elif text == ")":
            around.pop()
        else:
            begin, end, leads = around[-1]
            calls = sql[start + len(text) : start + len(text) + 1] == "("
            yield _Token(kind, text, start, sql[begin + 1 : end], start - begin - 1, leads, calls)


Test = Callable[[dict[str, list[Record]]], None]


class Proof:
    """The tests of one file that look at what the tables of raw rows of this file become."""

    def __init__(self, file: Path) -> None:
        self.name = file.stem
        self._module = _loaded(file)
        self.tables: Tables = self._module.TABLES
        self._tests = dict(_tests(self._module))
        self._looked_up = [name for name, it in vars(self._module).items() if isinstance(it, Enrichment)]

    @property
    def rows(self) -> list[Record]:
        """The raw rows of all tables."""
        return [row for rows in self.tables.values() for row in rows]

    def failing(self, records: Sequence[Record], table: Enrichment) -> str | None:
        """The first of the tests that fails where the raw rows have become `records` by a table."""
        for name in self._looked_up:
            setattr(self._module, name, table)
        given = [SimpleNamespace(record=record) for record in records]
        found = published(lambda _: given, lambda **_: b"", self.tables)
        return next((name for name, test in self._tests.items() if _fails(test, found)), None)


def _fails(test: Test, found: dict[str, list[Record]]) -> bool:
    try:
        test(found)
    except Exception:
        return True
    return False


def _tests(module: ModuleType) -> Iterator[tuple[str, Test]]:
    for name, test in vars(module).items():
        if not name.startswith("test_") or "found" not in inspect.signature(test).parameters:
            continue
        cases = [mark.args for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        if not cases:
            yield name, test
        for argument, values, *_ in cases:
            yield from ((f"{name}[{value}]", partial(test, **{argument: value})) for value in values)


def _loaded(file: Path) -> ModuleType:
    """A file of tests as it stands: pytest's rewritten asserts would explain thousands of failures."""
    spec = spec_from_file_location(f"proof.{file.stem}", file)
    assert spec and spec.loader
    module: Any = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module  # type: ignore[no-any-return]
