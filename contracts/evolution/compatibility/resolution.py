"""Avro's own schema resolution: can a reader with one schema read what a writer wrote with another?

Follows the specification's "Schema Resolution" as the Java library decides it (`SchemaCompatibility`), since
that is what registries and Spark run.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.evolution.compatibility.findings import Finding, between
from contracts.evolution.compatibility.schema import NAMED, Comparison, Field, Type, alike

PROMOTIONS: dict[str, frozenset[str]] = {
    "long": frozenset({"int"}),
    "float": frozenset({"int", "long"}),
    "double": frozenset({"int", "long", "float"}),
    "bytes": frozenset({"string"}),
    "string": frozenset({"bytes"}),
}
"""Kind of a reader's type to the other kinds of writers that it takes."""


def resolve(reader: Type, writer: Type) -> list[Finding]:
    """Every reason why `reader` cannot read all that `writer` writes; none when it can."""
    return list(_Resolution().findings(reader, writer))


def resolves(reader: Type, writer: Type) -> bool:
    """Whether `reader` can read all that `writer` writes."""
    return not resolve(reader, writer)


def written_fields(reader: Field, writer: Type) -> list[Field]:
    """The writer's fields that a reader's field answers to by name or alias; lawful is one."""
    return [writer.index[name] for name in (reader.name, *reader.aliases) if name in writer.index]


def same_name(reader: Type, writer: Type) -> bool:
    """Whether a reader's named type is the writer's, by its name without the namespace or by an alias.

    An alias is a full name: of the reader's namespace where it gives none.
    """
    return reader.name == writer.name or writer.full_name in reader.aliases


class _Resolution(Comparison):
    """Pairs that are being compared count as compatible."""

    def findings(self, reader: Type, writer: Type) -> Iterator[Finding]:
        if not self.is_new(reader, writer):
            return
        if writer.kind == "union":
            yield from self._written_branches(reader, writer)
        elif reader.kind == "union":
            yield from self._reader_branches(reader, writer)
        elif reader.kind != writer.kind:
            if writer.kind not in PROMOTIONS.get(reader.kind, frozenset()):
                message = f"{writer.kind} is written here, which {reader.full_name} cannot read"
                yield between("avro-type", reader, writer, message)
        else:
            yield from self._same_kind(reader, writer)

    def _written_branches(self, reader: Type, writer: Type) -> Iterator[Finding]:
        if reader.kind != "union":
            for branch in writer.branches:
                yield from self.findings(reader, branch)
            return
        for branch in writer.branches:
            yield from self._reader_branches(reader, branch)

    def _reader_branches(self, reader: Type, writer: Type) -> Iterator[Finding]:
        if any(not list(_Resolution().seen_from(self).findings(b, writer)) for b in reader.branches):
            return
        message = f"{writer.full_name} is written here, which no branch of the union reads"
        yield between("avro-union-branch", reader, writer, message)

    def seen_from(self, other: _Resolution) -> _Resolution:
        """Take over what `other` is comparing, so that a trial of a branch ends where it would."""
        self._met = set(other._met)
        return self

    def _same_kind(self, reader: Type, writer: Type) -> Iterator[Finding]:
        if reader.kind in NAMED and not same_name(reader, writer):
            message = f"{writer.full_name} is written here, not {reader.full_name}"
            yield between("avro-name", reader, writer, message)
        if reader.kind == "record":
            yield from self._fields(reader, writer)
        elif reader.kind == "fixed" and reader.size != writer.size:
            message = f"{reader.full_name} has {reader.size} bytes, but {writer.size} are written"
            yield between("avro-fixed-size", reader, writer, message)
        elif reader.kind == "enum" and reader.enum_default is None:
            if missing := [symbol for symbol in writer.symbols if symbol not in reader.symbols]:
                message = f"{reader.full_name} knows no {', '.join(missing)} and has no default"
                yield between("avro-enum-symbol", reader, writer, message)
        elif reader.items is not None and writer.items is not None:
            yield from self.findings(reader.items, writer.items)

    def _fields(self, reader: Type, writer: Type) -> Iterator[Finding]:
        for field in reader.fields:
            same = writer.index.get(field.name)
            if same is not None and alike(field, same):
                continue
            found = written_fields(field, writer)
            if len(found) > 1:
                names = " and ".join(f.name for f in found)
                message = f"field {field.name} could be read from {names}"
                yield between("avro-field-ambiguous", field, writer, message)
            elif found:
                yield from self.findings(field.type, found[0].type)
            elif not field.has_default:
                message = f"field {field.name} is not written, and has no default"
                yield between("avro-field-default", field, writer, message)
