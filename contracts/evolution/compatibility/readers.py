"""What an engine really sees, beyond what Avro's resolution forbids.

Each of these changes passes Avro's rules and the registries', and still reads silently as another value in
Spark or fastavro, or differently in each.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping

from contracts.evolution.compatibility.findings import RULES, Finding, between
from contracts.evolution.compatibility.readable import SPARK_NUMBERS, SPARK_STRUCT_FROM, fits, reads_the_same
from contracts.evolution.compatibility.resolution import resolves, written_fields
from contracts.evolution.compatibility.schema import NAMED, Comparison, Field, Type, alike, walk
from contracts.evolution.compatibility.words import words

ENGINES = ("spark", "fastavro")

_LOSSY = frozenset({("int", "float"), ("long", "float"), ("long", "double")})
"""Kind written and kind read where a number may lose its last digits."""
_EXACT = frozenset({("int", "double"), ("float", "double")})
"""Kind written and kind read where the number stays the same."""
_TEXT_BYTES = frozenset({("string", "bytes"), ("bytes", "string")})


def seen_by_readers(reader: Type, writer: Type, engines: Collection[str]) -> list[Finding]:
    """Every way in which one of `engines`, reading with `reader`, sees other values than `writer` meant.

    Pairs that Avro's resolution refuses are left to it.
    """
    wanted = set(engines)
    found = [*_EngineView().findings(reader, writer), *_taken_aliases(reader, writer)]
    return [finding for finding in found if RULES[finding.rule].engines & wanted]


class _EngineView(Comparison):
    def findings(self, reader: Type, writer: Type) -> Iterator[Finding]:
        if not self.is_new(reader, writer):
            return
        if "union" in (reader.kind, writer.kind):
            yield from self._unions(reader, writer)
        elif reader.kind == writer.kind or resolves(reader, writer):
            yield from self._values(reader, writer)

    def _values(self, reader: Type, writer: Type) -> Iterator[Finding]:
        change = (writer.kind, reader.kind)
        if reader.logical != writer.logical:
            yield _logical(reader, writer)
        elif change in _LOSSY:
            message = f"{writer.kind} is written and {reader.kind} read: large numbers lose digits"
            yield between("reader-lossy-promotion", reader, writer, message)
        elif change in _TEXT_BYTES:
            message = f"{writer.kind} is written and {reader.kind} read"
            yield between("reader-text-bytes", reader, writer, message)
        if reader.kind in NAMED and reader.kind == writer.kind and not _known_as(reader, writer.full_name):
            message = f"{writer.full_name} is read as {reader.full_name}"
            yield between("reader-name", reader, writer, message)
        if (
            None not in (reader.enum_default, writer.enum_default)
            and reader.enum_default != writer.enum_default
        ):
            message = f"unknown symbols become {reader.enum_default}, and became {writer.enum_default}"
            yield between("reader-default", reader, writer, message)
        if reader.items is not None and writer.items is not None:
            yield from self.findings(reader.items, writer.items)
        for field in reader.fields:
            same = writer.index.get(field.name)
            if same is None or not alike(field, same):
                yield from self._field(field, writer)

    def _field(self, field: Field, writer: Type) -> Iterator[Finding]:
        found = written_fields(field, writer)
        filled = not found and field.has_default and fits(field.default, field.type)
        if filled and not reads_the_same(field.default, field.type):
            message = (
                f"{field.name} is filled with {json.dumps(field.default)}, which fastavro does not convert"
            )
            yield between("reader-raw-default", field, writer, message)
        if len(found) != 1:
            return
        written = found[0]
        units = written.attributes.get("unit"), field.attributes.get("unit")
        if None not in units and units[0] != units[1]:
            message = f"field {field.name} is in {units[0]} and in {units[1]}"
            yield between("reader-unit", field, written, message)
        if written.name != field.name:
            message = f"field {field.name} takes its value from {written.name} by an alias"
            yield between("reader-alias", field, written, message)
        if field.has_default and written.has_default and field.default != written.default:
            now, was = json.dumps(field.default), json.dumps(written.default)
            message = f"field {field.name} has the default {now}, and had {was}"
            yield between("reader-default", field, written, message)
        yield from self.findings(field.type, written.type)

    def _unions(self, reader: Type, writer: Type) -> Iterator[Finding]:
        read = _branches(reader)
        written = {_read_as(read, name): branch for name, branch in _branches(writer).items()}
        if [n for n in read if n in written] != [n for n in written if n in read]:
            message = f"the branches were {', '.join(written)} and are {', '.join(read)}"
            yield between("reader-union-order", reader, writer, message)
        if _spark_members(read) != _spark_members(written):
            message = f"Spark reads {_shape(written)} of the one and {_shape(read)} of the other"
            yield between("reader-union-shape", reader, writer, message)
        for name, branch in written.items():
            own = read.get(name)
            taker = next((b for b in read.values() if b is own or resolves(b, branch)), None)
            if taker is None:
                continue
            if own is None and reader.kind == "union":
                message = f"{name} is written, and read as {taker.full_name}"
                yield between("reader-union-branch", reader, writer, message)
            first = next((b for b in read.values() if b is own or _fits_for_fastavro(b, branch)), taker)
            if own is not None and not _same_value(first, own):
                message = f"{name} is written, and fastavro reads it as {first.full_name}"
                yield between("reader-union-first", reader, writer, message)
            yield from self.findings(own or taker, branch)


def _fits_for_fastavro(branch: Type, written: Type) -> bool:
    """Whether fastavro takes a reader's branch for a written type: names without their namespace suffice."""
    if not {branch.kind, written.kind} <= NAMED:
        return resolves(branch, written)
    names = {branch.name, *branch.aliases, *branch.attributes.get("aliases", ())}
    return not names.isdisjoint((written.name, written.full_name)) and branch.size == written.size


