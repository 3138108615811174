"""`python -m contracts lint`."""

from __future__ import annotations

from typing import Annotated

import typer

from contracts.folder.read import load_contracts
from contracts.lint import lint as findings_in
from contracts.process.command_line import messages, print_json


def lint(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON object.")] = False,
) -> None:
    """Say where a contract is not written as the house writes contracts, and what to do instead."""
    findings = findings_in(load_contracts(rules_must_fit=False).values())
    if as_json:
        rows = [
            {"rule": f.rule, "file": str(f.file), "path": f.path, "message": f.message, "instead": f.instead}
            for f in findings
        ]
        print_json({"findings": rows})
    for f in findings:
        messages.print(f"{f.file}{f.path}: {f.message}. {f.instead} ({f.rule})", markup=False)
    if findings:
        raise typer.Exit(1)
    messages.print("no findings")
