"""Reads samples from files: a JSON body, a list of them, one on each line, or a table with a head line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from contracts.errors import UnusableSetting

_LARGEST = 32 << 20
_ABSENT = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"})
"""What a cell says where there is no value."""
_TRUTHS = {"true": True, "false": False}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,30})")
_FRACTION = re.compile(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_TABLES = frozenset({".csv", ".tsv"})


class Sample(NamedTuple):
    """An object that was found, and where."""

    place: str
    record: dict[str, Any]


def samples_in(files: Iterable[Path]) -> list[Sample]:
    """Every object in the files, in their order; raises `UnusableSetting`, which names the place."""
    return [sample for file in files for sample in _in_file(file)]


def parsed(text: str, place: str) -> Any:
    """A JSON text; raises `UnusableSetting`, which names the `place`."""
    try:
        return json.loads(text, parse_constant=_no_json)
    except ValueError as error:
        raise UnusableSetting(f"{place} is no JSON: {error}.") from None
    except RecursionError:
        raise UnusableSetting(f"{place} is nested too deep to be read.") from None


def _no_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number there, write null")


def _in_file(file: Path) -> list[Sample]:
    text = _text(file)
    if not text.strip():
        raise UnusableSetting(f"{file} is empty: give a file with samples.")
    found = _rows(text, file) if file.suffix.lower() in _TABLES else _bodies(text, file)
    if not found:
        raise UnusableSetting(f"{file} holds no samples: give a file with one at least.")
    for place, record in found:
        if not isinstance(record, dict):
            raise UnusableSetting(f"{place} is no JSON object: give objects, one for each record.")
    return found


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST:
            raise UnusableSetting(f"{file} is larger than {_LARGEST >> 20} MiB: give a part of it.")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableSetting(f"{file} is not UTF-8 text: give JSON, JSON lines or CSV.") from None
    except OSError as error:
        raise UnusableSetting(f"{file} cannot be read: {error.strerror or error}.") from None


def _bodies(text: str, file: Path) -> list[Sample]:
    lines = [
        (f"{file}: line {number}", line) for number, line in enumerate(text.split("\n"), 1) if line.strip()
    ]
    try:
        whole = parsed(text, str(file))
    except UnusableSetting as error:
        try:
            parsed(lines[0][1], lines[0][0])
        except UnusableSetting:
            raise error from None
        return [Sample(place, parsed(line, place)) for place, line in lines]
    items = whole if isinstance(whole, list) else [whole]
    several = len(items) > 1
    return [
        Sample(f"{file}: sample {number}" if several else str(file), item)
        for number, item in enumerate(items, 1)
    ]


def _rows(text: str, file: Path) -> list[Sample]:
    first = text.partition("\n")[0]
    # A tab or a semicolon stands in few names; a comma may stand in a quoted one.
    delimiter = max("\t;,", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(_cells(rows, file))
    except csv.Error as error:
        raise UnusableSetting(f"{file}: line {rows.line_num} is no CSV: {error}.") from None


def _cells(rows: Any, file: Path) -> Iterator[Sample]:
    head: list[str] = next(rows)
    if twice := next((name for name in head if head.count(name) > 1), None):
        raise UnusableSetting(f"{file} has two columns named {twice!r}: give one another name.")
    for row in rows:
        place = f"{file}: line {rows.line_num}"
        if not row:
            continue
        if len(row) != len(head):
            raise UnusableSetting(
                f"{place} has {len(row)} cells where the head line has {len(head)}: mend it."
            )
        yield Sample(place, {name: _value(cell.strip()) for name, cell in zip(head, row, strict=True)})


def _value(cell: str) -> Any:
    """What a cell says: nothing, a truth value, a number, or a text such as 007."""
    if cell in _ABSENT:
        return None
    if cell.lower() in _TRUTHS:
        return _TRUTHS[cell.lower()]
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(cell) if _FRACTION.fullmatch(cell) else cell
