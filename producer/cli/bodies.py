"""`python -m producer parse` and `backfill`: verbs for stored bodies."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from contracts.process.command_line import AsJson, ProductName, messages, print_json
from producer.backfill import Backfill
from producer.cli.common import (
    STATE,
    StateFolder,
    conclude,
    connected,
    context_of,
    flush_within,
    progress_bar,
    source_option,
    units_option,
)
from producer.parse import Context, RawRecord, Source, Units
from producer.parse import parse as parse_body
from producer.publish import DELIVER_WITHIN
from producer.reading import Unparsable
from producer.state import State
from producer.stopping import stop_on_signals
from producer.stored import files_in, observations_in

_1970 = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TIMES = ("observed_at", "received_at", "sunrise_at", "sunset_at")


def parse(  # noqa: PLR0917 - the command line names every option
    files: Annotated[list[Path], typer.Argument(help="Files or folders of stored bodies.")],
    units: Annotated[Units, units_option("Units that were asked for: no body states them.")] = "STANDARD",
    source: Annotated[Source, source_option()] = "OPENWEATHERMAP",
    product: ProductName = None,
    replay: Annotated[bool, typer.Option("--replay", help="Mark the records as played again.")] = False,
    as_json: AsJson = False,
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


def backfill(  # noqa: PLR0917 - the command line names every option
    paths: Annotated[
        list[Path],
        typer.Argument(help="Stored bodies: .json files, .jsonl or .jsonl.gz files, or folders of them."),
    ],
    units: Annotated[
        Units | None,
        units_option("Units that were asked for when the bodies were fetched, where there are several."),
    ] = None,
    source: Annotated[Source, source_option()] = "OPENWEATHERMAP",
    product: ProductName = None,
    replay: Annotated[bool, typer.Option("--replay", help="Mark the records as played again.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Begin again, even where it was interrupted.")] = False,
    state: StateFolder = STATE,
    as_json: AsJson = False,
) -> None:
    """Send stored bodies as raw records. A body that is no observation is named, and makes the exit code 1.

    Interrupted in whichever way, the same command goes on where it was and sends nothing twice. What the
    bodies tell again unchanged is sent once; an observation whose values changed is sent again and marked.
    """
    began = time.monotonic()
    files = files_in(paths)
    chosen = product_named(product)
    context = context_of(chosen, source, units, replay=replay)
    file = _state_file(state, files, context)
    if anew:
        file.unlink(missing_ok=True)
    with stop_on_signals() as stop:
        with (
            connected(chosen) as publisher,
            closing(State(file, publisher.topic_ids)) as kept,
            progress_bar() as bar,
        ):
            work = Backfill(context, publisher, kept)
            if work.done.resumed_after:
                messages.print(f"going on after {work.done.resumed_after:,} bodies; --anew begins again")
            task = bar.add_task("sending", total=sum(one.stat().st_size for one in files))
            bodies = (stored for one in files for stored in observations_in(one, context))
            done = work.run(bodies, stop=stop, progress=lambda size: bar.advance(task, size))
            publisher.close(flush_within(stop) if stop.is_set() else DELIVER_WITHIN)
            if not stop.is_set():
                kept.delete()
        for line in done.first_refused:
            messages.print(line, markup=False)
        if done.refused > len(done.first_refused):
            messages.print(f"and {done.refused - len(done.first_refused):,} more like these")
        facts = {
            "source": source,
            "replay": replay,
            "resumed_after": done.resumed_after,
            "read": done.read,
            "refused": done.refused,
            "unchanged": done.unchanged,
            "already_there": done.already_there,
        }
        conclude(publisher, began, facts, as_json=as_json, stop=stop)
    if done.refused:
        raise typer.Exit(1)


def _state_file(folder: Path, files: Sequence[Path], context: Context) -> Path:
    """Tell one backfill from another: by its files as they are now, and by what is said of them.

    One that was interrupted before there were several products goes on under the name that it had then.
    """
    marks = [(str(one.resolve()), one.stat().st_size, one.stat().st_mtime_ns) for one in files]
    said = (context.source, context.replay, context.units)
    former, own = (
        folder
        / f"backfill-{hashlib.blake2b(repr((marks, words)).encode(), digest_size=8).hexdigest()}.sqlite"
        for words in (said, (context.product, *said))
    )
    return former if former.exists() else own
