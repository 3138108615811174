"""`python -m producer backfill`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from contracts.cli_support import messages
from producer.backfill import backfill as send_all
from producer.cli.common import (
    AsJson,
    conclude,
    now,
    progress_bar,
    publishing,
    source_option,
    units_option,
)
from producer.parse import Context, Source, Units
from producer.stopping import stop_on_signals
from producer.stored import bodies_in, files_in


def backfill(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Stored bodies: .json files, .jsonl or .jsonl.gz files, or folders of them."),
    ],
    units: Annotated[
        Units,
        units_option("Units that were asked for when the bodies were fetched: none states them."),
    ],
    source: Annotated[Source, source_option()] = "OPENWEATHERMAP",
    replay: Annotated[bool, typer.Option("--replay", help="Mark the records as played again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send stored bodies as raw records. A body that is no weather is named, and makes the exit code 1."""
    began = time.monotonic()
    files = files_in(paths)
    context = Context(source=source, replay=replay, units=units, received_at=now())
    with stop_on_signals() as stop:
        with publishing(stop) as publisher, progress_bar() as bar:
            task = bar.add_task("sending", total=sum(file.stat().st_size for file in files))
            bodies = (stored for file in files for stored in bodies_in(file))
            done = send_all(
                bodies, context, publisher, stop=stop, progress=lambda size: bar.advance(task, size)
            )
        for line in done.first_refused:
            messages.print(line, markup=False)
        if done.refused > len(done.first_refused):
            messages.print(f"and {done.refused - len(done.first_refused):,} more like these")
        facts = {"source": source, "replay": replay, "read": done.read, "refused": done.refused}
        conclude(publisher, began, facts, as_json=as_json, stop=stop)
    if done.refused:
        raise typer.Exit(1)
