"""Narrows a reader schema to the fields that are read, so that nothing else is decoded."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from contracts.errors import UnusableSetting
from contracts.folder.model import Contract, JsonSchema

READER = "streaming"
"""The stream's name among a contract's consumers."""


def reader_schema(contract: Contract, reader: str = READER) -> JsonSchema:
    """The newest version of `contract`, narrowed to what the contract says that `reader` reads."""
    for consumer in contract.consumers:
        if consumer.name == reader:
            return project(contract.newest.schema, consumer.reads)
    raise UnusableSetting(
        f"the contract of {contract.topic} names no consumer {reader}: list there the fields that it reads."
    )


def project(schema: JsonSchema, names: Collection[str]) -> JsonSchema:
    """Keep only the fields `names` of a record; raises `UnusableSetting` when the record lacks one.

    Avro defines a named type where it first occurs: one whose first place falls away is defined at the next.
    """
    known = {field["name"] for field in schema["fields"]}
    if missing := sorted(set(names) - known):
        raise UnusableSetting(f"{schema['name']} has no field {missing[0]}: a consumer declares to read it.")
    types = _Types(schema.get("namespace"))
    fields = [{**field, "type": types.expand(field["type"])} for field in schema["fields"]]
    types.defined.clear()
    kept = [{**f, "type": types.contract(f["type"])} for f in fields if f["name"] in names]
    return {**schema, "fields": kept}


class _Types:
    """Named types of one schema: `expand` writes each out wherever it occurs, `contract` only once."""

    def __init__(self, namespace: str | None) -> None:
        self.namespace = namespace
        self.defined: dict[str, Any] = {}

    def expand(self, node: Any) -> Any:
        if isinstance(node, str):
            return self.defined.get(self._full(node), node)
        if isinstance(node, list):
            return [self.expand(branch) for branch in node]
        expanded = self._children(node, self.expand)
        if "name" in node:
            self.defined[self._full(node["name"])] = expanded
        return expanded

    def contract(self, node: Any) -> Any:
        if isinstance(node, str):
            return node
        if isinstance(node, list):
            return [self.contract(branch) for branch in node]
        if "name" in node:
            if self._full(node["name"]) in self.defined:
                return node["name"]
            self.defined[self._full(node["name"])] = node
        return self._children(node, self.contract)

    def _full(self, name: str) -> str:
        return name if "." in name or not self.namespace else f"{self.namespace}.{name}"

    @staticmethod
    def _children(node: JsonSchema, change: Any) -> JsonSchema:
        changed = dict(node)
        if "fields" in node:
            changed["fields"] = [{**field, "type": change(field["type"])} for field in node["fields"]]
        for key in ("items", "values"):
            if key in node:
                changed[key] = change(node[key])
        return changed
