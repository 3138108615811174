"""`python -m contracts export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from contracts.export import FORMATS
from contracts.folder.read import contract_of, load_contracts
from contracts.process.command_line import print_json, write_files

FormatName = Literal["odcs", "great-expectations", "spark"]


def export(
    format_name: Annotated[
        FormatName, typer.Argument(metavar="FORMAT", help="odcs, great-expectations or spark.")
    ],
    topics: Annotated[
        list[str] | None, typer.Argument(metavar="[TOPIC]...", help="Topics; all by default.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="A folder to write one file for each topic into, instead of stdout."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line: a document, or what was written.")
    ] = False,
) -> None:
    """Say a contract and its rules in another tool's words.

    [bold]odcs[/]: an Open Data Contract Standard v3.1 document. [bold]great-expectations[/]: a suite that
    Great Expectations 1 loads. [bold]spark[/]: Spark SQL predicates.
    """
    chosen = FORMATS[format_name]
    contracts = [contract_of(topic) for topic in topics or ()] or load_contracts().values()
    documents = {c.topic: chosen.document(c) for c in contracts}
    if output:
        texts = {f"{topic}{chosen.ending}": chosen.text(document) for topic, document in documents.items()}
        write_files(output, texts, as_json=as_json)
        return
    for document in documents.values():
        if as_json:
            print_json(document)
        else:
            sys.stdout.write(chosen.text(document))
