"""The lock: a digest of every version, so that one that was published never changes.

A digest is the SHA-256 of the schema's normal form: its JSON with sorted keys and no spaces, each type under
its full name, and a bare `{"type": "string"}` as `"string"`, since registries write these anew. Every
attribute counts: defaults, aliases, logical types, docs and units. (Avro's own Parsing Canonical Form drops
these, and so cannot tell a changed default.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import NAMED, PRIMITIVES
from contracts.folder.model import Contract, JsonSchema

FILE = "contracts.lock"

_HEADER = (
    "# Digests of the published versions, by `python -m contracts lock`. A line, once here, never changes.\n"
)

Lock = Mapping[tuple[str, int], str]
"""Topic and version to digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """A version that the lock does not hold as it stands."""

    topic: str
    version: int
    kind: Literal["new", "changed", "gone"]

    def __str__(self) -> str:
        """The sentence that a person needs."""
        what = f"version {self.version} of {self.topic}"
        return {
            "new": f"{what} is not locked: run `python -m contracts lock`.",
            "changed": f"{what} was changed after it was locked: put it back and write a new version.",
            "gone": f"{what} is locked but its file is gone: put it back.",
        }[self.kind]


def digest(schema: JsonSchema) -> str:
    """SHA-256 of a schema's normal form, in hexadecimal; the same for two spellings of one schema."""
    normal = json.dumps(_normal(schema, ""), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(normal.encode()).hexdigest()


def _normal(node: Any, namespace: str) -> Any:
    if isinstance(node, str):
        return node if node in PRIMITIVES else _full(node, namespace)
    if isinstance(node, list):
        return [_normal(branch, namespace) for branch in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") not in NAMED:
        below = {key: _normal(node[key], namespace) for key in ("type", "items", "values") if key in node}
        return below["type"] if node.keys() == {"type"} else {**node, **below}
    name = _full(str(node.get("name")), str(node.get("namespace", namespace)))
    inside = name.rpartition(".")[0]
    normal = {key: value for key, value in node.items() if key != "namespace"} | {"name": name}
    if "aliases" in node:
        normal["aliases"] = [_full(alias, inside) for alias in node["aliases"]]
    if node["type"] == "record":
        normal["fields"] = [{**f, "type": _normal(f.get("type"), inside)} for f in node.get("fields", ())]
    return normal


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def lock_of(contracts: Iterable[Contract]) -> Lock:
    """The lock that would hold these contracts as they stand."""
    own = (c for c in contracts if not c.schemas_of)
    return {(c.topic, v.number): digest(v.schema) for c in own for v in c.versions}


def differences(locked: Lock, contracts: Iterable[Contract]) -> tuple[Unlocked, ...]:
    """What the lock does not hold, in the order of topics and versions."""
    actual = lock_of(contracts)
    return tuple(
        Unlocked(topic=key[0], version=key[1], kind=_kind(locked.get(key), actual.get(key)))
        for key in sorted(locked.keys() | actual.keys())
        if locked.get(key) != actual.get(key)
    )


def _kind(locked: str | None, actual: str | None) -> Literal["new", "changed", "gone"]:
    if locked is None:
        return "new"
    return "changed" if actual else "gone"


def render(lock: Lock) -> str:
    """The lock as the text of its file: `topic version digest` a line, sorted."""
    return _HEADER + "".join(
        f"{topic} v{number} sha256:{lock[topic, number]}\n" for topic, number in sorted(lock)
    )


def parse(text: str) -> Lock:
    """The lock that `render` wrote; raises `UnusableSetting` naming the line that cannot be one."""
    lock: dict[tuple[str, int], str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            topic, version, value = line.split()
            lock[topic, int(version.removeprefix("v"))] = value.removeprefix("sha256:")
        except ValueError:
            raise UnusableSetting(f"{FILE}: line {number} is not `topic vN sha256:…`.") from None
    return lock


def load(folder: Path) -> Lock:
    """Read the lock of a contracts' folder; empty where there is none yet."""
    path = folder / FILE
    return parse(path.read_text(encoding="utf-8")) if path.is_file() else {}
