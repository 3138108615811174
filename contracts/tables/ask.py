"""Asks the tables in SQL: each under its name, and as `…_latest` the last word on each observation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError
from pyiceberg.table import Table

from contracts.errors import UnusableSetting
from contracts.folder.model import LATEST
from contracts.tables.columns import OFFSET, PARTITION, TIMESTAMP
from contracts.tables.keep import opened
from contracts.tables.read import Moment, schema_at, snapshot_at, window_asked_for
from contracts.tables.settings import NAMESPACE, Warehouse, warehouse
from contracts.tables.window import JudgedWindow

_FILE = re.compile(r"^file:(//)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableThere:
    """A table that can be asked, as it is now."""

    name: str
    topic: str
    rows: int
    bytes: int
    """Of the files with the rows."""
    version: int
    """Of the contract that it follows."""
    snapshots: int
    written_at: datetime | None
    """When the newest snapshot was written."""


def tables_there(at: Warehouse | None = None) -> list[TableThere]:
    """The tables, by name."""
    with opened(at or warehouse()) as catalogue:
        tables = [catalogue.load_table((NAMESPACE, name)) for name in _names(catalogue)]
        # Somebody else's table beside ours is asked like any other, and has none of this to tell.
        return [_about(table) for table in tables if "contract.topic" in table.properties]


def _about(table: Table) -> TableThere:
    newest = table.current_snapshot()
    summary = newest.summary if newest and newest.summary else {}
    return TableThere(
        name=table.name()[-1],
        topic=table.properties["contract.topic"],
        rows=int(summary.get("total-records") or 0),
        bytes=int(summary.get("total-files-size") or 0),
        version=int(table.properties["contract.version"]),
        snapshots=len(table.snapshots()),
        written_at=datetime.fromtimestamp(newest.timestamp_ms / 1000, timezone.utc) if newest else None,
    )


def ask(
    sql: str, *, as_of: Moment | None = None, window: str | None = None, at: Warehouse | None = None
) -> pa.Table:
    """The answer to a question in DuckDB's SQL, as Arrow. Times are UTC.

    A topic's table has the topic's name with `_` for `-`, such as `topic_weather_final`; behind it, where the
    contract names an identity, is `topic_weather_final_latest`. `as_of` asks all tables as they were at a
    moment. With `window`, the id of a validation, the table of the topic that it judged has just what it
    judged, as it was then. `at` says where the tables are, otherwise the environment does.

    Only what the question needs is read from a folder's files; tables of an object store come whole.
    Raises `UnusableSetting` for what cannot be asked.
    """
    with answer(sql, as_of=as_of, window=window, at=at) as rows:
        return rows.to_arrow_table()


@contextmanager
def answer(
    sql: str, *, as_of: Moment | None = None, window: str | None = None, at: Warehouse | None = None
) -> Iterator[duckdb.DuckDBPyRelation]:
    """What `ask` gives, before any row of it is read: for an answer that is larger than memory."""
    with opened(at or warehouse()) as catalogue, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        judged = window_asked_for(catalogue, window, as_of)
        names = _names(catalogue)
        for name in names:
            if re.search(rf"\b{name}({LATEST})?\b", sql, re.IGNORECASE):
                _show(connection, catalogue.load_table((NAMESPACE, name)), as_of, judged)
        try:
            rows: duckdb.DuckDBPyRelation | None = connection.sql(sql)
            if rows is None:
                raise UnusableSetting("that is no question: begin with SELECT or FROM.")
            yield rows
        except duckdb.Error as error:
            why = " ".join(str(error).partition("\nLINE ")[0].split())
            raise UnusableSetting(f"{why} (the tables are {', '.join(names) or 'not there yet'})") from None


def _names(catalogue: Catalog) -> list[str]:
    try:
        return sorted(name for *_, name in catalogue.list_tables(NAMESPACE))
    except NoSuchNamespaceError:
        return []


def _show(
    connection: duckdb.DuckDBPyConnection, table: Table, as_of: Moment | None, judged: JudgedWindow | None
) -> None:
    """Make the views of one table."""
    name, topic = table.name()[-1], table.properties.get("contract.topic")
    of_window = judged if judged and judged.topic == topic else None
    snapshot = of_window.snapshot(table) if of_window else snapshot_at(table, as_of)
    rows = f"FROM {_rows(connection, table, snapshot)}"
    if of_window:
        places = " OR ".join(
            f"({PARTITION} = {partition} AND {OFFSET} >= {span.begin} AND {OFFSET} < {span.end})"
            for partition, span in of_window.spans.items()
        )
        rows += f" WHERE {places or 'false'}"
    connection.execute(f"CREATE VIEW {name} AS {rows}")
    if identity := json.loads(table.properties.get("contract.identity", "[]")):
        connection.execute(
            f"CREATE VIEW {name}{LATEST} AS FROM {name} QUALIFY row_number() OVER (PARTITION BY "
            f"{', '.join(map(_quoted, identity))} ORDER BY {TIMESTAMP} DESC, {OFFSET} DESC) = 1"
        )


def _rows(connection: duckdb.DuckDBPyConnection, table: Table, snapshot: int | None) -> str:
    """What has the rows of a snapshot, with all its columns and their types, as DuckDB asks for it."""
    name, scan = table.name()[-1], table.scan(snapshot_id=snapshot)
    tasks = list(scan.plan_files())
    paths = [_FILE.sub("", task.file.file_path) for task in tasks]
    if any("://" in path for path in paths) or any(task.delete_files for task in tasks):
        connection.register(f"{name}_rows", scan.to_arrow())
        return f"{name}_rows"
    # What no file has yet is a column too: files are matched by name, as no column is ever renamed.
    connection.register(f"{name}_none", schema_at(table, snapshot).as_arrow().empty_table())
    if not paths:
        return f"{name}_none"
    files = connection.read_parquet(paths, union_by_name=True, hive_partitioning=False)
    files.create_view(f"{name}_files")
    return f"(FROM {name}_none UNION ALL BY NAME FROM {name}_files)"


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
