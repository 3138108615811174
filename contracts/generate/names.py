"""Names of a contract in generated Python, where none meets a name of Python's or of the module's own.

The name of a field, a symbol or a type depends on nothing that stands beside it: a new field renames no older
one. What the module needs of Python gives way instead: it is imported under another name.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.evolution.compatibility.schema import Type, walk

_PREFIX = "avro"

_KEYWORDS = frozenset(keyword.kwlist)
_OF_RECORDS = frozenset({"SCHEMA", "TOPIC", "VERSION", "from_dict", "to_dict"})
_OF_ENUMS = frozenset({"mro", "name", "value"}) | {name for name in dir(str) if not name.startswith("_")}
_OF_MODULE = frozenset({"SCHEMA", "annotations"})
_IN_DATACLASSES = frozenset({"NotImplemented", "hash", "super", "type"})
"""What the methods that `dataclass` writes look up in the module."""
_LOCAL = frozenset({"cls", "self", "value", "item", "key"})
"""Parameters and variables of the generated methods."""

_HOMES = {
    "Any": "typing",
    "ClassVar": "typing",
    "Decimal": "decimal",
    "Enum": "enum",
    "Mapping": "collections.abc",
    "UUID": "uuid",
    "dataclass": "dataclasses",
    "date": "datetime",
    "datetime": "datetime",
    "field": "dataclasses",
    "time": "datetime",
}
"""Name to the module that it is imported from; every other name is a builtin."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """A place where names stand."""

    taken: frozenset[str]
    """Names that have a meaning there."""
    special: str
    """Pattern of the names that Python treats in a way of its own there."""


_MODULES = _Scope(_KEYWORDS, r"__\w*|[0-9]\w*")
_TYPES = _Scope(_KEYWORDS | _OF_MODULE | _IN_DATACLASSES, r"__\w*")
# `dataclass` gives its own `__init__` parameters such as `_dflt_NAME`.
_FIELDS = _Scope(_KEYWORDS | _OF_RECORDS, r"__\w*|_dflt_\w*|_HAS_DEFAULT_FACTORY")


def _symbols_of(class_name: str) -> _Scope:
    return _Scope(_KEYWORDS | _OF_ENUMS, rf"__\w*|_(\w*_)?|_{class_name}__\w*")


def _escaped(name: str, scope: _Scope) -> str:
    """The name as it can stand in `scope`; two names never become one."""
    if re.fullmatch(f"({_PREFIX})*({scope.special})", name):
        return _PREFIX + name
    return f"{name}_" if name.rstrip("_") in scope.taken else name


def module_of(topic: str) -> str:
    """Name of the module of a topic's records, such as `topic_weather_final`."""
    return _escaped(re.sub(r"[^A-Za-z0-9_]", "_", topic), _MODULES)


def attribute(name: str) -> str:
    """Name of a field in its record."""
    return _escaped(name, _FIELDS)


class Names:
    """The names of one module: those of the contract, and those that it needs of Python."""

    def __init__(self, root: Type) -> None:
        """Name every record and enum of a schema."""
        self._classes: dict[int, str] = {}
        self._aliases: dict[str, str] = {}
        self._imported: dict[str, str] = {}
        nodes = [node for node in walk(root) if node.kind in ("record", "enum")]
        for node in nodes:
            self._classes[id(node)] = self._free_class(node)
        attributes = {attribute(field.name) for node in nodes for field in node.fields}
        members = {self.member(node, symbol) for node in nodes for symbol in node.symbols}
        self._inside = _OF_RECORDS | _LOCAL | attributes | members
        self._taken = {*self._inside, *self._classes.values()}

    @property
    def classes(self) -> list[str]:
        """The classes of the module, sorted."""
        return sorted(self._classes.values())

    def class_of(self, node: Type) -> str:
        """Name of the class of a record or an enum."""
        return self._classes[id(node)]

    def member(self, node: Type, symbol: str) -> str:
        """Name of a symbol in the class of its enum."""
        return _escaped(symbol, _symbols_of(self.class_of(node)))

    def inside(self, node: Type) -> str:
        """How classes refer to a record or an enum: an alias where the name means something else in one."""
        name = self.class_of(node)
        if name not in self._inside:
            return name
        if name not in self._aliases:
            self._aliases[name] = self._free_alias(name)
        return self._aliases[name]

    def python(self, name: str) -> str:
        """How the module refers to a name of Python's; notes that it needs it."""
        if name not in self._imported:
            self._imported[name] = self._free_alias(name) if name in self._taken else name
        return self._imported[name]

    def imports(self) -> Iterator[str]:
        """Lines that import what `python` was asked for."""
        homes = {name: _HOMES.get(name, "builtins") for name in self._imported}
        for home in sorted(set(homes.values())):
            names = sorted(name for name in homes if homes[name] == home)
            for name in names:
                if self._imported[name] != name:
                    yield f"from {home} import {name} as {self._imported[name]}"
            plain = [name for name in names if self._imported[name] == name]
            if plain and home != "builtins":
                yield f"from {home} import {', '.join(plain)}"

    def _free_class(self, node: Type) -> str:
        """The type's own name; where another namespace came first with it, the full name."""
        taken = set(self._classes.values())
        name = _escaped(node.name, _TYPES)
        if name in taken:
            name = _escaped(node.full_name.replace(".", "_"), _TYPES)
        while name in taken:
            name += "_"
        return name

    def _free_alias(self, name: str) -> str:
        # Two underscores before it would be mangled in a class.
        alias = f"_{name.lstrip('_')}"
        while alias in self._taken:
            alias += "_"
        self._taken.add(alias)
        return alias
