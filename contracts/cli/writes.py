"""Verbs that write files: `new-version`, `lock`, `generate`, `docs` and `export`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from contracts.catalogue import Example, facts, pages
from contracts.errors import ContractsAtFault, UnusableSetting
from contracts.evolution.check import check
from contracts.export import FORMATS
from contracts.folder.lock import FILE, differences, load, lock_of, render
from contracts.folder.model import Contract
from contracts.folder.read import HOME, contract_of, contracts_folder, load_contracts, refuse_unfit_rules
from contracts.generate import module_texts
from contracts.generations.check import successions
from contracts.process.command_line import AsJson, messages, print_json, write_files
from contracts.process.files import write_whole, writing
from contracts.process.times import today


def new_version(
    topic: Annotated[str, typer.Argument(help="A topic that has a contract, such as topic-weather.")],
    as_json: AsJson = False,
) -> None:
    """Copy the newest version of a contract to the next file, ready to edit, and its examples beside it."""
    contract = contract_of(topic, rules_must_fit=False)
    newest = contract.newest
    if contract.schemas_of:
        raise UnusableSetting(
            f"{topic} has the schemas of {contract.schemas_of}: write the new version of that topic."
        )
    number = newest.number + 1
    file = newest.path.with_name(f"v{number}.avsc")
    with writing(file):
        if newest.examples.is_dir():
            shutil.copytree(newest.examples, newest.examples.with_name(f"v{number}"), dirs_exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(newest.text)
    if as_json:
        print_json({"topic": topic, "version": number, "file": str(file)})
        return
    messages.print(f"wrote {file}: edit it, then run `python -m contracts check` and `lock`.", markup=False)


def lock(as_json: AsJson = False) -> None:
    """Freeze every version that is not frozen yet: from then on its file must not change.

    Refuses, and writes nothing, when `check` finds a fault: a version that breaks a reader could never be
    mended again.
    """
    folder = contracts_folder()
    contracts = tuple(load_contracts(folder, rules_must_fit=False).values())
    locked = load(folder)
    if found := check(contracts, locked, today()):
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


RECORDS = HOME / "records"


def generate(
    output: Annotated[Path, typer.Option(help="Folder of the modules.")] = RECORDS,
    as_json: AsJson = False,
) -> None:
    """Write the typed records of every contract's newest version, a module for each topic of its own."""
    own = [contract for contract in load_contracts().values() if not contract.schemas_of]
    texts = {f"{name}.py": text for name, text in module_texts(own, successions(own)).items()}
    write_files(output, texts, as_json=as_json)


def docs(
    output: Annotated[Path, typer.Option(help="Folder of the pages.")] = Path("build/catalogue"),
    as_json: AsJson = False,
) -> None:
    """Write the catalogue: a web page for each contract, readable without a network."""
    made = pages([facts(contract, _example(contract)) for contract in load_contracts().values()])
    texts = {str(path): text for path, text in made.items()}
    write_files(output, texts, f"wrote {len(made)} pages: open {output / 'index.html'}", as_json=as_json)


def _example(contract: Contract) -> Example | None:
    """The fullest example of the newest version that has one."""
    for version in reversed(contract.versions):
        found = sorted(version.examples.glob("*.json"))
        if found:
            fullest = max(found, key=lambda path: path.stat().st_size)
            return Example(name=fullest.stem, text=fullest.read_text(encoding="utf-8").strip())
    return None


FormatName = Literal["odcs", "asyncapi", "great-expectations", "spark"]


def export(
    format_name: Annotated[
        FormatName, typer.Argument(metavar="FORMAT", help="odcs, asyncapi, great-expectations or spark.")
    ],
    topics: Annotated[
        list[str] | None, typer.Argument(metavar="[TOPIC]...", help="Topics; all by default.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="A folder to write one file for each topic into, instead of stdout."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say a contract and its rules in another tool's words.

    [bold]odcs[/]: an Open Data Contract Standard v3.1 document. [bold]asyncapi[/]: an AsyncAPI 3.0 document
    with the Avro schemas. [bold]great-expectations[/]: a suite that Great Expectations 1 loads.
    [bold]spark[/]: Spark SQL predicates.
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
