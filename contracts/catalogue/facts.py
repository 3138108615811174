"""What a page of the catalogue says about a contract, gathered from its versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.checks.rules import definition
from contracts.evolution.compatibility import parse, words
from contracts.evolution.compatibility.paths import fields_by_name, innermost
from contracts.evolution.diff import Change, diff
from contracts.folder.model import Contract, Deprecation, Rule, Version
from contracts.generate import module_name, record_name
from contracts.generations.shown import changes


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """A field of the newest version. `depth` is 0 for those of the record itself."""

    name: str
    """With those that it lies in, such as `conditions.code`."""
    depth: int
    type: str
    symbols: tuple[str, ...]
    unit: str
    default: str | None
    """As JSON; None where a writer must give the value."""
    since: int
    """The first version that has it."""
    doc: str
    consumers: tuple[str, ...]
    """Names of those who declared to read it."""
    deprecated: Deprecation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one version changed."""

    version: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A record as JSON, and what it is called."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One contract's page."""

    contract: Contract
    record: str
    """Name of the record type."""
    module: str
    """Module of the typed records."""
    fields: tuple[FieldLine, ...]
    rules: tuple[tuple[Rule, str], ...]
    """Each rule with what it asks for in words."""
    history: tuple[Step, ...]
    """Newest first; the first version changed nothing, and is not in it."""
    example: Example | None
    mapped: tuple[tuple[str, str], ...] = ()
    """What is other than in the contract that this one succeeds: the field, and how it is made, in words."""


def facts(contract: Contract, example: Example | None) -> Facts:
    """Gather what the page of `contract` says; raises `UnusableSetting` for a version that is no schema."""
    return Facts(
        contract=contract,
        record=record_name(contract),
        module=f"contracts.records.{module_name(contract)}",
        fields=tuple(_lines(contract)),
        rules=tuple((rule, definition(rule, contract.newest.schema)) for rule in contract.rules),
        history=tuple(_history(contract)),
        example=example,
        mapped=tuple(changes(contract)),
    )


def _history(contract: Contract) -> Iterator[Step]:
    pairs: Sequence[tuple[Version, Version]] = list(
        zip(contract.versions, contract.versions[1:], strict=False)
    )
    for old, new in reversed(pairs):
        yield Step(version=new.number, changes=tuple(diff(contract, old, new)))


def _lines(contract: Contract) -> Iterator[FieldLine]:
    known = [(v.number, {name for name, _ in fields_by_name(parse(v.schema))}) for v in contract.versions]
    for name, field in fields_by_name(parse(contract.newest.schema)):
        inner = innermost(field.type)
        yield FieldLine(
            name=name,
            depth=name.count("."),
            type=words(field.type),
            symbols=inner.symbols,
            unit=str(field.attributes.get("unit") or ""),
            default=json.dumps(field.default, ensure_ascii=False) if field.has_default else None,
            since=next(number for number, names in known if name in names),
            doc=str(field.attributes.get("doc") or ""),
            consumers=tuple(c.name for c in contract.consumers if name in c.reads),
            deprecated=contract.deprecated.get(name),
        )
