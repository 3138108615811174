"""Python source that means what a contract says: its names, which meet none of Python's, and its texts.

The name of a field, a symbol or a type does not depend on its neighbours: a new field renames no older one.
Where a name that the module needs of Python is taken, the module imports that under another name.
"""

from __future__ import annotations

import json
import keyword
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.evolution.compatibility.schema import Type, walk
from contracts.folder.model import JsonSchema

_WIDTH = 100
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs"})
"""Unicode's categories of control characters, of those that only change how others look, of surrogates."""
_IRRELEVANT = frozenset({"doc", "unit"})

_PREFIX = "avro"

_KEYWORDS = frozenset(keyword.kwlist)
_OF_RECORDS = frozenset({"MAPPING", "SCHEMA", "TOPIC", "VERSION", "from_dict", "to_dict"})
_OF_ENUMS = frozenset({"mro", "name", "value"}) | {name for name in dir(str) if not name.startswith("_")}
_OF_MODULE = frozenset({"MAPPING", "SCHEMA", "annotations"})
_IN_DATACLASSES = frozenset({"NotImplemented", "hash", "super", "type"})
"""What the methods that `dataclass` writes look up in the module."""
_LOCAL = frozenset({"cls", "self", "value", "item", "key"})
"""Parameters and variables of the generated methods."""

_HOMES = {
    "Any": "typing",
    "ClassVar": "typing",
    "TYPE_CHECKING": "typing",
    "Decimal": "decimal",
    "Enum": "enum",
    "Mapping": "collections.abc",
    "UUID": "uuid",
    "dataclass": "dataclasses",
    "date": "datetime",
    "datetime": "datetime",
    "deprecates": "contracts.generate.deprecates",
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
        ours = [home for home in homes.values() if home.startswith("contracts.")]
        for home in [*sorted({*homes.values()} - {*ours}), *ours]:
            if home in ours:
                yield ""
            # As sorters of imports have it: constants first.
            names = sorted((name for name in homes if homes[name] == home), key=_constants_first)
            for name in names:
                if self._imported[name] != name:
                    yield f"from {home} import {name} as {self._imported[name]}"
            plain = [name for name in names if self._imported[name] == name]
            if plain and home != "builtins":
                yield f"from {home} import {', '.join(plain)}"

    def free(self, name: str) -> str:
        """A name of the module's own, as near to `name` as no other one lies."""
        return self._free_alias(name)

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


def _constants_first(name: str) -> tuple[bool, str]:
    return not name.isupper(), name


def docstring(text: str) -> str:
    """An indented docstring: white space becomes single spaces, half a surrogate pair Unicode's stand-in."""
    shown = re.sub("[\ud800-\udfff]", "\ufffd", " ".join(text.split()))
    # An escape sequence must stay in one piece.
    return textwrap.fill(
        f'"""{escaped(shown)}"""',
        _WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
    )


def quoted(text: str) -> str:
    """A string literal."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """A text as it can stand between double quotes."""
    return "".join(map(_character, text))


def _character(character: str) -> str:
    if character in '\\"':
        return f"\\{character}"
    if unicodedata.category(character) not in _NOT_SHOWN:
        return character
    return character.encode("unicode_escape").decode("ascii")


def for_resolution(node: Any) -> Any:
    """A schema without what does not matter for reading: docs and units."""
    if isinstance(node, list):
        return [for_resolution(branch) for branch in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in _IRRELEVANT}
    below: JsonSchema = {key: for_resolution(kept[key]) for key in ("type", "items", "values") if key in kept}
    if "fields" in kept:
        below["fields"] = [for_resolution(row) for row in kept["fields"]]
    return {**kept, **below}


def packed(schema: JsonSchema) -> str:
    """JSON broken between its tokens, never inside one."""
    lines = [""]
    for token in json.JSONEncoder(separators=(",", ":")).iterencode(schema):
        if len(lines[-1]) + len(token) > _WIDTH:
            lines.append("")
        lines[-1] += token
    return "\n".join(lines)
