"""Random schemas, and random changes to them. All chance comes from the `Random` that is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
LOGICAL: tuple[dict[str, Any], ...] = (
    {"type": "int", "logicalType": "date"},
    {"type": "long", "logicalType": "timestamp-millis"},
    {"type": "long", "logicalType": "timestamp-micros"},
    {"type": "long", "logicalType": "local-timestamp-millis"},
    {"type": "long", "logicalType": "local-timestamp-micros"},
    {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2},
    {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2},
    {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 3},
    {"type": "string", "logicalType": "uuid"},
)
_SYMBOLS = ("X", "Y", "Z")
_TYPE_NAMES = ("A", "B", "C", "D")
_FIELD_NAMES = ("a", "b", "c", "d")
_DEFAULTS: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "int": 1,
    "long": 2,
    "float": 0.5,
    "double": 1.25,
    "bytes": "\u00ff",
    "string": "x",
}


def random_schema(random: Random, depth: int = 3) -> Any:
    """Any schema, as JSON."""
    return _Maker(random).schema(depth)


def random_record(random: Random, depth: int = 3) -> dict[str, Any]:
    """A record with some fields, as JSON."""
    return _Maker(random).record("Root", depth, least=2)


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.made: list[str] = []

    def schema(self, depth: int) -> Any:
        if depth <= 0 or self.random.random() < 0.4:
            return self._leaf()
        return self.random.choice(self._kinds())(depth)

    def record(self, name: str, depth: int, least: int = 0) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "record", "name": name}
        if self._chance(0.15):
            made["aliases"] = [self.random.choice(_TYPE_NAMES)]
        if self._chance(0.2):
            made["namespace"] = self.random.choice(("n", "m"))
        names = self.random.sample(_FIELD_NAMES, self.random.randint(least, 4))
        made["fields"] = [self.field(field, depth - 1) for field in names]
        return made

    def field(self, name: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {"name": name, "type": self.schema(depth)}
        if self._chance(0.6):
            with_default(made)
        if self._chance(0.15):
            made["aliases"] = self.random.sample((*_FIELD_NAMES, "e", "f"), 1)
        return made

    def _kinds(self) -> list[Callable[[int], Any]]:
        return [
            lambda depth: {"type": "array", "items": self.schema(depth - 1)},
            lambda depth: {"type": "map", "values": self.schema(depth - 1)},
            self._nullable,
            self._nullable,
            self._union,
            lambda depth: self._named(lambda name: self.record(name, depth)),
            lambda depth: self._named(lambda name: self.record(name, depth)),
            lambda _depth: self._named(self._enum),
            lambda _depth: self._named(self._sized),
        ]

    def _leaf(self) -> Any:
        return self.random.choice(LOGICAL) if self._chance(0.25) else self.random.choice(PRIMITIVES)

    def _nullable(self, depth: int) -> Any:
        inner = self.schema(depth - 1)
        return inner if inner == "null" or isinstance(inner, list) else ["null", inner]

    def _union(self, depth: int) -> Any:
        branches = {_branch_name(b): b for b in (self.schema(depth - 1) for _ in range(3))}
        return [b for b in branches.values() if not isinstance(b, list)] or "int"

    def _named(self, make: Callable[[str], Any]) -> Any:
        free = [name for name in _TYPE_NAMES if name not in self.made]
        if not free:
            return self._leaf()
        self.made.append(free[0])
        return make(free[0])

    def _enum(self, name: str) -> Any:
        symbols = self.random.sample(_SYMBOLS, self.random.randint(1, 3))
        return {
            "type": "enum",
            "name": name,
            "symbols": symbols,
            **({"default": symbols[0]} if self._chance(0.6) else {}),
        }

    def _sized(self, name: str) -> Any:
        return {"type": "fixed", "name": name, "size": self.random.randint(1, 3)}

    def _chance(self, part: float) -> bool:
        return self.random.random() < part


def _branch_name(branch: Any) -> str:
    if isinstance(branch, list):
        return "union"
    return branch if isinstance(branch, str) else str(branch.get("name", branch["type"]))


def with_default(field: dict[str, Any]) -> None:
    """Give a field a default of its type, where one is easily written."""
    first = field["type"]
    while isinstance(first, list):
        if not first:
            return
        first = first[0]
    kind = first if isinstance(first, str) else first["type"]
    if kind in _DEFAULTS:
        logical = isinstance(first, dict) and first.get("logicalType")
        field["default"] = "12345678-1234-1234-1234-123456789abc" if logical == "uuid" else _DEFAULTS[kind]
    elif kind == "array":
        field["default"] = []
    elif kind == "map":
        field["default"] = {}
    elif kind == "enum":
        field["default"] = first["symbols"][0]
    elif kind == "fixed":
        field["default"] = "a" * first["size"]
    elif kind == "record" and all("default" in below for below in first["fields"]):
        field["default"] = {}


def evolved(random: Random, schema: Any, *, rate: float = 0.2) -> Any:
    """The schema after a few changes, most of them small, some of them breaking."""
    return _Changer(random, rate).change(json.loads(json.dumps(schema)))


class _Changer:
    def __init__(self, random: Random, rate: float) -> None:
        self.random, self.rate = random, rate
        self.added = 0

    def change(self, node: Any) -> Any:
        changed = self._changed(node)
        if not self._chance(0.3):
            return changed
        if isinstance(changed, list):
            return self.random.choice(changed) if changed else changed
        return [changed]

    def _changed(self, node: Any) -> Any:
        if isinstance(node, str):
            return self.random.choice(PRIMITIVES) if node in PRIMITIVES and self._chance() else node
        if isinstance(node, list):
            return self._union(node)
        if node["type"] in PRIMITIVES:
            return self.random.choice((*LOGICAL, node["type"])) if self._chance() else node
        for key in ("items", "values"):
            if key in node:
                node[key] = self.change(node[key])
        change = {"record": self._record, "enum": self._enum, "fixed": self._fixed}.get(node["type"])
        if change:
            change(node)
            if self._chance(0.3):
                self._rename(node)
        return node

    def _rename(self, node: dict[str, Any]) -> None:
        """Give a named type a new name, and most times the old one for an alias."""
        if not self._chance(0.5):
            node["aliases"] = [*node.get("aliases", ()), node["name"]]
        node["name"] = f"Renamed{node['name']}"

    def _union(self, node: list[Any]) -> Any:
        kept = {_branch_name(branch): branch for branch in map(self.change, node)}
        branches = [b for b in kept.values() if not isinstance(b, list)]
        if self._chance():
            self.random.shuffle(branches)
        if self._chance() and len(branches) > 1:
            branches.pop()
        if self._chance() and not {"string", "null"} <= kept.keys():
            branches.append("string" if "string" not in kept else "null")
        return branches

    def _record(self, node: dict[str, Any]) -> None:
        for field in node["fields"]:
            before = json.dumps(field["type"])
            field["type"] = self.change(field["type"])
            if json.dumps(field["type"]) != before and field.pop("default", self) is not self:
                with_default(field)
        if node["fields"] and self._chance():
            node["fields"].pop(self.random.randrange(len(node["fields"])))
        if self._chance():
            self.random.shuffle(node["fields"])
        if self._chance():
            node["fields"].append(self._new_field())
        if node["fields"] and self._chance(0.3):
            field = self.random.choice(node["fields"])
            field["aliases"] = [field["name"]]
            field["name"] = f"renamed_{field['name']}"
        if self._chance(0.1):
            node["namespace"] = "other"

    def _new_field(self) -> dict[str, Any]:
        self.added += 1
        plain = self.random.choice((*PRIMITIVES, *LOGICAL))
        type_ = plain if plain == "null" or self._chance(2) else ["null", plain]
        field = {"name": f"added_{self.added}", "type": type_}
        if not self._chance():
            with_default(field)
        return field

    def _enum(self, node: dict[str, Any]) -> None:
        if self._chance():
            symbols = self.random.sample(_SYMBOLS, self.random.randint(1, 3))
            if "default" in node and node["default"] not in symbols:
                symbols.append(node["default"])
            node["symbols"] = symbols

    def _fixed(self, node: dict[str, Any]) -> None:
        if self._chance(0.3):
            node["size"] += 1

    def _chance(self, factor: float = 1.0) -> bool:
        return self.random.random() < self.rate * factor
