"""What stands between the contracts and a registry: decided here, done by `contracts.evolution.apply`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeAlias

from contracts.errors import RegistryMismatch
from contracts.evolution.check import check
from contracts.evolution.compatibility.check import MODES
from contracts.folder.lock import Lock, differences
from contracts.folder.model import Adopted, Contract, Mode, Version
from contracts.folder.read import adopted_path
from contracts.registry.registered import Registered, meaning, stand_ins


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a registry holds of a subject."""

    mode: Mode | None
    versions: tuple[Registered, ...]
    """In order; those that were softly deleted are among them."""
    answers: Mapping[int, int] = field(default_factory=dict)
    """Number of a contract's version to the id that the registry says it has, where the texts differ."""

    @property
    def live(self) -> tuple[Registered, ...]:
        """The versions that are not deleted."""
        return tuple(row for row in self.versions if not row.deleted)


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
    again: bool = False
    """It was there, and was deleted."""

    def __str__(self) -> str:
        """The step in words."""
        again = " again, since it was deleted there" if self.again else ""
        return f"{self.subject}: register version {self.version.number}{again}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlooked:
    """A version that the registry takes for an earlier one: the two have one id."""

    subject: str
    version: int
    taken_for: int

    def __str__(self) -> str:
        """The sentence that a person needs."""
        return (
            f"{self.subject}: the registry takes version {self.version} for version {self.taken_for}, and "
            "gives both one id: they differ in nothing that it looks at (docs, aliases and the like)."
        )


Step: TypeAlias = Adopt | SetMode | Register | CreateTopic


def faults(contracts: Iterable[Contract], lock: Lock, today: date) -> list[str]:
    """Why these contracts must not be registered, a sentence each: not locked as they stand, or breaking."""
    listed = tuple(contracts)
    unlocked = [str(row) for row in differences(lock, listed) if row.kind == "new"]
    return unlocked + [f"{f.file}#{f.path}: {f.message} [{f.rule}]" for f in check(listed, lock, today)]


def adoptions(contracts: Iterable[Contract], held: Mapping[str, Held]) -> tuple[Adopt, ...]:
    """A step for each version that a registry holds and its contract does not know.

    Of a union that holds the contract's record, as of several types on one topic, that record is taken.
    Raises `RegistryMismatch` for a version that has none.
    """
    steps: dict[Path, Adopt] = {}
    for contract in contracts:
        for row in _unknown(contract, held[contract.subject]):
            step = Adopt(subject=contract.subject, registered=row, adopted=_adopted(contract, row))
            steps.setdefault(step.adopted.path, step)
    return tuple(steps.values())


def overlooked(contracts: Iterable[Contract], held: Mapping[str, Held]) -> tuple[Overlooked, ...]:
    """The versions that share their id with an earlier one."""
    rows = []
    for contract in contracts:
        first: dict[int, int] = {}
        there = held[contract.subject]
        for number, row in sorted(stand_ins(contract.versions, there.live, there.answers).items()):
            if (earlier := first.setdefault(row.id, number)) != number:
                rows.append(Overlooked(subject=contract.subject, version=number, taken_for=earlier))
    return tuple(rows)


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
    _refuse_other_history(contract, held)
    live = stand_ins(contract.versions, held.live, held.answers)
    ever = stand_ins(contract.versions, held.versions, held.answers)
    missing = [version for version in contract.versions if version.number not in live]
    _refuse_beside_a_union(contract, held.live, missing)
    if held.mode is not contract.mode:
        yield SetMode(subject=contract.subject, mode=contract.mode)
    for version in missing:
        yield Register(subject=contract.subject, version=version, again=version.number in ever)
    if contract.topic not in topics and contract.retired is None:
        yield CreateTopic(topic=contract.topic, partitions=partitions, settings=contract.created_with)


def _refuse_other_history(contract: Contract, held: Held) -> None:
    """Raise `RegistryMismatch` where a subject holds a version that the contract lacks, or another order."""
    for row in _unknown(contract, held):
        why_not = _no_adoption(contract, row)
        remedy = "take it over with `python -m contracts apply --adopt`, or use another registry"
        raise RegistryMismatch(
            why_not
            or f"{contract.subject} holds a version {row.version} that is not in the folder of "
            f"{contract.topic}: {remedy}."
        )
    # By when each was there first: one that was deleted and registered again has a higher number since.
    ever = stand_ins(contract.versions, held.versions, held.answers)
    order = list(dict.fromkeys(row.version for _, row in sorted(ever.items())))
    gap = next((v.number for v in contract.versions if v.number not in ever), len(contract.versions) + 1)
    before = {ever[number].version for number in ever if number < gap}
    if order != sorted(order) or any(ever[number].version not in before for number in ever if number > gap):
        raise RegistryMismatch(
            f"{contract.subject} holds its versions in another order than the folder of {contract.topic}."
        )


def _refuse_beside_a_union(
    contract: Contract, rows: Sequence[Registered], missing: Sequence[Version]
) -> None:
    """Raise `RegistryMismatch` where a new version would have to read a union, which no record does."""
    reach = MODES[contract.mode]
    unions = [row for row in (rows if reach.all_history else rows[-1:]) if row.has_branches]
    if missing and unions and reach.new_reads_old:
        raise RegistryMismatch(
            f"{contract.subject} holds a version {unions[0].version} that is a union with other types, which "
            f"no record can read as {contract.mode.value} demands: give the contract of {contract.topic} a "
            f"mode that does not look back, such as {Mode.FORWARD_TRANSITIVE.value}, or use another registry."
        )


def _unknown(contract: Contract, held: Held) -> list[Registered]:
    """Versions of the subject that are none of the contract's. What was deleted nobody writes any more."""
    ours = stand_ins(contract.versions, held.live, held.answers)
    numbers = {row.version for row in ours.values()}
    schemas = [v.schema for v in contract.versions] + [other.schema for other in contract.adopted]
    known = {meaning(schema) for schema in schemas}
    return [
        row
        for row in held.live
        if row.version not in numbers and meaning(row.record(_name(contract))) not in known
    ]


def _name(contract: Contract) -> str:
    return str(contract.newest.schema.get("name")).rpartition(".")[2]


def _no_adoption(contract: Contract, row: Registered) -> str | None:
    """Why a version cannot be adopted, as a sentence; None where it can be."""
    if row.record(_name(contract)) is not None:
        return None
    why = row.flaw or f"it is a union without one record {_name(contract)}"
    return (
        f"{contract.subject} holds a version {row.version} that cannot be adopted, since {why}: "
        "delete it there, or use another registry."
    )


def _adopted(contract: Contract, row: Registered) -> Adopted:
    schema = row.record(_name(contract))
    if schema is None:
        raise RegistryMismatch(_no_adoption(contract, row) or "")
    text = row.text if schema == json.loads(row.text) else json.dumps(schema, ensure_ascii=False)
    return Adopted(path=adopted_path(contract.home, schema), text=text, schema=schema)
