"""`python -m contracts consumers`: who reads a topic, by its word and by what it really reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from contracts.evolution.compatibility import parse
from contracts.evolution.deprecation import Difference, deprecated_reads, difference
from contracts.folder.model import Consumer, Contract
from contracts.folder.read import contract_of, load_contracts
from contracts.kafka.log import open_log
from contracts.kafka.notes import EVERYTHING, reads_in
from contracts.kafka.settings import addresses
from contracts.process.command_line import AsJson, print_json


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    consumer: Consumer
    reads: frozenset[str] | None
    """What it really reads; None where nobody knows."""
    difference: Difference
    deprecated: tuple[str, ...]
    """What it declares and what is to go, in words."""


def consumers(
    topics: Annotated[
        list[str] | None, typer.Argument(metavar="[TOPIC]...", help="Topics; all by default.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no broker: say what is declared, and no more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say who declares to read a topic, which deprecated fields they read, and what they really read.

    A group of `contracts.consume` leaves the fields that it reads at the broker, beside its offsets. It is
    taken for the declared consumer of its name. Exits with 1 where one reads other fields than it declares.
    """
    chosen = [contract_of(topic) for topic in topics or ()] or list(load_contracts().values())
    told = {} if offline else _told({one.name for contract in chosen for one in contract.consumers})
    found = {
        contract.topic: [_reader(contract, one, told) for one in contract.consumers] for contract in chosen
    }
    for topic, readers in found.items():
        if as_json:
            print_json({"topic": topic, "consumers": [_row(reader) for reader in readers]})
            continue
        typer.echo(topic)
        for reader in readers:
            typer.echo(_text(reader, offline=offline))
    if any(reader.difference for readers in found.values() for reader in readers):
        raise typer.Exit(1)


def _told(groups: set[str]) -> dict[tuple[str, str], list[str]]:
    """Group and topic to the notes of the group's members on its partitions."""
    notes: dict[tuple[str, str], list[str]] = {}
    with open_log(addresses().kafka) as log:
        for group in sorted(groups):
            for (topic, _), held in log.committed(group).items():
                notes.setdefault((group, topic), []).append(held.note)
    return notes


def _reader(contract: Contract, consumer: Consumer, told: Mapping[tuple[str, str], list[str]]) -> _Reader:
    reads = reads_in(told.get((consumer.name, contract.topic), ()))
    return _Reader(
        consumer=consumer,
        reads=reads,
        difference=difference(
            parse(contract.newest.schema), consumer.reads, consumer.reads if reads is None else reads
        ),
        deprecated=tuple(one.words(name) for name, one in deprecated_reads(contract, consumer).items()),
    )


def _row(reader: _Reader) -> dict[str, Any]:
    return {
        "name": reader.consumer.name,
        "owner": reader.consumer.owner,
        "declares": reader.consumer.reads,
        "reads": None if reader.reads is None else sorted(reader.reads),
        **asdict(reader.difference),
        "deprecated": reader.deprecated,
    }


def _text(reader: _Reader, *, offline: bool) -> str:
    consumer, apart = reader.consumer, reader.difference
    lines = [f"- {consumer.name}, owned by {consumer.owner}, declares {', '.join(consumer.reads)}"]
    if reader.reads is None and not offline:
        lines.append(f"no group {consumer.name} says at the broker what it reads")
    elif reader.reads is not None and not apart:
        lines.append("reads what it declares")
    if apart.undeclared:
        whole = "whole records, and so " if EVERYTHING in (reader.reads or ()) else ""
        lines.append(
            f"READS {whole}{', '.join(apart.undeclared)}, which it does not declare: "
            "declare it in contract.yaml, or give `consume` the fields as `reads`"
        )
    if apart.unread:
        lines.append(f"DOES NOT READ {', '.join(apart.unread)}: take it off its `reads` in contract.yaml")
    return "\n    ".join([*lines, *reader.deprecated])
