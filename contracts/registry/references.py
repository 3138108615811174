"""Writes the types that a schema takes from other subjects in place, so that it stands for itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import NAMED, PRIMITIVES, parse

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema

_DEEPEST = 100
"""How long a chain of schemas that refer to each other may be; no contract's is that long."""

_ITEM_TYPES = {"array": "items", "map": "values"}
"""The kind of a type to the attribute that holds the type of its items."""


Fetch: TypeAlias = Callable[[str, int], "Schema | None"]
"""Gives the schema of a subject's version, -1 for the newest; None where there is none."""


class Unresolved(ValueError):
    """Something that a schema refers to cannot be written in place; the text is a clause that says why."""


def self_contained(schema: Schema, fetch: Fetch) -> str:
    """The text of `schema` with each named type of what it refers to defined where it first occurs.

    Raises `Unresolved`, and what `fetch` raises.
    """
    texts: dict[tuple[str, int], str] = {}
    _gather(schema, fetch, (), texts)
    try:
        known: dict[str, Any] = {}
        for text in texts.values():
            _collect(json.loads(text), "", known)
        return json.dumps(_Writing(known).node(json.loads(schema.schema_str or ""), ""), ensure_ascii=False)
    except RecursionError:
        raise Unresolved("it is nested too deeply") from None
    except ValueError:
        raise Unresolved("it, or a schema that it refers to, is no JSON") from None


def branch(union: list[Any], number: int) -> Any:
    """A branch of a union as a schema that stands for itself, with what other branches define in place."""
    try:
        parse(union[number])
    except UnusableSetting:
        pass
    else:
        return union[number]
    known: dict[str, Any] = {}
    _collect(union, "", known)
    return _Writing(known).node(union[number], "")


def _gather(
    schema: Schema, fetch: Fetch, above: tuple[tuple[str, int], ...], texts: dict[tuple[str, int], str]
) -> None:
    """Fetch the text of every schema that `schema` refers to, and of what those refer to."""
    for reference in schema.references or ():
        subject, number = str(reference.subject), reference.version or -1
        what = f"version {number if number > 0 else 'latest'} of {subject}"
        if (subject, number) in above:
            raise Unresolved(f"{what}, which it refers to, refers to itself")
        if (subject, number) in texts:
            continue
        if len(above) >= _DEEPEST:
            raise Unresolved(f"it refers to schemas that refer to others, more than {_DEEPEST} in a row")
        referenced = fetch(subject, number)
        if referenced is None:
            raise Unresolved(f"it refers to {what}, which the registry does not hold")
        _gather(referenced, fetch, (*above, (subject, number)), texts)
        texts[subject, number] = referenced.schema_str or ""


def _collect(node: Any, namespace: str, known: dict[str, Any]) -> None:
    """Gather the named types below `node`, each as its JSON under its full name; the first one counts."""
    if isinstance(node, list):
        for branch in node:
            _collect(branch, namespace, known)
    if not isinstance(node, dict):
        return
    if node.get("type") in NAMED:
        name = _full_name(node, namespace)
        namespace = name.rpartition(".")[0]
        known.setdefault(name, {**node, "name": name, "namespace": ""})
    _collect(node.get(_part(node)), namespace, known)
    for field in _fields(node):
        _collect(field.get("type"), namespace, known)


class _Writing:
    """One schema that is being written: what is defined in it so far is named from then on."""

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known
        self._defined: set[str] = set()

    def node(self, node: Any, namespace: str) -> Any:
        if isinstance(node, str):
            return self._reference(node, namespace)
        if isinstance(node, list):
            return [self.node(branch, namespace) for branch in node]
        if not isinstance(node, dict):
            return node
        if node.get("type") not in NAMED:
            part = _part(node)
            return {**node, part: self.node(node[part], namespace)} if part in node else node
        name = _full_name(node, namespace)
        if name in self._defined and name in self._known:
            return name
        inside = name.rpartition(".")[0]
        self._defined.add(name)
        # The name alone says where it belongs, save for one without a namespace inside another's.
        written = {key: value for key, value in node.items() if key != "namespace"} | {"name": name}
        if namespace and not inside:
            written["namespace"] = ""
        if "fields" in node:
            written["fields"] = [
                {**field, "type": self.node(field.get("type"), inside)} for field in _fields(node)
            ]
        return written

    def _reference(self, name: str, namespace: str) -> Any:
        if name in PRIMITIVES:
            return name
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if full not in self._defined and full not in self._known and name in self._known:
            full = name  # Avro's own parser looks among the types without a namespace as well
        if full in self._defined or full not in self._known:
            return full
        return self.node(self._known[full], namespace)


def _part(node: dict[str, Any]) -> str:
    """The attribute of a type without a name that holds another type."""
    kind = node.get("type")
    return _ITEM_TYPES.get(kind, "type") if isinstance(kind, str) else "type"


def _fields(node: dict[str, Any]) -> list[dict[str, Any]]:
    fields = node.get("fields")
    return [field for field in fields if isinstance(field, dict)] if isinstance(fields, list) else []


def _full_name(node: dict[str, Any], namespace: str) -> str:
    name, own = str(node.get("name")), node.get("namespace", namespace)
    return name if "." in name or not own else f"{own}.{name}"
