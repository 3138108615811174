"""Asks a topic's table: Arrow, by station, time, version of the contract or moment, with the units."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import BooleanExpression
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from contracts.errors import UnusableSetting
from contracts.folder.read import contract_of
from contracts.process.times import parse_moment
from contracts.tables.columns import OFFSET, TIMESTAMP, columns
from contracts.tables.keep import opened, table_of
from contracts.tables.settings import Warehouse, warehouse
from contracts.tables.where import at_offsets, every, is_one_of, within
from contracts.tables.window import JudgedWindow, judged_window

Moment = datetime | str
"""A time, or ISO 8601 text such as `2013-01-31` or `2013-01-31T06:00Z`; UTC unless it says otherwise."""


def scan(
    topic: str,
    *,
    columns: Collection[str] | None = None,
    station: str | Collection[str] | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    latest: bool = False,
    version: int | None = None,
    as_of: Moment | None = None,
    window: str | None = None,
    at: Warehouse | None = None,
) -> pa.Table:
    """The rows of a topic's table, as Arrow; Polars, pandas and DuckDB take it as it is.

    `columns` are the columns to give, all by default. `station` is one key, or several. Rows were observed
    `since` a time and before `until`. With `latest` there is the last word on each observation alone.
    `version` gives the columns of that version of the contract, and those beside the record. `as_of` reads
    the table as it was at a moment. `window` is the id of a validation: what it judged, as it was then. `at`
    says where the tables are, otherwise the environment does.

    Each column's metadata has its `doc`, its `unit` and what is said of its going (`deprecated`), where there
    is such. Raises `UnusableSetting` for a table, column, version, moment or window that there is not.
    """
    with opened(at or warehouse()) as catalogue:
        table = table_of(catalogue, topic)
        judged = window_asked_for(catalogue, window, as_of)
        if judged and judged.topic != topic:
            raise UnusableSetting(f"the window {window} is one of {judged.topic}, not of {topic}.")
        snapshot = judged.snapshot(table) if judged else snapshot_at(table, as_of)
        schema = schema_at(table, snapshot)
        names = _names(table, schema, columns, version)
        identity = json.loads(table.properties["contract.identity"]) if latest else []
        if latest and not identity:
            raise UnusableSetting(f"the contract of {topic} names no identity: leave out latest.")
        needed = list(dict.fromkeys([*names, *identity, *((TIMESTAMP, OFFSET) if latest else ())]))
        found = table.scan(
            row_filter=every(
                _filter(table, station, since, until), *([at_offsets(judged.spans)] if judged else [])
            ),
            selected_fields=tuple(needed),
            snapshot_id=snapshot,
        ).to_arrow()
        rows = _last_words(found, identity) if latest else found
        return _described(rows.select(names), table, schema)


def window_asked_for(catalogue: Catalog, window: str | None, as_of: Moment | None) -> JudgedWindow | None:
    """The window of the validation `window`, if one is named; raises `UnusableSetting` beside a moment."""
    if window is None:
        return None
    if as_of is not None:
        raise UnusableSetting("a window is read as it was when it was judged: leave out as_of.")
    return judged_window(catalogue, window)


def snapshot_at(table: Table, as_of: Moment | None) -> int | None:
    """The snapshot that was the newest at a moment; None for now. Raises `UnusableSetting` for none."""
    if as_of is None:
        return None
    found = table.snapshot_as_of_timestamp(int(_moment(as_of).timestamp() * 1000))
    if found is None:
        raise UnusableSetting(
            f"the table {'.'.join(table.name())} keeps no snapshot of {as_of}: it is younger, or that one is "
            "expired."
        )
    return found.snapshot_id


def schema_at(table: Table, snapshot: int | None) -> Schema:
    """The columns that the table had at a snapshot, or has now."""
    found = table.snapshot_by_id(snapshot) if snapshot is not None else None
    if found is None or found.schema_id is None:
        return table.schema()
    return table.schemas()[found.schema_id]


def _names(table: Table, schema: Any, chosen: Collection[str] | None, version: int | None) -> list[str]:
    there = [field.name for field in schema.fields]
    if version is not None:
        there = [name for name in there if name in _names_of_version(table, version)]
    names = list(chosen) if chosen is not None else there
    if unknown := [name for name in names if name not in there]:
        which = "" if version is None else f" of version {version}"
        raise UnusableSetting(
            f"the table {'.'.join(table.name())} has no column {unknown[0]}{which}: it has "
            f"{', '.join(there)}."
        )
    return names


def _names_of_version(table: Table, version: int) -> set[str]:
    contract = contract_of(table.properties["contract.home"])
    if not 1 <= version <= contract.newest.number:
        raise UnusableSetting(
            f"{contract.topic} has no version {version}, but 1 to {contract.newest.number}."
        )
    return {field.name for field in columns(replace(contract, versions=contract.versions[:version])).fields}


def _filter(
    table: Table,
    station: str | Collection[str] | None,
    since: Moment | None,
    until: Moment | None,
) -> BooleanExpression:
    times = [None if one is None else _moment(one).isoformat() for one in (since, until)]
    seen = within(table.properties["contract.time"], *times)
    if station is None:
        return seen
    if (key := table.properties.get("contract.key")) is None:
        raise UnusableSetting(f"the rows of {'.'.join(table.name())} are of no station: leave it out.")
    return every(is_one_of(key, {station} if isinstance(station, str) else station), seen)


def _moment(given: Moment) -> datetime:
    found = parse_moment(given) if isinstance(given, str) else given
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _last_words(rows: pa.Table, identity: list[str]) -> pa.Table:
    """Of the rows of one identity that which was published last."""
    place = pa.array(range(rows.num_rows), pa.int64())
    ordered = rows.select([*identity, TIMESTAMP, OFFSET]).append_column("place", place)
    ordered = ordered.sort_by([(TIMESTAMP, "ascending"), (OFFSET, "ascending")])
    last = ordered.group_by(identity, use_threads=False).aggregate([("place", "last")])
    return rows.take(last["place_last"].sort())


def _described(rows: pa.Table, table: Table, schema: Any) -> pa.Table:
    fields = []
    for field in rows.schema:
        told = {
            "doc": schema.find_field(field.name).doc,
            "unit": table.properties.get(f"unit.{field.name}"),
            "deprecated": table.properties.get(f"deprecated.{field.name}"),
        }
        fields.append(field.with_metadata({key: text for key, text in told.items() if text}))
    about = {key: table.properties[key] for key in ("contract.topic", "contract.version", "owner", "comment")}
    return rows.cast(pa.schema(fields, metadata=about))