def _same_value(taker: Type, own: Type) -> bool:
    """Whether what was written as `own` is the same value when it is taken for `taker`."""
    whole = {"int", "long"}
    numbers = {taker.kind, own.kind} <= whole or (own.kind, taker.kind) in _EXACT
    return taker is own or (numbers and taker.logical == own.logical)


def _known_as(type_: Type, full_name: str) -> bool:
    return full_name == type_.full_name or full_name in type_.aliases


def _read_as(read: Mapping[str, Type], name: str) -> str:
    """Of a reader's branches the name of the one that has a written `name` for an alias; else that name."""
    if name in read:
        return name
    return next((own for own, branch in read.items() if name in branch.aliases), name)


def _taken_aliases(reader: Type, writer: Type) -> Iterator[Finding]:
    """Engines rename the writer's types by the reader's aliases, wherever they stand: each needs its own."""
    named = () if reader.key else [node for node in walk(reader) if node.kind in NAMED]
    if not any(node.aliases for node in named):
        return
    written = [node for node in walk(writer) if node.kind in NAMED]
    pairs = [(node, w) for node in named for w in written if _known_as(node, w.full_name)]
    for node, w in pairs:
        rivals = (f"{x.full_name} as {n.full_name}" for n, x in pairs if (n is node) is not (x is w))
        if node.full_name != w.full_name and (rival := next(rivals, None)):
            message = f"{w.full_name} is read as {node.full_name} by an alias, and {rival}"
            yield between("reader-alias-taken", node, w, message)


def _branches(type_: Type) -> dict[str, Type]:
    """Branches by name; a type that is no union is its own only branch."""
    return {branch.full_name: branch for branch in (type_.branches or [type_])}


def _spark_members(branches: Iterable[str]) -> tuple[str, ...]:
    """Names of the members of the struct that Spark makes of a union; empty where it makes none."""
    names = tuple(name for name in branches if name != "null")
    if len(names) < SPARK_STRUCT_FROM or set(names) in SPARK_NUMBERS:
        return ()
    return names


def _shape(branches: Iterable[str]) -> str:
    members = _spark_members(branches)
    return f"a struct of {len(members)} members" if members else "a plain value"


def _logical(reader: Type, writer: Type) -> Finding:
    decimals = reader.logical[:1] == writer.logical[:1] == ("decimal",)
    rule = "reader-decimal" if decimals else "reader-logical-type"
    message = f"{_logical_words(writer)} is written and {_logical_words(reader)} read from the same bytes"
    return between(rule, reader, writer, message)


def _logical_words(type_: Type) -> str:
    return words(type_) if type_.logical else f"plain {type_.full_name}"
