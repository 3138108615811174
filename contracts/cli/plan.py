"""`python -m contracts plan`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from contracts.cli.options import AdoptUnknown, Partitions
from contracts.evolution.apply import Judged, prepare
from contracts.evolution.plan import Adopt, CreateTopic, Overlooked, Register, SetMode
from contracts.folder.read import contracts_folder
from contracts.kafka.settings import addresses
from contracts.kafka.topics import Broker
from contracts.process.command_line import messages, print_json
from contracts.registry.registry import Verdict, connect


def plan(
    partitions: Partitions = 4,
    adopt: AdoptUnknown = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the steps as one JSON object.")] = False,
) -> None:
    """Say what `apply` would do, step by step. Changes nothing.

    This tool and the registry itself compare every new version with its history.
    """
    where = addresses()
    registry, broker = connect(where.registry), Broker(where.kafka)
    prepared = prepare(contracts_folder(), registry, broker, partitions=partitions, adopt=adopt)
    if as_json:
        rows = [_row(step) for step in prepared.steps]
        alike = overlooked_rows(prepared.overlooked)
        print_json({"registry": registry.url, "steps": rows, "overlooked": alike})
        return
    for step in prepared.steps:
        verdict = f" (here: compatible; by the registry: {_words(step.verdict)})"
        typer.echo(f"{step.step}{verdict if isinstance(step.step, Register) else ''}")
    for row in prepared.overlooked:
        messages.print(str(row), markup=False)
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
