"""`python -m contracts apply`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from contracts.cli.options import AdoptUnknown, Partitions
from contracts.cli.plan import overlooked_rows
from contracts.errors import PlatformError
from contracts.evolution.apply import carry_out, look, prepare
from contracts.evolution.plan import Step, overlooked
from contracts.folder.model import Contract
from contracts.folder.read import contracts_folder, load_contracts
from contracts.kafka.settings import addresses
from contracts.kafka.topics import Broker
from contracts.process.command_line import messages, print_json
from contracts.registry.registry import Registry, connect


def apply(
    partitions: Partitions = 4,
    adopt: AdoptUnknown = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the ids as one JSON object.")] = False,
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
            "partitions": partitions[c.topic],
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
