"""`python -m contracts docs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.catalogue import Example, facts, pages
from contracts.folder.model import Contract
from contracts.folder.read import load_contracts
from contracts.process.command_line import write_files


def docs(
    output: Annotated[Path, typer.Option(help="Folder of the pages.")] = Path("build/catalogue"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as one JSON object.")
    ] = False,
) -> None:
    """Write the catalogue: a web page for each contract, readable without a network."""
    made = pages([facts(contract, _example(contract)) for contract in load_contracts().values()])
    texts = {str(path): text for path, text in made.items()}
    write_files(output, texts, f"wrote {len(made)} pages: open {output / 'index.html'}", as_json=as_json)


def _example(contract: Contract) -> Example | None:
    """The fullest example of the newest version that has one."""
    for version in reversed(contract.versions):
        found = sorted((version.path.parent / "examples" / f"v{version.number}").glob("*.json"))
        if found:
            fullest = max(found, key=lambda path: path.stat().st_size)
            return Example(name=fullest.stem, text=fullest.read_text(encoding="utf-8").strip())
    return None
