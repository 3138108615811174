"""The command line of quality: one file for each verb, put together here."""

from __future__ import annotations

import typer

from contracts.errors import PlatformError
from quality.cli import report, validate, watch

__all__ = ["COULD_NOT_RUN", "app", "exit_code"]

COULD_NOT_RUN = 2

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Judge what was published by the rules of its contract, and report on it.",
    epilog="Exits with 0 when the verdict is pass or warn, 1 when it is fail, 2 when the tool could not run.",
)

app.command()(validate.validate)
app.command()(validate.validate_each)
app.command()(watch.watch)
app.command()(report.report)


def exit_code(_: PlatformError) -> int:
    """A failed verdict is no error; whatever is one means that there is no verdict."""
    return COULD_NOT_RUN
