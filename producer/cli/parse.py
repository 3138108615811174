"""`python -m producer parse`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from contracts.process.command_line import ProductName, print_json
from producer.cli.common import context_of, source_option, units_option
from producer.parse import Context, RawRecord, Source, Units
from producer.parse import parse as parse_body
from producer.reading import Unparsable
from producer.stored import files_in, observations_in

_1970 = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TIMES = ("observed_at", "received_at", "sunrise_at", "sunset_at")


def parse(  # noqa: PLR0917 - the command line names every option
    files: Annotated[list[Path], typer.Argument(help="Files or folders of stored bodies.")],
    units: Annotated[Units, units_option("Units that were asked for: no body states them.")] = "STANDARD",
    source: Annotated[Source, source_option()] = "OPENWEATHERMAP",
    product: ProductName = None,
    replay: Annotated[bool, typer.Option("--replay", help="Mark the records as played again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show the record that each stored body would become, or the error that it is. Sends nothing.

    With --json: {"file", "record"} or {"file", "error", "reason"} for each body; times in ISO 8601, UTC.
    Exits with 1 when any body is an error.
    """
    context = context_of(product_named(product), source, units, replay=replay)
    at_fault = False
    for file, outcome in _outcomes(files, context):
        at_fault = at_fault or "error" in outcome
        if as_json:
            print_json({"file": file, **outcome})
        elif "error" in outcome:
            typer.echo(f"{file}: {outcome['error']}: {outcome['reason']}")
        else:
            record = outcome["record"]
            typer.echo(f"{file}: {record['station']} at {record['observed_at']}")
    if at_fault:
        raise typer.Exit(1)


def _outcomes(paths: list[Path], context: Context) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in paths:
        yield from _outcomes_of(path, context)


def _outcomes_of(path: Path, context: Context) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        for file in files_in([path]):
            for stored in observations_in(file, context):
                yield stored.where, _outcome(stored.body, context)
    except UnusableSetting as unreadable:
        yield str(path), {"error": "UNREADABLE", "reason": str(unreadable)}


def _outcome(body: bytes, context: Context) -> dict[str, Any]:
    try:
        return {"record": _with_iso_times(parse_body(body, context))}
    except Unparsable as why:
        return {"error": why.reason, "reason": str(why)}


def _with_iso_times(record: RawRecord) -> RawRecord:
    times = {name: _iso(record[name]) for name in _TIMES if record.get(name) is not None}
    return {**record, **times}


def _iso(millis: int) -> str:
    text = (_1970 + timedelta(milliseconds=millis)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
