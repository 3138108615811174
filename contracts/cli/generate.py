"""`python -m contracts generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.folder.read import HOME, load_contracts
from contracts.generate import module_texts
from contracts.process.command_line import write_files

RECORDS = HOME / "records"


def generate(
    output: Annotated[Path, typer.Option(help="Folder of the modules.")] = RECORDS,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as one JSON object.")
    ] = False,
) -> None:
    """Write the typed records of every contract's newest version, a module for each topic of its own."""
    own = [contract for contract in load_contracts().values() if not contract.schemas_of]
    texts = {f"{name}.py": text for name, text in module_texts(own).items()}
    write_files(output, texts, as_json=as_json)
