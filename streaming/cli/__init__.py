"""`python -m streaming`: the command line of the stream, a file for each verb."""

from __future__ import annotations

import typer

from streaming.cli.package import package
from streaming.cli.replay import replay
from streaming.cli.run import run
from streaming.cli.status import status

__all__ = ["app"]

app = typer.Typer(
    help="Reads raw observations, enriches and judges them, and publishes them or puts them in quarantine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(run)
app.command()(status)
app.command()(replay)
app.command()(package)
