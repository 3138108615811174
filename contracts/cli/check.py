"""`python -m contracts check`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.errors import UnusableSetting
from contracts.evolution.check import check as findings_in
from contracts.evolution.compatibility import ENGINES, Finding, Labelled, check_schemas, parse
from contracts.folder.lock import load
from contracts.folder.model import Mode
from contracts.folder.read import contracts_folder, load_contracts, read_schema
from contracts.process.command_line import messages, print_json

_NO_READERS = frozenset({"", "none"})


def check(
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
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON object.")] = False,
) -> None:
    """Say whether a version breaks a reader: by Avro's rules, or by what engines really see.

    Without options, holds every version of every contract against its whole history, under the mode and
    for the readers that its contract.yaml names, and tells which declared consumer loses a field. With --old
    and --new, compares files.
    """
    if new is None and old:
        raise UnusableSetting("--old needs --new: name the schema that is to follow.")
    findings = _in_contracts() if new is None else _in_files(old or [], new, mode, _engines(readers))
    if as_json:
        print_json({"compatible": not findings, "findings": [_row(finding) for finding in findings]})
    for f in findings:
        messages.print(f"{f.file}#{f.path}: {f.message} {f.instead} ({f.rule})", markup=False)
    if findings:
        raise typer.Exit(1)
    messages.print("compatible")


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
    return findings_in(load_contracts(folder, rules_must_fit=False).values(), load(folder))


def _row(finding: Finding) -> dict[str, Any]:
    consumer = finding.consumer
    return {
        "rule": finding.rule,
        "layer": finding.layer,
        **({"topic": finding.topic} if finding.topic else {}),
        "file": str(finding.file),
        "path": finding.path,
        "message": finding.message,
        "instead": finding.instead,
        **({"consumer": consumer.name, "owner": consumer.owner} if consumer else {}),
    }
