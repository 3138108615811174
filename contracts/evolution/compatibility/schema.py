"""An Avro schema as a graph of types, each knowing where it stands in its file.

Parsing here is strict about what decides compatibility and says where the file is wrong.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.errors import UnusableSetting

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED = frozenset({"record", "enum", "fixed"})

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEEPEST = 200
"""Deeper nesting than any contract has, and far from what a parser's stack bears."""

_ABSENT = ["no default"]
"""Stands for a missing default in a key."""
NO_DEFAULT: Any = type("_NoDefault", (), {"__repr__": lambda _self: "no default"})()
"""A field's default when it has none; null is a default like another."""


@dataclass(slots=True, eq=False)
class Field:
    """A field of a record."""

    name: str
    path: str
    type: Type
    default: Any
    aliases: tuple[str, ...]
    attributes: Mapping[str, Any]
    """The field's JSON object, unknown attributes included."""
    key: bytes = b""
    """As of a type: equal where two fields are surely the same to every reader."""

    @property
    def has_default(self) -> bool:
        """Whether a reader can do without a written value."""
        return self.default is not NO_DEFAULT


@dataclass(slots=True, eq=False)
class Type:
    """One type. `kind` is Avro's word for it, or `union`; what does not belong to the kind is empty."""

    kind: str
    path: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    namespace: str = ""
    aliases: tuple[str, ...] = ()
    fields: list[Field] = field(default_factory=list)
    symbols: tuple[str, ...] = ()
    enum_default: str | None = None
    size: int = 0
    items: Type | None = None
    """Of an array, its items; of a map, its values."""
    branches: list[Type] = field(default_factory=list)
    key: bytes = b""
    """Equal where two types are surely the same to every reader, and each reads the other; else empty."""
    graph: tuple[Type, ...] = ()
    """What `walk` gives from here, once somebody called it."""
    index: dict[str, Field] = field(default_factory=dict)
    """The record's fields by name."""

    @property
    def full_name(self) -> str:
        """Name with the namespace; the kind where the type has no name."""
        if not self.name:
            return self.kind
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    @property
    def logical(self) -> tuple[Any, ...]:
        """What a reader sees beyond the kind: logical type, precision, scale; empty where there is none."""
        logical = self.attributes.get("logicalType")
        if logical is None:
            return ()
        if logical == "decimal":
            return (logical, self.attributes.get("precision"), self.attributes.get("scale", 0))
        return (logical,)

    @property
    def below(self) -> list[Type]:
        """The types that this one is made of."""
        return [f.type for f in self.fields] + self.branches + ([self.items] if self.items else [])

    @property
    def sole(self) -> Type:
        """The only branch of a union of one, which is read like that branch; else the type itself."""
        return self.branches[0] if len(self.branches) == 1 else self

    @property
    def plain(self) -> Type:
        """The only branch beside null, or the type itself."""
        others = [branch for branch in self.branches if branch.kind != "null"]
        return others[0] if len(others) == 1 else self

    @property
    def takes_null(self) -> bool:
        """Whether null is a value of it."""
        return self.kind == "null" or any(branch.kind == "null" for branch in self.branches)

    def field_named(self, name: str) -> Field | None:
        """The record's field of that name."""
        return self.index.get(name)


def parse(document: Any) -> Type:
    """Parse a schema's JSON; raises `UnusableSetting` that names the JSON pointer of what is wrong."""
    root = _Parser().type(document, "", "", 0)
    _give_key(root, set())
    return root


def parse_file(path: Path, document: Any) -> Type:
    """As `parse`, for the schema in a file, which the error names."""
    try:
        return parse(document)
    except UnusableSetting as error:
        raise UnusableSetting(f"{path}: {error}") from None


def alike(reader: Type | Field, writer: Type | Field) -> bool:
    """Whether two types, or two fields, are surely the same to every reader, by their keys."""
    return bool(reader.key) and reader.key == writer.key


class Comparison:
    """A walk over two graphs side by side, which compares a pair once: so types that hold themselves end."""

    def __init__(self) -> None:
        """Begin without pairs."""
        self._met: set[tuple[int, int]] = set()

    def is_new(self, reader: Type, writer: Type) -> bool:
        """Whether the pair has to be compared: it is not alike, and was not met before."""
        pair = (id(reader), id(writer))
        if pair in self._met or alike(reader, writer):
            return False
        self._met.add(pair)
        return True


def walk(root: Type) -> tuple[Type, ...]:
    """Every type of the graph once, parents first."""
    if not root.graph:
        found: dict[int, Type] = {}
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if id(node) not in found:
                found[id(node)] = node
                waiting.extend(reversed(node.below))
        root.graph = tuple(found.values())
    return root.graph


def counterparts(old: Type, new: Type) -> list[tuple[Type, Type]]:
    """What two types are made of, in pairs: items with items, a branch with that of its name or alias."""
    if old.items is not None and new.items is not None:
        return [(old.items, new.items)]
    named = {alias: branch for branch in new.branches for alias in branch.aliases}
    named |= {branch.full_name: branch for branch in new.branches}
    return [(branch, named[branch.full_name]) for branch in old.branches if branch.full_name in named]


def _give_key(node: Type, met: set[int]) -> bytes:
    """Give `node` and all below it their keys; types that hold themselves, have aliases or could be read by
    another branch get none, since they may break even a reader of their own version.
    """
    if id(node) in met:
        return node.key
    met.add(id(node))
    if node.kind in PRIMITIVES and not node.logical:
        node.key = node.kind.encode()
        return node.key
    for f in node.fields:
        below = _give_key(f.type, met)
        told = [f.name, f.default if f.has_default else _ABSENT, f.attributes.get("unit")]
        f.key = _digest(told, below) if below and not f.aliases else b""
    keys = [f.key for f in node.fields] or [_give_key(below, met) for below in node.below]
    if all(keys) and not node.aliases and sum(b.kind != "null" for b in node.branches) < 2:
        told = [node.kind, node.full_name, node.logical, node.symbols, node.enum_default, node.size]
        node.key = _digest(told, *keys)
    return node.key


