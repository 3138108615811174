"""What stands between the contracts and a registry: decided here, done by `contracts.apply`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contracts.compatibility import Labelled, check_schemas, parse
from contracts.errors import RegistryMismatch, UnusableSetting
from contracts.lock import Lock, differences, digest
from contracts.model import Contract, Mode, Version
from contracts.registry import Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a registry holds of a subject."""

    mode: Mode | None
    versions: tuple[Registered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode:
    """Hold a subject to a compatibility mode."""

    subject: str
    mode: Mode

    def __str__(self) -> str:
        """The step in words."""
        return f"{self.subject}: hold to {self.mode.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Register a version under its subject."""

    subject: str
    version: Version

    def __str__(self) -> str:
        """The step in words."""
        return f"{self.subject}: register version {self.version.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTopic:
    """Create a topic."""

    topic: str
    partitions: int

    def __str__(self) -> str:
        """The step in words."""
        return f"{self.topic}: create the topic with {self.partitions} partitions"


Step: TypeAlias = SetMode | Register | CreateTopic


def faults(contracts: Iterable[Contract], lock: Lock) -> list[str]:
    """Why these contracts must not be registered, a sentence each: not locked as they stand, or breaking."""
    listed = tuple(contracts)
    return [str(row) for row in differences(lock, listed)] + [row for c in listed for row in _breaks(c)]


def plan(
    contracts: Iterable[Contract], held: Mapping[str, Held], topics: Iterable[str], partitions: int
) -> tuple[Step, ...]:
    """The steps, in order, that bring a registry and a broker to what `contracts` say; often none.

    `held` is by subject, `topics` are those that the broker has. Raises `RegistryMismatch` where a subject
    holds a version that the contract does not, or holds them in another order.
    """
    present = frozenset(topics)
    return tuple(step for c in contracts for step in _steps(c, held[c.subject], present, partitions))


def _steps(contract: Contract, held: Held, topics: frozenset[str], partitions: int) -> Iterator[Step]:
    missing = _missing(contract, held.versions)
    if held.mode is not contract.mode:
        yield SetMode(subject=contract.subject, mode=contract.mode)
    yield from (Register(subject=contract.subject, version=version) for version in missing)
    if contract.topic not in topics:
        yield CreateTopic(topic=contract.topic, partitions=partitions)


def _missing(contract: Contract, registered: Sequence[Registered]) -> tuple[Version, ...]:
    ours = [digest(version.schema) for version in contract.versions]
    theirs = [digest(json.loads(row.text)) for row in registered]
    for row, found in zip(registered, theirs, strict=True):
        if found not in ours:
            raise RegistryMismatch(
                f"{contract.subject} holds a version {row.version} that is not in the folder of "
                f"{contract.topic}: put its schema there, or use another registry."
            )
    if theirs != ours[: len(theirs)]:
        raise RegistryMismatch(
            f"{contract.subject} holds its versions in another order than the folder of {contract.topic}."
        )
    return contract.versions[len(theirs) :]


def _breaks(contract: Contract) -> Iterator[str]:
    history: list[Labelled] = []
    for version in contract.versions:
        try:
            new = Labelled(label=f"v{version.number}", type=parse(version.schema))
        except UnusableSetting as error:
            raise UnusableSetting(f"{version.path}: {error}") from None
        for row in check_schemas(history, new, contract.mode, contract.readers):
            yield f"{contract.topic} {new.label} {row.path or '/'}: {row.message} [{row.rule}]"
        history.append(new)
