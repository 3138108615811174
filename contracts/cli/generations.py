"""Verbs of generations: `new-generation`, `translate-offsets` and `retire`."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from contracts.errors import ContractsAtFault, UnusableSetting
from contracts.folder.making import making, new_home
from contracts.folder.model import Role
from contracts.folder.read import contract_of, load_contracts
from contracts.generations.begin import next_name, retired_text, successor_text
from contracts.generations.check import readers_left
from contracts.generations.move import find_move
from contracts.kafka.log import open_log
from contracts.kafka.settings import addresses
from contracts.process.command_line import AsJson, messages, print_json
from contracts.process.files import write_whole, writing
from contracts.process.times import today


def new_generation(
    topic: Annotated[
        str, typer.Argument(help="The final topic whose contract has to change so that readers break.")
    ],
    name: Annotated[
        str | None, typer.Option(help="The topic of the next generation; TOPIC-2, and so on, by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the contract of a topic's next generation, ready to edit: its own topic, versions from 1.

    Its `mapping` says of each field how it comes from the old one; at first all are the same.
    """
    old = contract_of(topic, rules_must_fit=False)
    if old.role not in {None, Role.FINAL}:
        raise UnusableSetting(
            f"{topic} is the {old.role.value} topic of {old.product}: only a final topic has generations."
        )
    if old.schemas_of:
        raise UnusableSetting(
            f"{topic} has the schemas of {old.schemas_of}: write the next generation of that."
        )
    if heir := _heir(topic):
        raise UnusableSetting(f"{topic} has a next generation already, {heir}: write the one after that.")
    home = new_home(name or next_name(topic), "give the next generation another --name")
    with making(home) as draft:
        (draft / "v1.avsc").write_text(old.newest.text, encoding="utf-8")
        text = (old.home / "contract.yaml").read_text(encoding="utf-8")
        (draft / "contract.yaml").write_text(successor_text(text, old), encoding="utf-8")
        if old.newest.examples.is_dir():
            shutil.copytree(old.newest.examples, draft / "examples" / "v1")
    if as_json:
        print_json({"topic": home.name, "succeeds": topic, "folder": str(home)})
        return
    messages.print(
        f"wrote {home}: change its v1.avsc and its mapping, then run `python -m contracts check`, `lock`, "
        "`generate` and `apply`, and start the stream anew.",
        markup=False,
    )


def translate_offsets(
    group: Annotated[str, typer.Option(help="The consumer group that moves; none of it may be at work.")],
    old: Annotated[
        str | None, typer.Option("--from", help="The topic that it read; by default the only one to leave.")
    ] = None,
    new: Annotated[
        str | None, typer.Option("--to", help="The topic that it is to read; by default the successor.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say where it would go on, and commit nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Have a consumer group go on in a topic's next generation exactly where it stopped in the old one.

    Records are compared by the raw record that their headers name, not by time. Where some have changed
    places, those that the group has passed are noted beside its offset, and `contracts.consume` passes over
    them.
    """
    old, new = _both_topics(old, new)
    with open_log(addresses().kafka) as log:
        move = find_move(log, group, old, new)
        if not dry_run:
            log.commit(group, move.offsets)
    rows = [
        {"partition": at, "offset": one.offset, "passed_behind": len(one.passed)}
        for at, one in sorted(move.starts.items())
    ]
    if as_json:
        about = {"group": group, "from": old, "to": new, "committed": not dry_run, "left": move.left}
        print_json({**about, "starts": rows})
        return
    goes = "would go" if dry_run else "goes"
    for row in rows:
        line = f"{new}, partition {row['partition']}: {group} {goes} on at offset {row['offset']}"
        passed = row["passed_behind"]
        typer.echo(f"{line}, and passes over {passed} records behind it" if passed else line)
    messages.print(f"{move.left} records of {old} were left to {group}: it finds them in {new}", markup=False)
    if any(row["passed_behind"] for row in rows):
        messages.print("only `contracts.consume` passes over records: another client gets them again")


def _both_topics(old: str | None, new: str | None) -> tuple[str, str]:
    heirs = {one.succeeds: one.topic for one in load_contracts().values() if one.succeeds}
    if old is None and len(heirs) != 1:
        raise UnusableSetting(f"{len(heirs)} topics are succeeded by another: name one with --from and --to.")
    old = old or next(iter(heirs))
    if new is None and old not in heirs:
        raise UnusableSetting(f"no contract succeeds {old}: name the topic to go on in with --to.")
    return old, new or heirs[old]


def retire(
    topic: Annotated[str, typer.Argument(help="A topic that has a next generation, and no reader any more.")],
    as_json: AsJson = False,
) -> None:
    """Note in its contract.yaml that nothing writes to a topic any more, once no declared consumer is left.

    Nothing else changes: the topic, its records and its schemas stay.
    """
    contract, heir = contract_of(topic, rules_must_fit=False), _heir(topic)
    if heir is None:
        raise UnusableSetting(
            f"{topic} has no next generation that takes over: write it by `new-generation`."
        )
    if contract.consumers:
        raise ContractsAtFault(
            f"{topic} cannot be retired: {readers_left(contract)}. Have them read {heir}, and take them off "
            "its `consumers`."
        )
    since = contract.retired or today()
    if contract.retired is None:
        file = contract.home / "contract.yaml"
        with writing(file):
            write_whole(file, retired_text(file.read_text(encoding="utf-8"), since))
    if as_json:
        print_json({"topic": topic, "successor": heir, "retired": str(since)})
        return
    messages.print(
        f"{topic} is retired from {since} on, {heir} takes over. Start the stream anew: it writes to {heir} "
        f"alone. The records of {topic} stay readable until you delete the topic.",
        markup=False,
    )


def _heir(topic: str) -> str | None:
    """The topic of the next generation."""
    known = load_contracts(rules_must_fit=False).values()
    return next((one.topic for one in known if one.succeeds == topic), None)
