"""The JSON Schema of `contract.yaml`, by which editors complete and check it.

It is made of what the loader reads a file by, and says the same as far as a file alone can tell. What takes
more, such as whether a version has a field, only the loader knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from contracts.checks.rules import CHECKS, Check
from contracts.folder.docs import docs_of
from contracts.folder.model import (
    Consumer,
    Contract,
    Conversion,
    Deprecation,
    JsonSchema,
    Mode,
    Role,
    Rule,
    Severity,
)
from contracts.folder.read import ContractFile

FILE = "contract.schema.json"
REFERENCE = f"# yaml-language-server: $schema=../{FILE}\n"
"""The line by which `contract.yaml` names its schema to an editor."""

_DESCRIBED_BY: Mapping[str, type[Any]] = {
    "_ConsumerRow": Consumer,
    "_ConversionRow": Conversion,
    "_DeprecationRow": Deprecation,
    "_RuleRow": Rule,
    **{enum.__name__: enum for enum in (Mode, Role, Severity)},
}
"""What is part of a file to the class whose docstrings say what it is."""


def schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(contract_schema(), indent=1, ensure_ascii=False) + "\n"


def contract_schema() -> JsonSchema:
    """The JSON Schema (draft 7) of what `contract.yaml` says."""
    made = ContractFile.model_json_schema()
    parts = made.pop("$defs")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "contract.yaml",
        **_inlined(made, parts, Contract),
        "description": "All that is agreed about a topic, beside the versions of its schema.",
    }


def named(text: str) -> str:
    """The text of a `contract.yaml` with the line that names its schema, where it has none."""
    return text if "yaml-language-server: $schema=" in text else REFERENCE + text


def _inlined(node: Any, parts: Mapping[str, JsonSchema], described_by: type[Any] | None = None) -> Any:
    """A schema without references and titles, its properties with what `described_by` says of them."""
    if isinstance(node, list):
        return [_inlined(item, parts) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {name: value for name, value in node.items() if not (name == "title" and isinstance(value, str))}
    part = str(kept.pop("$ref", "")).rpartition("/")[2]
    below = _inlined(parts[part], parts, _DESCRIBED_BY.get(part)) if part else {}
    schema = {**below, **{name: _inlined(value, parts) for name, value in kept.items()}}
    if described_by is None:
        return schema
    if issubclass(described_by, Enum):
        return {"type": "string", "oneOf": _constants(described_by)}
    docs = docs_of(described_by)
    for name, described in schema["properties"].items():
        described["description"] = docs.get(name) or docs.get(f"{name}_", "")
    return _by_check(schema) if described_by is Rule else schema


def _constants(enum: type[Enum]) -> list[JsonSchema]:
    docs = docs_of(enum)
    return [{"const": one.value, "description": docs[one.name]} for one in enum]


def _by_check(row: JsonSchema) -> JsonSchema:
    """The schema of a rule, whose check says what else it takes."""
    checks = [{"const": name, "description": check.purpose} for name, check in CHECKS.items()]
    has_instead = {"required": ["instead"], "properties": {"instead": {"type": "number"}}}
    for_values = {"properties": {"severity": {"const": Severity.VALUE.value}}}
    cases = [
        {"if": _is("check", name), "then": _case(row["properties"], check)} for name, check in CHECKS.items()
    ]
    return {
        **row,
        "properties": {**row["properties"], "check": {**row["properties"]["check"], "oneOf": checks}},
        "allOf": [{"if": has_instead, "then": for_values}, *cases],
    }


def _is(name: str, value: str) -> JsonSchema:
    return {"required": [name], "properties": {name: {"const": value}}}


def _case(common: Mapping[str, Any], check: Check) -> JsonSchema:
    asked: JsonSchema = {
        "properties": {
            **dict.fromkeys(common, True),
            **{name: dict(parameter.schema) for name, parameter in check.parameters.items()},
        },
        "additionalProperties": False,
        "required": sorted(check.required),
    }
    if not check.judges_a_value:
        asked["properties"]["severity"] = {"not": {"const": Severity.VALUE.value}}
    if check.needs_one_of:
        asked["allOf"] = [
            {"anyOf": [{"required": [name]} for name in sorted(names)]} for names in check.needs_one_of
        ]
    return asked
