"""`python -m contracts lock`."""

from __future__ import annotations

from typing import Annotated

import typer

from contracts.errors import ContractsAtFault
from contracts.evolution.check import check
from contracts.folder.lock import FILE, differences, load, lock_of, render
from contracts.folder.read import contracts_folder, load_contracts, refuse_unfit_rules
from contracts.process.command_line import messages, print_json
from contracts.process.files import write_whole


def lock(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was locked as one JSON object.")
    ] = False,
) -> None:
    """Freeze every version that is not frozen yet: from then on its file must not change.

    Refuses, and writes nothing, when `check` finds a fault: a version that breaks a reader could never be
    mended again.
    """
    folder = contracts_folder()
    contracts = tuple(load_contracts(folder, rules_must_fit=False).values())
    locked = load(folder)
    if found := check(contracts, locked):
        sentences = [f"{fault.file}#{fault.path}: {fault.message} {fault.instead}" for fault in found]
        raise ContractsAtFault("\n".join([*sentences, "Nothing was locked."]))
    for contract in contracts:
        refuse_unfit_rules(contract)
    rows = differences(locked, contracts)
    if rows:
        write_whole(folder / FILE, render(lock_of(contracts)))
    if as_json:
        print_json({"locked": [{"topic": row.topic, "version": row.version} for row in rows]})
        return
    for row in rows:
        messages.print(f"locked version {row.version} of {row.topic}")
    if not rows:
        messages.print("every version was locked already")
