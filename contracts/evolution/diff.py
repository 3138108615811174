"""Two versions of a contract compared in words, and what each change means for a roll-out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contracts.checks.rules import fields_of
from contracts.evolution.compatibility import (
    Field,
    Finding,
    Type,
    counterparts,
    differ,
    parse,
    resolve,
    seen_by_readers,
    words,
)
from contracts.evolution.compatibility.paths import find_field
from contracts.evolution.compatibility.resolution import written_fields
from contracts.folder.model import Contract, Rule, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a change means when one side moves to the new version before the other."""

    safe: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two versions."""

    kind: str
    """added, removed, renamed, retyped, new default, new symbols, lost symbols, new unit, new rule or
    deprecated."""
    path: str
    """JSON pointer: into the newer version, or into the older one for what was removed."""
    words: str
    field: str = ""
    """Dotted name of the field, the older one where it was renamed; empty where it is none."""
    producers_first: Meaning
    """Producers write the new version while consumers still read with the old one."""
    consumers_first: Meaning
    """Consumers read with the new version what producers still write with the old one."""


_SAFE = Meaning(safe=True, words="nothing changes for them")


def diff(contract: Contract, old: Version, new: Version) -> list[Change]:
    """Every change from `old` to `new`, field by field, then the rules that came with `new`.

    The two may be one version before and after an edit. A deprecation belongs to no version: those of fields
    that the newest version has are told with it, last.
    """
    before, now = parse(old.schema), parse(new.schema)
    was = f"v{old.number} as it was" if old.number == new.number else f"v{old.number}"
    comparison = _Comparison(was, f"v{new.number}", contract.readers)
    rules = _rules(contract.rules, before, now, old, new)
    deprecated = _deprecated(contract, now) if new is contract.newest else ()
    return [*comparison.types(before, now, ""), *rules, *deprecated]


class _Comparison:
    def __init__(self, old: str, new: str, readers: Iterable[str]) -> None:
        self.old, self.new, self.readers = old, new, tuple(readers)
        self._met: set[tuple[int, int]] = set()

    def types(self, old: Type, new: Type, name: str) -> Iterator[Change]:
        if (id(old), id(new)) in self._met:
            return
        self._met.add((id(old), id(new)))
        if told := differ(old, new):
            yield self._retyped(old, new, name, told)
            return
        order = [id(now) for _, now in counterparts(old, new)] if old.branches else []
        if order != [id(branch) for branch in new.branches]:
            yield self._retyped(old, new, name, (_union(old), _union(new)))
        old, new = old.sole, new.sole
        if old.full_name != new.full_name:
            yield self._retyped(old, new, name, (words(old), words(new)))
        if new.kind == "record":
            yield from self._records(old, new, f"{name}." if name else "")
        elif new.kind == "enum":
            yield from self._enums(old, new, name)
        for before, now in counterparts(old, new):
            yield from self.types(before, now, name)

    def _records(self, old: Type, new: Type, prefix: str) -> Iterator[Change]:
        kept: set[str] = set()
        for field in new.fields:
            before = written_fields(field, old)
            kept.update(found.name for found in before)
            if not before:
                yield self._added(field, prefix)
                continue
            if before[0].name != field.name:
                yield self._renamed(before[0], field, prefix)
            yield from self._attributes(before[0], field, prefix)
            yield from self.types(before[0].type, field.type, f"{prefix}{field.name}")
        yield from (self._removed(field, prefix) for field in old.fields if field.name not in kept)

    def _added(self, field: Field, prefix: str) -> Change:
        gap = f"readers of {self.new} see {_json(field)} in records of {self.old}"
        none = f"readers of {self.new} cannot read records of {self.old}: the field has no default"
        return Change(
            kind="added",
            path=field.path,
            field=f"{prefix}{field.name}",
            words=f"{prefix}{field.name} was added: {words(field.type)}",
            producers_first=Meaning(safe=True, words=f"readers of {self.old} pass over it"),
            consumers_first=Meaning(safe=field.has_default, words=gap if field.has_default else none),
        )

    def _removed(self, field: Field, prefix: str) -> Change:
        gap = f"readers of {self.old} see {_json(field)} in records of {self.new}"
        none = f"readers of {self.old} cannot read records of {self.new}: the field had no default"
        return Change(
            kind="removed",
            path=field.path,
            field=f"{prefix}{field.name}",
            words=f"{prefix}{field.name} was removed: {words(field.type)}",
            producers_first=Meaning(safe=field.has_default, words=gap if field.has_default else none),
            consumers_first=Meaning(safe=True, words=f"readers of {self.new} pass over it"),
        )

    def _renamed(self, old: Field, new: Field, prefix: str) -> Change:
        lost = old.has_default
        value = f"readers of {self.old} see {_json(old)} instead of the value"
        return Change(
            kind="renamed",
            path=new.path,
            field=f"{prefix}{old.name}",
            words=f"{prefix}{old.name} is called {new.name}, with the alias {old.name}",
            producers_first=Meaning(
                safe=False,
                words=value if lost else f"readers of {self.old} cannot read records of {self.new}",
            ),
            consumers_first=Meaning(safe=False, words="only readers that follow aliases find the value"),
        )

    def _attributes(self, old: Field, new: Field, prefix: str) -> Iterator[Change]:
        if old.default != new.default and (old.type.kind == "union") is (new.type.kind == "union"):
            yield self._same_both_ways(
                "new default",
                (new.path, f"{prefix}{new.name}"),
                f"the default of {prefix}{new.name} was {_json(old)} and is {_json(new)}",
                not (old.has_default and new.has_default),
                "readers of either version fill a gap in older records differently",
            )
        units = old.attributes.get("unit"), new.attributes.get("unit")
        if units[0] != units[1]:
            yield self._same_both_ways(
                "new unit",
                (new.path, f"{prefix}{new.name}"),
                f"the unit of {prefix}{new.name} was {units[0]} and is {units[1]}",
                None in units,
                "the same number means another quantity to the other side",
            )

    def _enums(self, old: Type, new: Type, name: str) -> Iterator[Change]:
        if added := [symbol for symbol in new.symbols if symbol not in old.symbols]:
            yield Change(
                kind="new symbols",
                path=new.path,
                field=name,
                words=f"{name} may be {', '.join(added)} as well",
                producers_first=self._unknown(old, self.old),
                consumers_first=_SAFE,
            )
        if lost := [symbol for symbol in old.symbols if symbol not in new.symbols]:
            yield Change(
                kind="lost symbols",
                path=new.path,
                field=name,
                words=f"{name} is no longer {', '.join(lost)}",
                producers_first=_SAFE,
                consumers_first=self._unknown(new, self.new),
            )
        if old.enum_default != new.enum_default:
            yield self._same_both_ways(
                "new default",
                (new.path, name),
                f"an unknown symbol of {name} was read as {old.enum_default} and is as {new.enum_default}",
                old.enum_default is None,
                "readers of either version read an unknown symbol differently",
            )

    @staticmethod
    def _unknown(reader: Type, version: str) -> Meaning:
        if reader.enum_default is None:
            return Meaning(safe=False, words=f"readers of {version} fail on a symbol that they do not know")
        return Meaning(safe=True, words=f"readers of {version} see {reader.enum_default} instead")

    def _retyped(self, old: Type, new: Type, name: str, told: tuple[str, str]) -> Change:
        return Change(
            kind="retyped",
            path=new.path,
            field=name,
            words=f"{name or 'the record'} was {told[0]} and is {told[1]}",
            producers_first=self._reading(old, new, self.old),
            consumers_first=self._reading(new, old, self.new),
        )

    def _reading(self, reader: Type, writer: Type, version: str) -> Meaning:
        found: list[Finding] = [*resolve(reader, writer), *seen_by_readers(reader, writer, self.readers)]
        if found:
            return Meaning(safe=False, words=f"readers of {version} break: {found[0].message}")
        return Meaning(safe=True, words=f"readers of {version} read it as {words(reader)}")

    @staticmethod
    def _same_both_ways(kind: str, place: tuple[str, str], what: str, safe: bool, breaks: str) -> Change:
        meaning = _SAFE if safe else Meaning(safe=False, words=breaks)
        path, field = place
        return Change(
            kind=kind, path=path, field=field, words=what, producers_first=meaning, consumers_first=meaning
        )


def _union(node: Type) -> str:
    """A union in words, its branches in their order; `words` alone names other types."""
    if not node.branches:
        return words(node)
    return f"a union of {', '.join(branch.full_name for branch in node.branches)}"


def _json(field: Field) -> str:
    return json.dumps(field.default, ensure_ascii=False) if field.has_default else "none"


def _rules(rules: Iterable[Rule], before: Type, now: Type, old: Version, new: Version) -> Iterator[Change]:
    for number, rule in enumerate(rules):
        names = fields_of(rule)
        came_with_field = all(map(now.field_named, names)) and not all(map(before.field_named, names))
        if came_with_field or old.number < rule.since <= new.number:
            yield Change(
                kind="new rule",
                path=f"/rules/{number}",
                words=f"the rule {rule.id} came with v{new.number} ({rule.severity.value}): {rule.why}",
                producers_first=_SAFE,
                consumers_first=Meaning(safe=True, words=f"records of v{old.number} are judged by it too"),
            )


def _deprecated(contract: Contract, now: Type) -> Iterator[Change]:
    for name, deprecation in contract.deprecated.items():
        if field := find_field(now, name):
            yield Change(
                kind="deprecated",
                path=field.path,
                words=deprecation.words(name),
                producers_first=_SAFE,
                consumers_first=_SAFE,
            )
