"""Brings a registry and a broker to what the contracts say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import ContractsAtFault
from contracts.evolution.plan import (
    Adopt,
    CreateTopic,
    Held,
    Overlooked,
    Register,
    SetMode,
    Step,
    adopting,
    adoptions,
    faults,
    overlooked,
    plan,
)
from contracts.folder.lock import load
from contracts.folder.model import Contract
from contracts.folder.read import load_contracts
from contracts.kafka.topics import Broker
from contracts.process.files import writing
from contracts.process.times import today
from contracts.registry.registry import Registry, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A step, and for one that registers a version what the registry itself says of it."""

    step: Step
    verdict: Verdict | None
    """None where the registry has nothing to compare with, or was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What has to be done, and what the registry will not tell apart."""

    steps: tuple[Judged, ...]
    overlooked: tuple[Overlooked, ...]


def look(registry: Registry, contracts: Iterable[Contract]) -> dict[str, Held]:
    """What `registry` holds of each contract's subject."""
    held = {}
    for c in contracts:
        versions = registry.versions(c.subject, deleted=True)
        live = [row for row in versions if not row.deleted]
        held[c.subject] = Held(
            mode=registry.mode(c.subject), versions=versions, answers=registry.answers(c, live)
        )
    return held


def prepare(folder: Path, registry: Registry, broker: Broker, *, partitions: int, adopt: bool) -> Prepared:
    """The steps that have to be done, each compared with all that could refuse it; writes nothing.

    Raises `ContractsAtFault` with a sentence for each fault that this code or the registry finds.
    """
    contracts = tuple(load_contracts(folder).values())
    _refuse(faults(contracts, load(folder), today()))
    held = look(registry, contracts)
    taken = adoptions(contracts, held) if adopt else ()
    known = tuple(adopting(c, taken) for c in contracts)
    _refuse(faults(known, load(folder), today()) if taken else [])
    steps = (*taken, *plan(known, held, broker.topics(), partitions))
    judged = tuple(Judged(step=step, verdict=_ask(registry, step, held)) for step in steps)
    new_modes = {step.subject for step in steps if isinstance(step, SetMode)}
    # Where the mode is about to change, the registry judged by the old one: its verdict does not decide.
    _refuse(
        [
            f"{row.step}: the schema registry says that it breaks a reader, "
            f"held against {row.verdict.against}."
            for row in judged
            if row.verdict and not row.verdict.agrees
            if getattr(row.step, "subject", None) not in new_modes
        ]
    )
    return Prepared(steps=judged, overlooked=overlooked(known, held))


def carry_out(steps: Iterable[Step], registry: Registry, broker: Broker) -> Iterator[Step]:
    """Take the steps in order; each is yielded once it is done, so that a failure can say how far it came."""
    for step in steps:
        match step:
            case Adopt():
                _write(step)
            case SetMode():
                registry.set_mode(step.subject, step.mode)
            case Register():
                registry.register(step.subject, step.version.text)
            case CreateTopic():
                broker.create(step.topic, step.partitions, step.settings)
        yield step


def _write(step: Adopt) -> None:
    path = step.adopted.path
    with writing(path):
        path.parent.mkdir(exist_ok=True)
        path.write_text(step.adopted.text, encoding="utf-8")


def _ask(registry: Registry, step: Step, held: dict[str, Held]) -> Verdict | None:
    if not isinstance(step, Register) or not held[step.subject].live:
        return None
    return registry.accepts(step.subject, step.version.text)


def _refuse(found: list[str]) -> None:
    if found:
        raise ContractsAtFault("\n".join([*found, "Nothing was changed."]))
