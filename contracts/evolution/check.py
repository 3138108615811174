"""Holds contracts against their own history: both layers of compatibility, the lock, and who reads what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from contracts.evolution.compatibility import (
    Finding,
    Labelled,
    Type,
    broken,
    check_schemas,
    counterparts,
    differ,
    parse_file,
)
from contracts.evolution.compatibility.paths import find_field
from contracts.evolution.deprecation import removed_too_early
from contracts.folder.lock import Lock, differences
from contracts.folder.model import Consumer, Contract
from contracts.generations.check import generation_findings
from contracts.generations.golden import golden


def check(contracts: Iterable[Contract], lock: Lock, today: date) -> list[Finding]:
    """Every rule that a version breaks against its whole history; none when no reader can break.

    A version that is not locked yet breaks none. `today`, by UTC, decides which deprecated fields may go.
    Raises `UnusableSetting` for a file that holds no schema.
    """
    listed = tuple(contracts)
    return [
        *_locked(listed, lock),
        *(finding for contract in listed for finding in _history(contract, today)),
        *generation_findings(listed, golden),
    ]


def _locked(contracts: tuple[Contract, ...], lock: Lock) -> Iterator[Finding]:
    folder = contracts[0].home.parent if contracts else Path()
    for row in differences(lock, contracts):
        if row.kind != "new":
            file = folder / row.topic / f"v{row.version}.avsc"
            yield broken("lock-changed", "", str(row), topic=row.topic, file=file)


def _history(contract: Contract, today: date) -> Iterator[Finding]:
    history = [
        Labelled(label=f"adopted {other.path.stem}", type=parse_file(other.path, other.schema))
        for other in contract.adopted
    ]
    for version in contract.versions:
        new = Labelled(label=f"v{version.number}", type=parse_file(version.path, version.schema))
        for finding in check_schemas(history, new, contract.mode, contract.readers):
            yield replace(finding, topic=contract.topic, file=version.path)
        history.append(new)
    for consumer in contract.consumers:
        yield from _consumer(contract, consumer, history)
    yield from removed_too_early(contract, history, today)


def _consumer(contract: Contract, consumer: Consumer, history: list[Labelled]) -> Iterator[Finding]:
    """What the newest version takes from a consumer: a field of any earlier one, or the type of the last."""
    *earlier, newest = history

    def loses(rule: str, path: str, what: str) -> Finding:
        message = f"{consumer.name}, owned by {consumer.owner}, reads {what}."
        about = {"topic": contract.topic, "file": contract.newest.path, "consumer": consumer}
        return broken(rule, path, message, **about)

    for name in consumer.reads:
        now = find_field(newest.type, name)
        had = [(old.label, found) for old in earlier if (found := find_field(old.type, name))]
        if not had:
            continue
        label, before = had[-1]
        if now is None:
            yield loses("consumer-field-removed", "", f"{name}, which {label} has and {newest.label} has not")
        elif loss := _loss(before.type, now.type, set()):
            yield loses("consumer-field-changed", now.path, f"{name}, which {loss} since {label}")


def _loss(before: Type, now: Type, met: set[tuple[int, int]]) -> str | None:
    """What someone who reads a type finds less or other than before; what was added does not count."""
    if (id(before), id(now)) in met:
        return None
    met.add((id(before), id(now)))
    if told := differ(before, now):
        return "was {} and is {}".format(*told)
    before, now = before.sole, now.sole
    for was in before.fields:
        is_ = now.field_named(was.name)
        if is_ is None:
            return f"has lost {was.name}"
        if loss := _loss(was.type, is_.type, met):
            return f"holds {was.name}, which {loss}"
    return next((loss for pair in counterparts(before, now) if (loss := _loss(*pair, met))), None)
