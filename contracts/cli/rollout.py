"""`plan` shows what `apply` does at a registry and a broker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from contracts.errors import PlatformError
from contracts.evolution.apply import Judged, carry_out, look, prepare
from contracts.evolution.plan import Adopt, CreateTopic, Overlooked, Register, SetMode, Step, overlooked
from contracts.folder.model import Contract
from contracts.folder.read import contracts_folder, load_contracts
from contracts.generations.shown import lines
from contracts.kafka.settings import addresses
from contracts.kafka.topics import Broker
from contracts.process.command_line import AsJson, messages, print_json
from contracts.registry.registry import Registry, Verdict, connect

Partitions = Annotated[
    int, typer.Option(min=1, max=1000, help="Partitions of a topic that has to be created.")
]
AdoptUnknown = Annotated[
    bool, typer.Option("--adopt", help="Take versions that only the registry knows into the folder.")
]


def plan(
    partitions: Partitions = 4,
    adopt: AdoptUnknown = False,
    as_json: AsJson = False,
) -> None:
    """Say what `apply` would do, step by step. Changes nothing.

    This tool and the registry itself compare every new version with its history.
    """
    where = addresses()
    registry, broker = connect(where.registry), Broker(where.kafka)
    prepared = prepare(contracts_folder(), registry, broker, partitions=partitions, adopt=adopt)
    generations = [*lines(load_contracts().values())]
    if as_json:
        rows = [_row(step) for step in prepared.steps]
        alike = overlooked_rows(prepared.overlooked)
        print_json({"registry": registry.url, "steps": rows, "overlooked": alike, "generations": generations})
        return
    for step in prepared.steps:
        verdict = f" (here: compatible; by the registry: {_words(step.verdict)})"
        typer.echo(f"{step.step}{verdict if isinstance(step.step, Register) else ''}")
    for row in prepared.overlooked:
        messages.print(str(row), markup=False)
    for line in generations:
        messages.print(line, markup=False)
    if not prepared.steps:
        messages.print("nothing to do: registry and broker are what the contracts say")


def overlooked_rows(rows: Iterable[Overlooked]) -> list[dict[str, Any]]:
    """The versions that share an id with an earlier one, as JSON."""
    return [{**asdict(row), "words": str(row)} for row in rows]


def _words(verdict: Verdict | None) -> str:
    if verdict is None:
        return "nothing to compare with"
    return f"{'' if verdict.agrees else 'not '}compatible, held against {verdict.against}"


def _row(judged: Judged) -> dict[str, Any]:
    step, words = judged.step, str(judged.step)
    match step:
        case Adopt():
            row = {"action": "adopt", "subject": step.subject, "registered": step.registered.version}
            return {**row, "file": str(step.adopted.path), "words": words}
        case SetMode():
            return {"action": "set-mode", "subject": step.subject, "mode": step.mode.value, "words": words}
        case Register():
            verdict = judged.verdict
            compatible = {"offline": True, "registry": verdict.agrees if verdict else None}
            row = {"action": "register", "subject": step.subject, "version": step.version.number}
            row |= {"file": str(step.version.path), "compatible": compatible, "words": words}
            return {**row, "held_against": verdict.against if verdict else None}
        case CreateTopic():
            return {
                "action": "create-topic",
                "topic": step.topic,
                "partitions": step.partitions,
                "settings": dict(step.settings),
                "words": words,
            }


def apply(
    partitions: Partitions = 4,
    adopt: AdoptUnknown = False,
    as_json: AsJson = False,
) -> None:
    """Register every version under its mode, and create the topics that are missing.

    Does what `plan` shows. Everything is checked before the first write. What is there already is left as it
    is, so that a second run changes nothing, and completes one that was cut short.
    """
    folder, where = contracts_folder(), addresses()
    registry, broker = connect(where.registry), Broker(where.kafka)
    prepared = prepare(folder, registry, broker, partitions=partitions, adopt=adopt)
    steps = [row.step for row in prepared.steps]
    done: list[Step] = []
    try:
        for step in carry_out(steps, registry, broker):
            messages.print(f"done: {step}", markup=False)
            done.append(step)
    except PlatformError as error:
        raise type(error)(
            f"{error} {len(done)} of {len(steps)} steps were done: "
            "run `python -m contracts apply` again for the rest."
        ) from None
    contracts = load_contracts(folder).values()
    # Some show only once they are there.
    alike = overlooked(contracts, look(registry, contracts)) if steps else prepared.overlooked
    for row in alike:
        messages.print(str(row), markup=False)
    rows = _rows(contracts, registry, broker)
    if as_json:
        print_json(
            {
                "registry": registry.url,
                "done": [str(step) for step in steps],
                "contracts": rows,
                "overlooked": overlooked_rows(alike),
            }
        )
    else:
        Console().print(_table(rows))


def _rows(contracts: Iterable[Contract], registry: Registry, broker: Broker) -> list[dict[str, Any]]:
    partitions = broker.topics()
    return [
        {
            "topic": c.topic,
            "subject": c.subject,
            "mode": c.mode.value,
            "partitions": partitions.get(c.topic, 0),
            "versions": [{"version": row.version, "id": row.id} for row in registry.versions(c.subject)],
        }
        for c in contracts
    ]


def _table(rows: Iterable[dict[str, Any]]) -> Table:
    table = Table("topic", "partitions", "mode", "version → id")
    for row in rows:
        ids = ", ".join(f"{v['version']} → {v['id']}" for v in row["versions"])
        table.add_row(row["topic"], str(row["partitions"]), row["mode"], ids)
    return table
