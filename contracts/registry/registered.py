"""A version of a subject, as a registry holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import parse
from contracts.folder import lock
from contracts.folder.model import Version
from contracts.registry.meaning import meaning
from contracts.registry.references import branch

AVRO = "AVRO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One version of a subject, as the registry holds it."""

    version: int
    id: int
    text: str
    """The schema; an Avro one stands for itself, with what it refers to written in place."""
    kind: str = AVRO
    """The registry's word for the language of the schema: AVRO, JSON, PROTOBUF."""
    deleted: bool = False
    """Softly: nobody may write it any more, but its records are still on the topic."""
    guid: str | None = None
    """Where the registry tells one (Confluent's, since 8.0)."""
    unresolved: str | None = None
    """Why what the schema refers to could not be written in place."""

    @property
    def flaw(self) -> str | None:
        """Why no record can be read by this schema, as a clause; None where records can be."""
        if self.kind != AVRO:
            return f"it is a {self.kind} schema, not Avro"
        return self.unresolved or _no_record(self.text)

    @property
    def digest(self) -> str | None:
        """As of a version in the lock; None where the text is no schema."""
        try:
            return lock.digest(json.loads(self.text))
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None

    @property
    def meaning(self) -> str | None:
        """What it means, however it is spelled; None where the text is no schema."""
        return None if self.flaw else meaning(json.loads(self.text))

    @property
    def has_branches(self) -> bool:
        """Whether it is a union, of more than one type."""
        schema = None if self.flaw else json.loads(self.text)
        return isinstance(schema, list) and len(schema) > 1

    def record(self, name: str) -> dict[str, Any] | None:
        """The record that it is, or its branch of that name (without namespace); None where it has none."""
        if self.flaw:
            return None
        schema = json.loads(self.text)
        if not isinstance(schema, list):
            return dict(schema)
        fitting = [n for n, b in enumerate(parse(schema).branches) if (b.kind, b.name) == ("record", name)]
        return branch(schema, fitting[0]) if len(fitting) == 1 else None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a registry holds, or ever held, under the subject of a contract: one answer of it."""

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
        """GUID to registry id, of every version that the registry tells a GUID of."""
        return {row.guid: row.id for row in self.rows if row.guid}


def stand_ins(
    versions: Sequence[Version], rows: Sequence[Registered], answers: Mapping[int, int]
) -> dict[int, Registered]:
    """Number of a contract's version to the row of its subject that holds it.

    That is the row with its very digest, else the one of the id that the registry `answers` when it is asked
    for the version (by its number), else one that means the same and holds no other. `rows` are in order.
    """
    by_id = {row.id: row for row in reversed(rows)}
    by_digest = {row.digest: row for row in reversed(rows)}
    found = {v.number: by_digest[d] for v in versions if (d := lock.digest(v.schema)) in by_digest}
    for version in versions:
        if version.number not in found and (row := by_id.get(answers.get(version.number, -1))):
            found[version.number] = row
    taken = {row.version for row in found.values()}
    left = [row for row in reversed(rows) if row.version not in taken]
    by_meaning = {meant: row for row in left if (meant := row.meaning)}
    for version in versions:
        if version.number not in found and (row := by_meaning.get(meaning(version.schema) or "")):
            found[version.number] = row
    return found


def _no_record(text: str) -> str | None:
    try:
        node = parse(json.loads(text))
    except UnusableSetting as error:
        return f"it is {str(error).rstrip('.')}"
    except (ValueError, RecursionError):
        return "it is no JSON"
    if any(branch.kind == "record" for branch in node.branches or [node]):
        return None
    return f"it is of the type {node.kind}, and holds no record"
