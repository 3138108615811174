"""The versions of a subject as a registry holds them, and what their schemas mean, however they are spelled.

Registries write schemas anew: they drop `"order": "ascending"`, empty or doubled aliases, a `doc` or a
namespace that is null, and spell names and numbers their own way. The lock's digest counts all that, the
meaning does not. What a reader, a generator or a page could notice counts: docs, aliases, defaults, units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import NO_DEFAULT, Field, Type, parse
from contracts.folder import lock
from contracts.folder.model import Version
from contracts.registry.references import branch

AVRO = "AVRO"


@dataclass(frozen=True, kw_only=True)  # without slots, so that its text is parsed only once
class Registered:
    """One version of a subject, as the registry holds it."""

    version: int
    id: int
    text: str
    """The schema; an Avro one stands for itself, with what it refers to written in place."""
    kind: str = AVRO
    """The registry's word for the language of the schema: AVRO, JSON, PROTOBUF."""
    deleted: bool = False
    """Softly deleted: nobody may write it any more, but its records are still on the topic."""
    guid: str | None = None
    """None where the registry gives none (Confluent's does since 8.0)."""
    unresolved: str | None = None
    """Why what the schema refers to could not be written in place."""

    @cached_property
    def _schema(self) -> tuple[Any, Type | None, str | None]:
        """The schema's JSON and its type; where no record can be read by it, why."""
        if self.kind != AVRO or self.unresolved:
            return None, None, self.unresolved or f"it is a {self.kind} schema, not Avro"
        try:
            schema = json.loads(self.text)
            node = parse(schema)
        except UnusableSetting as error:
            return None, None, f"it is {str(error).rstrip('.')}"
        except (ValueError, RecursionError):
            return None, None, "it is no JSON"
        if any(branch.kind == "record" for branch in node.branches or [node]):
            return schema, node, None
        return None, None, f"it is of the type {node.kind}, and holds no record"

    @property
    def flaw(self) -> str | None:
        """Why no record can be read by this schema, as a clause; None where records can be."""
        return self._schema[2]

    @cached_property
    def digest(self) -> str | None:
        """The digest that the lock would hold; None where the text is no schema."""
        try:
            return lock.digest(json.loads(self.text))
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None

    @cached_property
    def meaning(self) -> str | None:
        """What it means, however it is spelled; None where the text is no schema."""
        return meaning(self._schema[0])

    @property
    def has_branches(self) -> bool:
        """Whether it is a union, of more than one type."""
        node = self._schema[1]
        return node is not None and len(node.branches) > 1

    def record(self, name: str) -> dict[str, Any] | None:
        """The record that it is, or its branch of that name (without namespace); None where it has none."""
        schema, node, _ = self._schema
        if node is None:
            return None
        if not isinstance(schema, list):
            return dict(schema)
        fitting = [n for n, b in enumerate(node.branches) if (b.kind, b.name) == ("record", name)]
        return branch(schema, fitting[0]) if len(fitting) == 1 else None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a registry has, or ever had, under the subject of a contract: one answer of it."""

    rows: tuple[Registered, ...]

    @property
    def writer_schemas(self) -> dict[int, str]:
        """Every schema that a record of the contract may be written with: registry id to Avro's JSON text.

        Each is a record, or a union that holds one, and stands for itself. Deleted versions are among them.
        """
        return {row.id: row.text for row in self.rows if not row.flaw}

    @property
    def unusable(self) -> dict[int, str]:
        """The other schemas: registry id to why no record can be read by it."""
        return {row.id: row.flaw for row in self.rows if row.flaw}

    @property
    def guids(self) -> dict[str, int]:
        """GUID to registry id, for every version that has a GUID."""
        return {row.guid: row.id for row in self.rows if row.guid}


def stand_ins(
    versions: Sequence[Version], rows: Sequence[Registered], answers: Mapping[int, int]
) -> dict[int, Registered]:
    """Number of a contract's version to the row of its subject that holds it.

    That is the row with the same digest; else the row whose id the registry `answers` (by the version's
    number); else a row that means the same and holds no other version. `rows` are in order.
    """
    by_id = {row.id: row for row in reversed(rows)}
    by_digest = {row.digest: row for row in reversed(rows)}
    held_by = {v.number: by_digest[d] for v in versions if (d := lock.digest(v.schema)) in by_digest}
    for version in versions:
        if version.number not in held_by and (row := by_id.get(answers.get(version.number, -1))):
            held_by[version.number] = row
    taken = {row.version for row in held_by.values()}
    left = [row for row in reversed(rows) if row.version not in taken]
    by_meaning = {row.meaning: row for row in left if row.meaning}
    for version in versions:
        if version.number not in held_by and (row := by_meaning.get(meaning(version.schema) or "")):
            held_by[version.number] = row
    return held_by


_PLACED_IN_A_FIELD = frozenset({"type", "name", "aliases", "default"})
_PLACED_IN_A_TYPE = _PLACED_IN_A_FIELD | {"namespace", "fields", "symbols", "size", "items", "values"}
"""Attributes that `_meaning_of` places itself."""
_SAYS_NOTHING: tuple[tuple[str, Any], ...] = (("doc", None), ("order", "ascending"), ("scale", 0))
"""Attributes whose value says no more than their absence."""
_JAVA_ONLY = "avro.java.string"


def meaning(schema: Any) -> str | None:
    """A text that is equal for two schemas (parsed JSON) that mean the same; None for what is no schema."""
    try:
        return json.dumps(_meaning_of(parse(schema), set()), sort_keys=True, ensure_ascii=False)
    except (UnusableSetting, TypeError, RecursionError):
        return None


def _meaning_of(node: Type, defined: set[str]) -> Any:
    if node.kind == "union":
        return [_meaning_of(branch, defined) for branch in node.branches]
    if node.name and node.full_name in defined:
        return node.full_name
    words: dict[str, Any] = {"type": node.kind, **_other_attributes(node.attributes, _PLACED_IN_A_TYPE)}
    if node.name:
        defined.add(node.full_name)
        words |= {"name": node.full_name, "aliases": sorted(set(node.aliases))}
    if node.kind == "enum":
        words |= {"symbols": node.symbols, "default": node.enum_default}
    if node.kind == "fixed":
        words["size"] = node.size
    if node.items:
        words["items"] = _meaning_of(node.items, defined)
    if node.kind == "record":
        words["fields"] = [_field_meaning(field, defined) for field in node.fields]
    return words


def _field_meaning(field: Field, defined: set[str]) -> dict[str, Any]:
    words = {
        **_other_attributes(field.attributes, _PLACED_IN_A_FIELD),
        "name": field.name,
        "aliases": sorted(set(field.aliases)),
    }
    words["type"] = _meaning_of(field.type, defined)
    return {**words, "default": _default(field.type, field.default)} if field.has_default else words


def _other_attributes(attributes: Mapping[str, Any], placed: frozenset[str]) -> dict[str, Any]:
    return {
        key: value
        for key, value in attributes.items()
        if key not in placed and key != _JAVA_ONLY and (key, value) not in _SAYS_NOTHING
    }


def _default(node: Type, value: Any) -> Any:
    """A default as its type has it: 1 is a `double` like 1.0, a record holds the defaults of its fields."""
    if node.kind == "union" and node.branches:
        return _default(node.branches[0], value)
    if node.kind in ("float", "double") and isinstance(value, int) and abs(value) < 1 << 1023:
        return float(value)
    if node.kind == "record" and isinstance(value, dict):
        fields = {f.name: _default(f.type, value.get(f.name, f.default)) for f in node.fields}
        return {name: given for name, given in fields.items() if given is not NO_DEFAULT}
    if node.kind == "array" and node.items and isinstance(value, list):
        return [_default(node.items, item) for item in value]
    if node.kind == "map" and node.items and isinstance(value, dict):
        return {key: _default(node.items, item) for key, item in value.items()}
    return value
