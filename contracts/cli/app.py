"""Puts the verbs together and fixes what the tool exits with."""

from __future__ import annotations

import typer

from contracts.cli import apply, check, diff, docs, export, generate, lint, lock, new_version, plan, read
from contracts.errors import ContractsAtFault, PlatformError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Keep the contracts: check and freeze versions, register them, generate typed records, read topics.",
    epilog="Exits with 0 when all is well, 1 when the contracts are at fault, 2 when the tool could not run.",
)

app.command()(lint.lint)
app.command()(check.check)
app.command()(diff.diff)
app.command()(new_version.new_version)
app.command()(lock.lock)
app.command()(plan.plan)
app.command()(apply.apply)
app.command()(generate.generate)
app.command()(docs.docs)
app.command()(export.export)
app.command()(read.read)


def exit_code(error: PlatformError) -> int:
    """The tool tells two kinds of failure apart: the contracts' fault, and everything else."""
    return 1 if isinstance(error, ContractsAtFault) else 2
