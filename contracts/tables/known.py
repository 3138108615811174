"""What the registry knows of a topic: the schemas that its records were written by, the newest to read by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contracts.errors import RegistryMismatch
from contracts.folder.model import Contract, Version
from contracts.registry.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One answer of the registry."""

    contract: Contract
    """Its newest version is the newest one that is registered, whether or not the folder has it."""
    writers: Mapping[int, str]
    """Registry id to schema text."""
    guids: Mapping[str, int]
    """GUID to registry id."""
    versions: Mapping[int, int]
    """Registry id to the number of the contract's version."""


def learn(contract: Contract, registry: Registry) -> Known:
    """Ask what is registered. To be asked behind the topic's ends: then no record before them is unknown.

    Raises `RegistryMismatch` where nothing is registered, or as `Registry` does.
    """
    subject, versions = registry.subject(contract), registry.version_numbers(contract)
    name = contract.newest.schema["name"]
    live = [row for row in subject.rows if not row.flaw and not row.deleted and row.record(name)]
    if not live:
        raise RegistryMismatch(
            f"{contract.subject} is not registered at {registry.url}: run `python -m contracts apply`."
        )
    if live[-1].id not in versions:
        schema = live[-1].record(name) or {}
        newest = Version(
            number=contract.newest.number + 1,
            path=contract.newest.path,
            text=json.dumps(schema),
            schema=schema,
        )
        kept = (*contract.versions, newest)
    else:
        # A registry may hold versions in another order than they were made.
        kept = contract.versions[: max(versions[row.id] for row in live if row.id in versions)]
    return Known(
        contract=replace(contract, versions=kept),
        writers=subject.writer_schemas,
        guids=subject.guids,
        versions=versions,
    )
