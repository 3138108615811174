"""Verbs that look at contracts and write nothing: `lint`, `check` and `diff`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import UnusableSetting
from contracts.evolution.check import check as findings_in
from contracts.evolution.compatibility import (
    CATEGORIES,
    ENGINES,
    RULES,
    Finding,
    Labelled,
    check_schemas,
    parse,
)
from contracts.evolution.diff import Change
from contracts.evolution.diff import diff as changes_of
from contracts.folder.lock import load
from contracts.folder.model import Contract, Mode, Version
from contracts.folder.read import contract_of, contracts_folder, load_contracts, read_schema
from contracts.lint import lint as lint_findings
from contracts.process.command_line import AsJson, messages, print_json
from contracts.process.times import today


def lint(as_json: AsJson = False) -> None:
    """Say where a contract is not written as the house writes contracts, and what to do instead."""
    findings = lint_findings(load_contracts(rules_must_fit=False).values())
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


_NO_READERS = frozenset({"", "none"})


def check(  # noqa: PLR0917 - the command line names every option
    old: Annotated[
        list[Path] | None,
        typer.Option(help="Instead of the contracts: a schema of the history, oldest first."),
    ] = None,
    new: Annotated[Path | None, typer.Option(help="The schema that is to follow the history.")] = None,
    mode: Annotated[
        Mode, typer.Option(case_sensitive=False, help="Who must be able to read whom.")
    ] = Mode.FULL_TRANSITIVE,
    readers: Annotated[
        str, typer.Option(help="Engines whose own view counts as well, with commas between; none for no one.")
    ] = ",".join(ENGINES),
    rules: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CATEGORY",
            help=f"Only the rules of a category; may be given again: {', '.join(CATEGORIES)}.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a version breaks a reader: by Avro's rules, or by what engines really see.

    Without options, holds every version of every contract against its whole history, under the mode and
    for the readers that its contract.yaml names, and tells which declared consumer loses a field, and which
    deprecated field is removed before its day. With --old and --new, compares files.
    """
    if new is None and old:
        raise UnusableSetting("--old needs --new: name the schema that is to follow.")
    chosen = _categories(rules or list(CATEGORIES))
    every = _in_contracts() if new is None else _in_files(old or [], new, mode, _engines(readers))
    findings = [finding for finding in every if RULES[finding.rule].category in chosen]
    if as_json:
        print_json({"compatible": not findings, "findings": [finding.as_json() for finding in findings]})
    for f in findings:
        messages.print(f"{f.file}#{f.path}: {f.message} {f.instead} ({f.rule})", markup=False)
    if findings:
        raise typer.Exit(1)
    messages.print("compatible")


def _categories(named: list[str]) -> list[str]:
    if unknown := [name for name in named if name not in CATEGORIES]:
        raise UnusableSetting(
            f"there is no category of rules {unknown[0]!r}; known are {', '.join(CATEGORIES)}."
        )
    return named


def _engines(readers: str) -> list[str]:
    named = [name.strip() for name in readers.split(",") if name.strip() not in _NO_READERS]
    if unknown := [name for name in named if name not in ENGINES]:
        raise UnusableSetting(f"there is no reader {unknown[0]!r}; known are {', '.join(ENGINES)}.")
    return named


def _in_files(old: list[Path], new: Path, mode: Mode, readers: list[str]) -> list[Finding]:
    history = [_labelled(path) for path in old]
    return [replace(finding, file=new) for finding in check_schemas(history, _labelled(new), mode, readers)]


def _labelled(path: Path) -> Labelled:
    try:
        return Labelled(label=str(path), type=parse(read_schema(path)[1]))
    except UnusableSetting as error:
        raise UnusableSetting(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def _in_contracts() -> list[Finding]:
    folder = contracts_folder()
    return findings_in(load_contracts(folder, rules_must_fit=False).values(), load(folder), today())


def diff(
    topic: Annotated[str, typer.Argument(help="A topic that has a contract, such as topic-weather.")],
    old: Annotated[
        int | None, typer.Option("--from", min=1, help="The older version; the one before --to by default.")
    ] = None,
    new: Annotated[
        int | None, typer.Option("--to", min=1, help="The newer version; the newest by default.")
    ] = None,
    as_json: AsJson = False,
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
