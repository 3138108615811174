"""`python -m streaming status`: how a running stream is doing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from contracts.errors import NotRunning
from contracts.folder.product import product_named
from contracts.process.command_line import ProductName, print_json
from streaming.job import checkpoint_of


def status(
    product: ProductName = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Checkpoint of the stream that is asked; build/checkpoint/PRODUCT if unset."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Where it serves its metrics, in place of --checkpoint."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as one JSON object on stdout.")
    ] = False,
) -> None:
    """Tell state, speed, lag, counts and versions of a running stream.

    Exit 0 while it runs, 15 when none runs on the checkpoint, 3 when none answers at the address.
    """
    # The command line's help needs neither.
    from streaming.telemetry.ask import ask_at, ask_beside  # noqa: PLC0415
    from streaming.telemetry.shown import page  # noqa: PLC0415

    beside = checkpoint or (Path() if url else checkpoint_of(product_named(product)))
    try:
        found = ask_at(url) if url else ask_beside(beside)
    except NotRunning as error:
        if as_json:
            print_json({"running": False, "checkpoint": str(beside.absolute()), "told": str(error)})
        raise
    if as_json:
        print_json(found)
    else:
        Console(highlight=False, soft_wrap=True).print(page(found))
