"""`python -m contracts diff`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from contracts.errors import UnusableSetting
from contracts.evolution.diff import Change
from contracts.evolution.diff import diff as changes_of
from contracts.folder.model import Contract, Version
from contracts.folder.read import contract_of
from contracts.process.command_line import print_json


def diff(
    topic: Annotated[str, typer.Argument(help="A topic that has a contract, such as topic-weather.")],
    old: Annotated[
        int | None, typer.Option("--from", min=1, help="The older version; the one before --to by default.")
    ] = None,
    new: Annotated[
        int | None, typer.Option("--to", min=1, help="The newer version; the newest by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as one JSON object.")] = False,
) -> None:
    """Tell in words what changed between two versions, and what it means for a roll-out.

    Producers first: they write the new version while consumers still read with the old one. Consumers first:
    they read with the new version what is still written with the old one.
    """
    contract = contract_of(topic, rules_must_fit=False)
    after = _version(contract, new or contract.newest.number)
    before = _version(contract, old or after.number - 1)
    changes = changes_of(contract, before, after)
    if as_json:
        rows = [asdict(change) for change in changes]
        print_json({"topic": topic, "from": before.number, "to": after.number, "changes": rows})
        return
    typer.echo(
        f"{topic}, v{before.number} to v{after.number}" + ("" if changes else ": the same to a reader")
    )
    for change in changes:
        typer.echo(_text(change))


def _text(change: Change) -> str:
    lines = [f"- {change.words}"]
    for order, meaning in (
        ("producers first", change.producers_first),
        ("consumers first", change.consumers_first),
    ):
        lines.append(f"    {order}: {'' if meaning.safe else 'BREAKS: '}{meaning.words}")
    return "\n".join(lines)


def _version(contract: Contract, number: int) -> Version:
    found = next((version for version in contract.versions if version.number == number), None)
    if found is None:
        raise UnusableSetting(
            f"{contract.topic} has no version {number} to compare: it has 1 to {contract.newest.number}."
        )
    return found
