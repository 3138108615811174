"""Verbs that begin a contract: `init`, and `schema` for those who write one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import UnusableSetting
from contracts.folder.making import making, new_home
from contracts.folder.read import contracts_folder
from contracts.folder.yaml_schema import FILE, named, schema_text
from contracts.kafka.settings import addresses
from contracts.process.command_line import AsJson, messages, print_json, write_files
from contracts.propose import newest_on, propose, samples_in


def init(  # noqa: PLR0917 - the command line names every option
    topic: Annotated[str, typer.Argument(help="The topic that is to have a contract, such as topic-tide.")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="More files.")] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="FILE", help="Samples: a JSON body, JSON lines, or CSV with a head."),
    ] = None,
    from_topic: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Samples: the newest records of this topic.")
    ] = None,
    records: Annotated[int, typer.Option(min=1, max=100_000, help="With --from-topic: how many.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Propose a first contract from samples of what the topic is to hold.

    What only people know, such as a unit, begins with [bold]guess:[/] in the files, and `lint` refuses it
    until it is written. A contract that is there is never touched.
    """
    named_files = [*(files or []), *(more or [])]
    if bool(named_files) == bool(from_topic):
        raise UnusableSetting("name samples: give --from FILE or --from-topic TOPIC, one of the two.")
    home = new_home(
        topic,
        "`init` writes new contracts only; for its next version run "
        f"`python -m contracts new-version {topic}`",
    )
    if from_topic:
        newest = newest_on(from_topic, records, addresses())
        proposal = propose(topic, newest.samples, newest.schema)
        if newest.unreadable:
            messages.print(f"{newest.unreadable} records could not be read and were left out")
    else:
        proposal = propose(topic, samples_in(named_files))
    with making(home) as draft:
        (draft / "v1.avsc").write_text(proposal.schema, encoding="utf-8")
        (draft / "contract.yaml").write_text(proposal.contract, encoding="utf-8")
    if as_json:
        told = {"fields": proposal.fields, "rules": proposal.rules, "guesses": proposal.guesses}
        print_json({"topic": topic, "written": [str(home / "contract.yaml"), str(home / "v1.avsc")], **told})
        return
    messages.print(
        f"wrote {home} with {proposal.fields} fields: write what its {proposal.guesses} guesses leave open, "
        "then run `python -m contracts lint`, `check` and `lock`.",
        markup=False,
    )


def schema(as_json: AsJson = False) -> None:
    """Write the JSON Schema of contract.yaml into the folder of contracts, for editors to complete by.

    Each contract.yaml that does not name a schema yet gets the line that does.
    """
    folder = contracts_folder()
    texts = {FILE: schema_text()}
    for file in sorted(folder.glob("*/contract.yaml")):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UnusableSetting(f"{file} cannot be read: {error}.") from None
        if named(text) != text:
            texts[str(file.relative_to(folder))] = named(text)
    write_files(folder, texts, as_json=as_json)
