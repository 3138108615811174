"""The work that all peers do, made of the contracts alone: Spark SQL, step by step.

It is what follows from a decoded record: every field of the final contract, the row rules by their
severities, and the dead letter of what breaks a critical rule or lacks a value that the contract requires.
What asks for bytes is the stream's alone: ids that are unknown, bytes left over, texts that are not UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from itertools import chain

from contracts.checks.rules import column
from contracts.folder.model import JsonSchema
from contracts.folder.product import product_named
from streaming.record.encode import PROVENANCE, dead_letter
from streaming.record.enrich import enrichment_of
from streaming.record.enrich.table import Rows
from streaming.record.judge import Reason, spared_rows, spared_values, verdict
from streaming.record.plan import Plan
from streaming.record.projection import reader_schema
from streaming.record.quality_flags import quality_flags
from streaming.record.schema import field_names

_OF_A_RECORD = ("RULE_BROKEN", "NOT_ENCODABLE")
"""Codes of the reasons that need no look at the bytes."""


class Work:
    """The product's contracts as steps. Every step names the fields that it makes."""

    def __init__(self) -> None:
        """Read the contracts of the product `weather`."""
        product = product_named("weather")
        self.plan = Plan(
            raw=product.raw,
            final=product.final,
            quarantine=product.quarantine,
            writers={},
            final_id=0,
            quarantine_id=0,
        )
        self.reader = reader_schema(product.raw)
        self.enrichment = enrichment_of(product.final)

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Why a record becomes a dead letter."""
        return tuple(reason for reason in self.plan.reasons if reason.code in _OF_A_RECORD)

    @property
    def observed(self) -> Mapping[str, str]:
        """What is taken from the raw record, which is `record`."""
        rows = self.enrichment.from_record(self.reader, self.plan.final.newest.schema)
        return {name: row.sql for name, row in rows.items()}

    @property
    def spared(self) -> Mapping[str, str]:
        """What is left of it."""
        return spared_rows(self.plan.final, self.observed)

    @property
    def verdict(self) -> Rows:
        """Which rules a record breaks, and whether it is published."""
        return verdict(self.reasons, self.plan.final.rules, self.enrichment.derived)

    @property
    def published(self) -> Mapping[str, str]:
        """Fields of the final contract."""
        final = self.plan.final
        made = {
            **PROVENANCE,
            **spared_values(final, self.enrichment.derived),
            **quality_flags(final),
        }
        return {name: made.get(name, column(name)) for name in field_names(final.newest.schema)}

    @property
    def dead_letter(self) -> Mapping[str, str]:
        """Fields of the quarantine contract; the id of the schema is the stream's alone."""
        return {**dead_letter(self.reasons), "schema_id": "CAST(NULL AS BIGINT)"}

    @property
    def doubles(self) -> frozenset[str]:
        """The fields that are doubles."""
        fields = chain(self.reader["fields"], self.plan.final.newest.schema["fields"])
        return frozenset(one["name"] for one in fields if "double" in one["type"])


def times_of(schema: JsonSchema) -> frozenset[str]:
    """The fields of a record that are times."""
    return frozenset(one["name"] for one in schema["fields"] if "timestamp-millis" in json.dumps(one["type"]))
