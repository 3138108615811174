"""A contract as an Open Data Contract Standard document, version 3.1 (bitol.io)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.checks.rules import CHECKS, definition, expectation, fields_of
from contracts.evolution.compatibility import Type, parse
from contracts.evolution.compatibility.schema import Field
from contracts.folder.model import Contract, Deprecation, JsonSchema, Rule

Node = dict[str, Any]

API_VERSION = "v3.1.0"

_LOGICAL = {
    "boolean": "boolean",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "string": "string",
    "enum": "string",
    "array": "array",
    "map": "object",
    "record": "object",
    "decimal": "number",
    "uuid": "string",
    "date": "date",
    "time-millis": "time",
    "time-micros": "time",
    "timestamp-millis": "timestamp",
    "timestamp-micros": "timestamp",
    "local-timestamp-millis": "timestamp",
    "local-timestamp-micros": "timestamp",
}
"""Avro's kind or logical type to the standard's; for bytes it has no word."""


def data_contract(contract: Contract) -> Node:
    """The contract's newest version, with its rules, service level and consumers."""
    root = parse(contract.newest.schema)
    one_field = {rule.id: fields_of(rule)[0] for rule in contract.rules if len(fields_of(rule)) == 1}
    properties = [
        _with_rules(
            _property(field, (root,)),
            [r for r in contract.rules if one_field.get(r.id) == field.name],
            contract.newest.schema,
        )
        for field in root.fields
    ]
    record = {
        "name": root.name,
        "physicalName": contract.topic,
        "physicalType": "topic",
        "logicalType": "object",
        "description": str(root.attributes.get("doc") or contract.description),
        "properties": properties,
    }
    for name, deprecation in contract.deprecated.items():
        _mark(record, name, deprecation)
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": contract.topic,
        "name": contract.topic,
        "version": str(contract.newest.number),
        "status": "active",
        "description": {"purpose": contract.description},
        "team": {"name": contract.owner},
        "schema": [
            _with_rules(record, [r for r in contract.rules if r.id not in one_field], contract.newest.schema)
        ],
        **_service_level(contract.service_level),
        "customProperties": _custom(
            {
                "subject": contract.subject,
                "compatibility": contract.mode.value,
                "consumers": [
                    {"name": c.name, "owner": c.owner, "reads": list(c.reads)} for c in contract.consumers
                ],
            }
        ),
    }


def _mark(element: Node, name: str, deprecation: Deprecation) -> None:
    """Tag what a dotted name leads to below an element; the standard has no word of its own for it."""
    step, _, rest = name.partition(".")
    while "items" in element:
        element = element["items"]
    found = next((below for below in element.get("properties", ()) if below["name"] == step), None)
    if found and rest:
        _mark(found, rest, deprecation)
    elif found:
        told = {"reason": deprecation.reason, "until": str(deprecation.until)}
        told |= {"successor": deprecation.successor} if deprecation.successor else {}
        found["tags"] = ["deprecated"]
        found["customProperties"] = [*found.get("customProperties", ()), *_custom({"deprecated": told})]


def _property(field: Field, above: tuple[Type, ...]) -> Node:
    default = {"default": field.default} if field.has_default and field.default is not None else {}
    more, doc = {"unit": field.attributes.get("unit"), **default}, str(field.attributes.get("doc") or "")
    return {"name": field.name, **_described(field.type, doc, more, above)}


def _described(node: Type, doc: str, more: Mapping[str, Any], above: tuple[Type, ...]) -> Node:
    optional = node.kind == "union" and node.takes_null
    others = [branch for branch in node.branches if branch.kind != "null"]
    if node.kind == "union" and len(others) > 1:
        # The standard has no word for a choice of types: the physical type tells it.
        return _element(" | ".join(map(_physical, others)), None, doc, not optional, more)
    inner = others[0] if others else node
    logical = _LOGICAL.get(str(inner.attributes.get("logicalType")), _LOGICAL.get(inner.kind))
    custom = {**more, "symbols": list(inner.symbols)} if inner.kind == "enum" else more
    made = _element(_physical(inner), logical, doc, not optional, custom)
    if inner.kind == "record" and inner not in above:
        made["properties"] = [_property(field, (*above, inner)) for field in inner.fields]
    if inner.kind == "array" and inner.items:
        made["items"] = _described(inner.items, "", {}, above)
    return made


def _element(physical: str, logical: str | None, doc: str, required: bool, more: Mapping[str, Any]) -> Node:
    made: Node = {"logicalType": logical} if logical else {}
    made |= {"physicalType": physical, "required": required}
    if doc:
        made["description"] = doc
    if custom := _custom({key: value for key, value in more.items() if value is not None}):
        made["customProperties"] = custom
    return made


def _physical(node: Type) -> str:
    return str(node.attributes.get("logicalType") or node.kind)


def _custom(values: Mapping[str, Any]) -> list[Node]:
    return [{"property": key, "value": value} for key, value in values.items()]


def _with_rules(element: Node, rules: Iterable[Rule], schema: JsonSchema) -> Node:
    quality = [_quality(rule, schema) for rule in rules]
    return {**element, "quality": quality} if quality else element


def _quality(rule: Rule, schema: JsonSchema) -> Node:
    check = CHECKS[rule.check]
    about = {
        "id": rule.id,
        "name": rule.id,
        "description": rule.why,
        "dimension": check.dimension,
        "severity": rule.severity.value,
    }
    if check.metric is not None:
        return {**about, "type": "library", **check.metric(rule.parameters)}
    if not check.exported:
        asked = definition(rule, schema)
        return {**about, "type": "text", "description": f"A record is right when {asked}. {rule.why}"}
    kind, arguments = expectation(rule)
    return {
        **about,
        "type": "custom",
        "engine": "great-expectations",
        "implementation": {"type": kind, "kwargs": arguments},
    }


def _service_level(promises: Mapping[str, str]) -> Node:
    rows = []
    for name, value in promises.items():
        amount = re.fullmatch(r"(\d+)\s*([a-z]+)", value)
        told: Node = {"value": int(amount[1]), "unit": amount[2]} if amount else {"value": value}
        rows.append({"property": name, **told})
    return {"slaProperties": rows} if rows else {}
