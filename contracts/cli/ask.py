"""`python -m contracts ask`."""

# ruff: noqa: PLC0415 - what the extra `tables` brings is imported late

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from contracts.avro.json_form import to_json
from contracts.process.command_line import AsJson, needing_tables, print_json

if TYPE_CHECKING:
    from contracts.tables.ask import TableThere


_AT_ONCE = 1_000
"""Rows that are turned into JSON together."""


def ask(
    sql: Annotated[
        str | None,
        typer.Argument(help="A question in DuckDB's SQL; without one, the tables that there are are listed."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Ask the tables as they were then, such as 2026-01-31T06:00Z."),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Ask what a validation judged, as it was then: its report has the id."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the Iceberg tables of the topics in SQL: docs/table.md shows what they hold.

    The table of topic-weather-final is topic_weather_final, and topic_weather_final_latest has the last word
    on each observation alone. They are in build/tables, or where TABLES_WAREHOUSE says.

        python -m contracts ask "SELECT station, avg(temperature) FROM topic_weather_final GROUP BY ALL"
    """
    with needing_tables():
        from contracts.tables.ask import answer, tables_there
    if sql is None:
        _list(tables_there(), as_json=as_json)
        return
    with answer(sql, as_of=as_of, window=window) as rows:
        if not as_json:
            rows.show(max_width=Console().width)
            return
        for batch in rows.fetch_arrow_reader(_AT_ONCE):
            for row in batch.to_pylist():
                print_json(to_json(row))


def _list(there: Sequence[TableThere], *, as_json: bool) -> None:
    if as_json:
        for one in there:
            print_json(to_json(asdict(one)))
        return
    table = Table("table", "rows", "bytes a row", "newest snapshot", "contract")
    table.columns[0].no_wrap = True
    for column in table.columns[1:3]:
        column.justify = "right"
    for one in there:
        table.add_row(
            one.name,
            f"{one.rows:,}",
            f"{one.bytes / one.rows:,.0f}" if one.rows else "",
            f"{one.written_at:%Y-%m-%d %H:%MZ}" if one.written_at else "none yet",
            f"v{one.version}",
        )
    Console().print(table)
