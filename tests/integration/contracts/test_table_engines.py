"""Every lawful change of a contract, seen by every engine, in the snapshots before and behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pytest
from pyiceberg.table import Table

from contracts.folder.model import Contract, Deprecation
from contracts.tables.columns import BESIDE, OFFSET, PARTITION, TIMESTAMP
from contracts.tables.keep import follow, opened
from contracts.tables.settings import Warehouse
from streaming.tables.spark import full_name
from tests.tables import asked_by_spark
from tests.unit.contracts.built import contract

_AT = datetime(2024, 1, 1, tzinfo=timezone.utc)
_GONE = {"x": Deprecation(reason="It goes.", until=date(2030, 1, 1))}


def _record(*fields: tuple[str, Any]) -> dict[str, Any]:
    rows = [
        {"name": name, "type": kind, **({"default": None} if isinstance(kind, list) else {})}
        for name, kind in fields
    ]
    return {"type": "record", "name": "R", "fields": rows}


def _enum(*symbols: str) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), "default": "A"}


def _nested(*fields: tuple[str, Any]) -> list[Any]:
    return ["null", {**_record(*fields), "name": "N"}]


_X = ("x", "int")
CHANGES: dict[str, tuple[Contract, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # The contract, a row of its first version, how that looks in the second, a row of the second.
    "field-added": (
        contract(_record(_X), _record(("new", ["null", "string"]), _X)),
        {"x": 1},
        {"new": None, "x": 1},
        {"new": "é", "x": 2},
    ),
    "deprecated": (
        contract(_record(_X), _record(_X), deprecated=_GONE),
        {"x": 1},
        {"x": 1},
        {"x": 2},
    ),
    "symbol-added": (
        contract(_record(("x", _enum("A"))), _record(("x", _enum("A", "B")))),
        {"x": "A"},
        {"x": "A"},
        {"x": "B"},
    ),
    "record-grown": (
        contract(
            _record(("x", _nested(("a", "int")))),
            _record(("x", _nested(("b", ["null", "double"]), ("a", "int")))),
        ),
        {"x": {"a": 1}},
        {"x": {"a": 1, "b": None}},
        {"x": {"a": 2, "b": 0.5}},
    ),
    "made-optional": (
        contract(_record(_X), _record(("x", ["null", "int"]))),
        {"x": 1},
        {"x": 1},
        {"x": None},
    ),
    "union-widened": (
        contract(
            _record(("x", ["null", "int", "string"])), _record(("x", ["null", "int", "string", "boolean"]))
        ),
        {"x": {"member0": 1, "member1": None}},
        {"x": {"member0": 1, "member1": None, "member2": None}},
        {"x": {"member0": None, "member1": None, "member2": True}},
    ),
    "number-widened": (
        contract(_record(_X), _record(("x", "long"))),
        {"x": 1},
        {"x": 1},
        {"x": 1 << 40},
    ),
}

_FROM_ARROW: dict[str, Callable[[pa.Table], list[dict[str, Any]]]] = {
    "pyiceberg": lambda rows: rows.to_pylist(),
    "duckdb": lambda rows: duckdb.sql("SELECT * FROM rows").to_arrow_table().to_pylist(),  # type: ignore[union-attr]
    "polars": lambda rows: polars.from_arrow(rows).to_dicts(),  # type: ignore[union-attr]
}

pytestmark = pytest.mark.filterwarnings("ignore:Parquet writer option")


def _append(table: Table, offset: int, row: dict[str, Any]) -> int:
    full = {**row, PARTITION: 0, OFFSET: offset, TIMESTAMP: _AT}
    table.append(pa.Table.from_pylist([full], schema=table.schema().as_arrow()))
    snapshot = table.current_snapshot()
    assert snapshot is not None
    return snapshot.snapshot_id


def test_each_engine_reads_old_and_new_snapshots_of_every_change(tmp_path: Path) -> None:
    where = Warehouse(str(tmp_path / "tables"))
    asked: list[str] = []
    expected: list[tuple[str, list[dict[str, Any]]]] = []
    with opened(where, make=True) as catalogue:
        for name, (ours, old, old_now, new) in CHANGES.items():
            named = replace(ours, topic=name)
            first = _append(follow(catalogue, replace(named, versions=named.versions[:1]), "id"), 0, old)
            table = follow(catalogue, named, "id")
            second = _append(table, 1, new)
            for snapshot, rows in ((first, [old]), (second, [old_now, new])):
                schema = table.schemas()[table.snapshot_by_id(snapshot).schema_id]  # type: ignore[union-attr,index]
                names = [one.name for one in schema.fields if one.name not in BESIDE]
                found = table.scan(snapshot_id=snapshot).to_arrow().sort_by(OFFSET).select(names)
                for engine, read in _FROM_ARROW.items():
                    assert read(found) == rows, f"{engine} reads {name} otherwise"
                rows_then = f"{full_name(name)} VERSION AS OF {snapshot} ORDER BY {OFFSET}"
                asked.append(f"SELECT {', '.join(names)} FROM {rows_then}")
                expected.append((name, rows))
    answers = asked_by_spark(where, asked)
    for (name, rows), answer in zip(expected, answers, strict=True):
        assert answer == rows, f"Spark reads {name} otherwise"
