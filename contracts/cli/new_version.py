"""`python -m contracts new-version`."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from contracts.errors import UnusableSetting
from contracts.folder.read import contract_of
from contracts.process.command_line import messages, print_json


def new_version(
    topic: Annotated[str, typer.Argument(help="A topic that has a contract, such as topic-weather.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as one JSON object.")
    ] = False,
) -> None:
    """Copy the newest version of a contract to the next file, ready to edit, and its examples beside it."""
    contract = contract_of(topic, rules_must_fit=False)
    newest = contract.newest
    if contract.schemas_of:
        raise UnusableSetting(
            f"{topic} has the schemas of {contract.schemas_of}: write the new version of that topic."
        )
    home, number = newest.path.parent, newest.number + 1
    file, examples = home / f"v{number}.avsc", home / "examples"
    try:
        if (examples / f"v{newest.number}").is_dir():
            shutil.copytree(examples / f"v{newest.number}", examples / f"v{number}", dirs_exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(newest.text)
    except OSError as error:
        raise UnusableSetting(f"{file} cannot be written: {error.strerror or error}.") from None
    if as_json:
        print_json({"topic": topic, "version": number, "file": str(file)})
        return
    messages.print(f"wrote {file}: edit it, then run `python -m contracts check` and `lock`.", markup=False)
