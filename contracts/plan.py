"""What stands between the contracts and a registry: decided here, done by `contracts.apply`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from contracts.check import check
from contracts.errors import RegistryMismatch
from contracts.folder import adopted_path
from contracts.lock import Lock, differences, digest
from contracts.model import Adopted, Contract, Mode, Version
from contracts.registry import Registered
from contracts.times import milliseconds


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
    settings: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The step in words."""
        settings = "".join(f", {key}={value}" for key, value in self.settings.items())
        return f"{self.topic}: create the topic with {self.partitions} partitions{settings}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """Take a schema that only the registry knows into the contract's folder."""

    subject: str
    registered: Registered
    adopted: Adopted

    def __str__(self) -> str:
        """The step in words."""
        return (
            f"{self.subject}: adopt the registry's version {self.registered.version} as {self.adopted.path}"
        )


Step: TypeAlias = Adopt | SetMode | Register | CreateTopic


def faults(contracts: Iterable[Contract], lock: Lock) -> list[str]:
    """Why these contracts must not be registered, a sentence each: not locked as they stand, or breaking."""
    listed = tuple(contracts)
    unlocked = [str(row) for row in differences(lock, listed) if row.kind == "new"]
    return unlocked + [f"{f.file}#{f.path}: {f.message} [{f.rule}]" for f in check(listed, lock)]


def adoptions(contracts: Iterable[Contract], held: Mapping[str, Held]) -> tuple[Adopt, ...]:
    """A step for each version that a registry holds and its contract does not know.

    Raises `RegistryMismatch` for one that is no record.
    """
    return tuple(
        Adopt(subject=c.subject, registered=row, adopted=_adopted(c, row))
        for c in contracts
        for row in held[c.subject].versions
        if digest(json.loads(row.text)) not in _known(c)
    )


def adopting(contract: Contract, steps: Iterable[Adopt]) -> Contract:
    """The contract as it is when `steps` are done."""
    taken = tuple(step.adopted for step in steps if step.subject == contract.subject)
    return replace(contract, adopted=contract.adopted + taken)


def plan(
    contracts: Iterable[Contract], held: Mapping[str, Held], topics: Iterable[str], partitions: int
) -> tuple[Step, ...]:
    """The steps, in order, that bring a registry and a broker to what `contracts` say; often none.

    `held` is by subject, `topics` are those that the broker has. Raises `RegistryMismatch` where a subject
    holds a version that the contract does not know, or holds them in another order.
    """
    present = frozenset(topics)
    return tuple(step for c in contracts for step in _steps(c, held[c.subject], present, partitions))


def _steps(contract: Contract, held: Held, topics: frozenset[str], partitions: int) -> Iterator[Step]:
    missing = _missing(contract, held.versions)
    if held.mode is not contract.mode:
        yield SetMode(subject=contract.subject, mode=contract.mode)
    yield from (Register(subject=contract.subject, version=version) for version in missing)
    if contract.topic not in topics:
        yield CreateTopic(topic=contract.topic, partitions=partitions, settings=_settings(contract))


def _settings(contract: Contract) -> dict[str, str]:
    """Kafka's settings of the topic: it keeps records as long as the contract promises, and what it says."""
    try:
        promised = {"retention.ms": str(milliseconds(contract.service_level.get("retention", "")))}
    except ValueError:
        # A promise in other words, or none: the broker's own retention holds.
        promised = {}
    return {**promised, **contract.topic_settings}


def _missing(contract: Contract, registered: Sequence[Registered]) -> tuple[Version, ...]:
    ours = [digest(version.schema) for version in contract.versions]
    known = _known(contract)
    theirs = []
    for row in registered:
        found = digest(json.loads(row.text))
        if found not in known:
            raise RegistryMismatch(
                f"{contract.subject} holds a version {row.version} that is not in the folder of "
                f"{contract.topic}: take it over with `python -m contracts apply --adopt`, "
                "or use another registry."
            )
        if found in ours:
            theirs.append(found)
    if theirs != ours[: len(theirs)]:
        raise RegistryMismatch(
            f"{contract.subject} holds its versions in another order than the folder of {contract.topic}."
        )
    return contract.versions[len(theirs) :]


def _known(contract: Contract) -> frozenset[str]:
    versions = (digest(version.schema) for version in contract.versions)
    return frozenset(versions) | {digest(other.schema) for other in contract.adopted}


def _adopted(contract: Contract, row: Registered) -> Adopted:
    schema = json.loads(row.text)
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise RegistryMismatch(
            f"{contract.subject} holds a version {row.version} that is no record: it cannot be adopted."
        )
    return Adopted(path=adopted_path(contract.home, schema), text=row.text, schema=schema)
