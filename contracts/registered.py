"""A version of a subject, as a registry holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from contracts import lock
from contracts.compatibility.schema import parse
from contracts.errors import UnusableSetting

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
