"""`python -m contracts plan`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from contracts.apply import Judged, prepare
from contracts.broker import Broker
from contracts.cli.options import AdoptUnknown, Partitions
from contracts.cli_support import messages, print_json
from contracts.folder import contracts_folder
from contracts.plan import Adopt, CreateTopic, Register, SetMode
from contracts.registry import connect
from contracts.settings import addresses

_VERDICTS = {True: "compatible", False: "not compatible", None: "nothing to compare with"}


def plan(
    partitions: Partitions = 4,
    adopt: AdoptUnknown = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the steps as one JSON object.")] = False,
) -> None:
    """Say what `apply` would do, step by step. Changes nothing.

    Every new version is held against its history here, and by the registry itself.
    """
    where = addresses()
    registry, broker = connect(where.registry), Broker(where.kafka)
    steps = prepare(contracts_folder(), registry, broker, partitions=partitions, adopt=adopt)
    if as_json:
        print_json({"registry": registry.url, "steps": [_row(step) for step in steps]})
        return
    for step in steps:
        told = f" (here: compatible; by the registry: {_VERDICTS[step.registry_agrees]})"
        typer.echo(f"{step.step}{told if isinstance(step.step, Register) else ''}")
    if not steps:
        messages.print("nothing to do: registry and broker are what the contracts say")


def _row(judged: Judged) -> dict[str, Any]:
    step, words = judged.step, str(judged.step)
    match step:
        case Adopt():
            row = {"action": "adopt", "subject": step.subject, "registered": step.registered.version}
            return {**row, "file": str(step.adopted.path), "words": words}
        case SetMode():
            return {"action": "set-mode", "subject": step.subject, "mode": step.mode.value, "words": words}
        case Register():
            compatible = {"offline": True, "registry": judged.registry_agrees}
            row = {"action": "register", "subject": step.subject, "version": step.version.number}
            return {**row, "file": str(step.version.path), "compatible": compatible, "words": words}
        case CreateTopic():
            return {
                "action": "create-topic",
                "topic": step.topic,
                "partitions": step.partitions,
                "settings": dict(step.settings),
                "words": words,
            }
