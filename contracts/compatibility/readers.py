"""What an engine really sees, beyond what Avro's resolution forbids.

Each of these changes passes Avro's rules and the registries', and still reads silently as another value in
Spark or fastavro, or differently in each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from contracts.compatibility.findings import RULES, Finding
from contracts.compatibility.resolution import resolves, written_fields
from contracts.compatibility.schema import NAMED, Field, Type

ENGINES = ("spark", "fastavro")

_LOSSY = frozenset({("int", "float"), ("long", "float"), ("long", "double")})
"""Kind written and kind read where a number may lose its last digits."""
_TEXT_BYTES = frozenset({("string", "bytes"), ("bytes", "string")})
_SPARK_STRUCT_FROM = 2
"""From so many branches beside null on, Spark makes a union a struct."""
_NUMBERS = (frozenset({"int", "long"}), frozenset({"float", "double"}))
"""Branches that Spark folds into one number: a union of one of these is no struct."""


def seen_by_readers(reader: Type, writer: Type, engines: Collection[str]) -> list[Finding]:
    """Every way in which one of `engines`, reading with `reader`, sees other values than `writer` meant.

    Pairs that Avro's resolution refuses are left to it.
    """
    return [f for f in _Comparison().findings(reader, writer) if RULES[f.rule].engines & set(engines)]


class _Comparison:
    def __init__(self) -> None:
        self._met: set[tuple[int, int]] = set()

    def findings(self, reader: Type, writer: Type) -> Iterator[Finding]:
        pair = (id(reader), id(writer))
        if pair in self._met:
            return
        self._met.add(pair)
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
            yield Finding(
                rule="reader-lossy-promotion",
                reader_path=reader.path,
                writer_path=writer.path,
                message=message,
            )
        elif change in _TEXT_BYTES:
            message = f"{writer.kind} is written and {reader.kind} read"
            yield Finding(
                rule="reader-text-bytes", reader_path=reader.path, writer_path=writer.path, message=message
            )
        if reader.kind in NAMED and reader.kind == writer.kind and reader.full_name != writer.full_name:
            message = f"{writer.full_name} is read as {reader.full_name}"
            yield Finding(
                rule="reader-name", reader_path=reader.path, writer_path=writer.path, message=message
            )
        if reader.items is not None and writer.items is not None:
            yield from self.findings(reader.items, writer.items)
        for field in reader.fields:
            yield from self._field(field, writer)

    def _field(self, field: Field, writer: Type) -> Iterator[Finding]:
        found = written_fields(field, writer)
        if len(found) != 1:
            return
        written = found[0]
        if written.name != field.name:
            message = f"field {field.name} takes its value from {written.name} by an alias"
            yield Finding(
                rule="reader-alias", reader_path=field.path, writer_path=written.path, message=message
            )
        if field.has_default and written.has_default and field.default != written.default:
            message = f"field {field.name} has the default {field.default!r}, and had {written.default!r}"
            yield Finding(
                rule="reader-default", reader_path=field.path, writer_path=written.path, message=message
            )
        yield from self.findings(field.type, written.type)

    def _unions(self, reader: Type, writer: Type) -> Iterator[Finding]:
        read, written = _branches(reader), _branches(writer)
        if [n for n in read if n in written] != [n for n in written if n in read]:
            message = f"the branches were {', '.join(written)} and are {', '.join(read)}"
            yield Finding(
                rule="reader-union-order", reader_path=reader.path, writer_path=writer.path, message=message
            )
        if _spark_members(reader) != _spark_members(writer):
            message = f"Spark reads {_shape(writer)} of the one and {_shape(reader)} of the other"
            yield Finding(
                rule="reader-union-shape", reader_path=reader.path, writer_path=writer.path, message=message
            )
        for name, branch in written.items():
            if name in read:
                yield from self.findings(read[name], branch)
                continue
            takers = [candidate for candidate in read.values() if resolves(candidate, branch)]
            if takers and reader.kind == "union":
                message = f"{name} is written, and read as {takers[0].full_name}"
                yield Finding(
                    rule="reader-union-branch",
                    reader_path=reader.path,
                    writer_path=writer.path,
                    message=message,
                )
            for taker in takers[:1]:
                yield from self.findings(taker, branch)


def _branches(type_: Type) -> dict[str, Type]:
    """Branches by name; a type that is no union is its own only branch."""
    return {branch.full_name: branch for branch in (type_.branches or [type_])}


def _spark_members(type_: Type) -> tuple[str, ...]:
    """Names of the members of the struct that Spark makes of a union; empty where it makes none."""
    names = tuple(name for name in _branches(type_) if name != "null")
    if len(names) < _SPARK_STRUCT_FROM or set(names) in _NUMBERS:
        return ()
    return names


def _shape(type_: Type) -> str:
    members = _spark_members(type_)
    return f"a struct of {len(members)} members" if members else "a plain value"


def _logical(reader: Type, writer: Type) -> Finding:
    decimals = reader.logical[:1] == writer.logical[:1] == ("decimal",)
    rule = "reader-decimal" if decimals else "reader-logical-type"
    message = f"{_logical_words(writer)} is written and {_logical_words(reader)} read from the same bytes"
    return Finding(rule=rule, reader_path=reader.path, writer_path=writer.path, message=message)


def _logical_words(type_: Type) -> str:
    if not type_.logical:
        return f"plain {type_.full_name}"
    if type_.logical[0] == "decimal":
        return f"decimal({type_.logical[1]}, {type_.logical[2]})"
    return str(type_.logical[0])
