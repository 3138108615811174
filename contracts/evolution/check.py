"""Holds contracts against their own history: both layers of compatibility, the lock, and who reads what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import (
    RULES,
    Field,
    Labelled,
    Type,
    check_schemas,
    counterparts,
    differ,
    parse,
)
from contracts.folder.lock import Lock, differences
from contracts.folder.model import Consumer, Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A rule of `contracts.evolution.compatibility.RULES` that a contract breaks, and where."""

    rule: str
    topic: str
    file: Path
    path: str
    """JSON pointer into the file; empty where the whole file is meant."""
    message: str
    consumer: Consumer | None = None
    """Who breaks, of those who declared to read the topic."""

    @property
    def layer(self) -> str:
        """The layer that the rule belongs to."""
        return RULES[self.rule].layer

    @property
    def instead(self) -> str:
        """What to do instead."""
        return RULES[self.rule].instead


def check(contracts: Iterable[Contract], lock: Lock) -> list[Fault]:
    """Every fault of every version against its whole history; none when no reader can break.

    A version that is not locked yet is no fault. Raises `UnusableSetting` for a file that holds no schema.
    """
    listed = tuple(contracts)
    return [*_locked(listed, lock), *(fault for contract in listed for fault in _history(contract))]


def _locked(contracts: tuple[Contract, ...], lock: Lock) -> Iterator[Fault]:
    folder = contracts[0].home.parent if contracts else Path()
    for row in differences(lock, contracts):
        if row.kind != "new":
            yield Fault(
                rule="lock-changed",
                topic=row.topic,
                file=folder / row.topic / f"v{row.version}.avsc",
                path="",
                message=str(row),
            )


def _history(contract: Contract) -> Iterator[Fault]:
    history = [
        Labelled(label=f"adopted {other.path.stem}", type=_parsed(other.path, other.schema))
        for other in contract.adopted
    ]
    for version in contract.versions:
        new = Labelled(label=f"v{version.number}", type=_parsed(version.path, version.schema))
        for row in check_schemas(history, new, contract.mode, contract.readers):
            yield Fault(
                rule=row.rule, topic=contract.topic, file=version.path, path=row.path, message=row.message
            )
        history.append(new)
    for consumer in contract.consumers:
        yield from _consumer(contract, consumer, history)


def _parsed(path: Path, schema: object) -> Type:
    try:
        return parse(schema)
    except UnusableSetting as error:
        raise UnusableSetting(f"{path}: {error}") from None


def _consumer(contract: Contract, consumer: Consumer, history: list[Labelled]) -> Iterator[Fault]:
    """What the newest version takes from a consumer: a field of any earlier one, or the type of the last."""
    *earlier, newest = history

    def fault(rule: str, path: str, message: str) -> Fault:
        return Fault(
            rule=rule,
            topic=contract.topic,
            file=contract.newest.path,
            path=path,
            message=f"{consumer.name}, owned by {consumer.owner}, reads {message}.",
            consumer=consumer,
        )

    for name in consumer.reads:
        now = find_field(newest.type, name)
        had = [(old.label, found) for old in earlier if (found := find_field(old.type, name))]
        if not had:
            continue
        label, before = had[-1]
        if now is None:
            yield fault("consumer-field-removed", "", f"{name}, which {label} has and {newest.label} has not")
        elif loss := _loss(before.type, now.type, set()):
            yield fault("consumer-field-changed", now.path, f"{name}, which {loss} since {label}")


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


def find_field(root: Type, name: str) -> Field | None:
    """The field that a dotted name leads to, through nullable records, arrays and maps."""
    step, _, rest = name.partition(".")
    for record in _records(root):
        field = record.field_named(step)
        if found := find_field(field.type, rest) if field and rest else field:
            return found
    return None


def _records(node: Type) -> Iterator[Type]:
    if node.kind == "record":
        yield node
    for below in node.branches + ([node.items] if node.items else []):
        yield from _records(below)
