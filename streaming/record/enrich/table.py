"""The enrichment of a product as a value: a table of final fields, each with the Spark SQL that fills it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.folder.model import JsonSchema

Rows = Mapping[str, str]
"""Field to Spark SQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """How the fields of a final contract are filled.

    A final field that the raw contract has by the same name, type and unit needs no row: it passes.
    """

    observed: Rows = field(default_factory=dict)
    """What was observed, in the units of the final contract. Sees the raw record as `record`."""
    aside: Rows = field(default_factory=dict)
    """What `derived` needs besides, and is not published. Sees the raw record as `record`."""
    derived: Rows = field(default_factory=dict)
    """What follows from the fields that pass, `observed` and `aside`, which it sees by their names."""

    def passing(self, raw: JsonSchema, final: JsonSchema) -> Rows:
        """The final fields that pass, each with its Spark SQL."""
        raw_fields = {one["name"]: one for one in raw["fields"]}
        return {
            one["name"]: f"record.{one['name']}"
            for one in final["fields"]
            if one["name"] not in self.observed.keys() | self.derived.keys()
            and (same := raw_fields.get(one["name"]))
            and (same["type"], same.get("unit")) == (one["type"], one.get("unit"))
        }

    def from_record(self, raw: JsonSchema, final: JsonSchema) -> Rows:
        """All that is taken from the raw record: what passes, what was observed, and what stands aside."""
        return {**self.passing(raw, final), **self.observed, **self.aside}

    def apply(self, records: DataFrame, raw: JsonSchema, final: JsonSchema) -> DataFrame:
        """Put the final fields in the place of the column `record` of `records`."""
        # Each step copies the whole row, so the record itself, the largest part of it, goes no further.
        others = [name for name in records.columns if name != "record"]
        rows = self.from_record(raw, final)
        records = records.select(*others, *(F.expr(sql).alias(name) for name, sql in rows.items()))
        return records.select("*", *(F.expr(sql).alias(name) for name, sql in self.derived.items()))