def _digest(told: list[Any], *below: bytes) -> bytes:
    return hashlib.blake2b(json.dumps(told).encode() + b"".join(below), digest_size=16).digest()


class _Parser:
    def __init__(self) -> None:
        self.named: dict[str, Type] = {}

    def type(self, node: Any, path: str, namespace: str, depth: int) -> Type:  # noqa: PLR0911 - one return for each form
        if depth > _DEEPEST:
            raise _wrong(path, f"the schema is nested deeper than {_DEEPEST}")
        if isinstance(node, str):
            return self._reference(node, path, namespace)
        if isinstance(node, list):
            return self._union(node, path, namespace, depth)
        if not isinstance(node, dict):
            raise _wrong(path, f"{node!r} is no type")
        kind = node.get("type")
        if isinstance(kind, (dict, list)):
            return self.type(kind, f"{path}/type", namespace, depth + 1)
        if kind in PRIMITIVES:
            return Type(kind=str(kind), path=path, attributes=node)
        if kind in NAMED:
            return self._named(node, path, namespace, depth)
        if kind in ("array", "map"):
            key = "items" if kind == "array" else "values"
            if key not in node:
                raise _wrong(path, f"a {kind} needs {key}")
            below = self.type(node[key], f"{path}/{key}", namespace, depth + 1)
            return Type(kind=str(kind), path=path, attributes=node, items=below)
        if isinstance(kind, str):
            return self._reference(kind, f"{path}/type", namespace)
        raise _wrong(path, "a type needs the attribute type")

    def _reference(self, name: str, path: str, namespace: str) -> Type:
        if name in PRIMITIVES:
            return Type(kind=name, path=path)
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        # Java's parser, and so every engine here but fastavro, looks outside the namespace as well.
        found = self.named.get(full) or self.named.get(name)
        if found is None:
            raise _wrong(path, f"there is no type {name!r} up to here")
        return found

    def _union(self, node: list[Any], path: str, namespace: str, depth: int) -> Type:
        branches = [self.type(b, f"{path}/{i}", namespace, depth + 1) for i, b in enumerate(node)]
        names = [branch.full_name for branch in branches]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise _wrong(path, f"a union holds {twice} twice")
        if any(branch.kind == "union" for branch in branches):
            raise _wrong(path, "a union holds a union")
        return Type(kind="union", path=path, branches=branches)

    def _named(self, node: Mapping[str, Any], path: str, namespace: str, depth: int) -> Type:
        kind, name = str(node["type"]), node.get("name")
        if not isinstance(name, str) or not all(map(_NAME.fullmatch, name.split("."))):
            raise _wrong(path, f"{name!r} is no name for a {kind}")
        space, _, short = name.rpartition(".")
        space = space or node.get("namespace", namespace) or ""
        made = Type(kind=kind, path=path, attributes=node, name=short, namespace=space)
        if made.full_name in self.named:
            raise _wrong(path, f"{made.full_name} is defined twice")
        self.named[made.full_name] = made
        made.aliases = tuple(
            a if "." in a or not space else f"{space}.{a}" for a in _texts(node, "aliases", path)
        )
        if kind == "record":
            made.fields = self._fields(node, path, space, depth)
            made.index = {f.name: f for f in made.fields}
        elif kind == "enum":
            self._enum(made, node, path)
        else:
            size = node.get("size")
            if not isinstance(size, int) or isinstance(size, bool) or size < 0:
                raise _wrong(path, "a fixed needs a size of 0 or more")
            made.size = size
        return made

    def _enum(self, made: Type, node: Mapping[str, Any], path: str) -> None:
        made.symbols = _texts(node, "symbols", path)
        made.enum_default = node.get("default")
        if len(set(made.symbols)) < len(made.symbols) or not all(map(_NAME.fullmatch, made.symbols)):
            raise _wrong(path, "symbols of an enum are names, each once")
        if made.enum_default is not None and made.enum_default not in made.symbols:
            raise _wrong(path, f"the default {made.enum_default!r} is none of the symbols")

    def _fields(self, node: Mapping[str, Any], path: str, namespace: str, depth: int) -> list[Field]:
        rows = node.get("fields")
        if not isinstance(rows, list):
            raise _wrong(path, "a record needs a list of fields")
        fields: list[Field] = []
        for index, row in enumerate(rows):
            where = f"{path}/fields/{index}"
            name = row.get("name") if isinstance(row, dict) else None
            if not isinstance(name, str) or not _NAME.fullmatch(name) or "type" not in row:
                raise _wrong(where, "a field needs a name and a type")
            if any(name == other.name for other in fields):
                raise _wrong(where, f"two fields are named {name}")
            fields.append(
                Field(
                    name=name,
                    path=where,
                    type=self.type(row["type"], f"{where}/type", namespace, depth + 1),
                    default=row.get("default", NO_DEFAULT),
                    aliases=_texts(row, "aliases", where),
                    attributes=row,
                )
            )
        return fields


def _texts(node: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
    found = node.get(key, [])
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise _wrong(f"{path}/{key}", f"{key} is a list of names")
    return tuple(found)


def _wrong(path: str, why: str) -> UnusableSetting:
    return UnusableSetting(f"not an Avro schema: at {path or '/'}: {why}.")
