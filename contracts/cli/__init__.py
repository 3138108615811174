"""The command line of the contracts: its verbs, and what it exits with."""

from __future__ import annotations

import typer

from contracts.cli.ask import ask
from contracts.cli.begin import init, schema
from contracts.cli.consumers import consumers
from contracts.cli.generations import new_generation, retire, translate_offsets
from contracts.cli.looks import check, diff, lint
from contracts.cli.read import read
from contracts.cli.review import review
from contracts.cli.rollout import apply, plan
from contracts.cli.writes import docs, export, generate, lock, new_version
from contracts.errors import ContractsAtFault, PlatformError

__all__ = ["app", "exit_code"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Keep the contracts: check and freeze versions, register them, generate typed records, read topics.",
    epilog="Exits with 0 when all is well, 1 when the contracts are at fault, 2 when the tool could not run.",
)
for verb in (
    *(init, schema, lint, check, diff, review, new_version, lock),
    *(plan, apply, generate, docs, export, read, ask, consumers, new_generation, translate_offsets, retire),
):
    app.command()(verb)


def exit_code(error: PlatformError) -> int:
    """The tool tells two kinds of failure apart: the contracts' fault, and everything else."""
    return 1 if isinstance(error, ContractsAtFault) else 2
