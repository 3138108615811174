"""The enrichment of a product as a value: a table of final fields, each with the Spark SQL that fills it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.folder.model import JsonSchema
from contracts.folder.product import is_copied

_RAW = "record."
_NAME = re.compile(r"'[^']*'|\brecord\.\w+|\b[a-z]\w*\b")


@dataclass(frozen=True, slots=True)
class Row:
    """How one field is filled."""

    sql: str
    domain: str = ""
    """Where the field has a value, in words; empty where it has one whenever its inputs have."""
    authority: str = ""
    """Who says so: an organisation, and the document."""

    @property
    def names(self) -> frozenset[str]:
        """The words of the SQL that may be fields; one of the raw record begins with `record.`."""
        return frozenset(word for word in _NAME.findall(self.sql) if not word.startswith("'"))

    @property
    def raw(self) -> frozenset[str]:
        """The fields of the raw record that it is made of."""
        return frozenset(word.removeprefix(_RAW) for word in self.names if word.startswith(_RAW))


Rows = Mapping[str, Row]
"""Field to how it is filled."""


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
    """What follows from the fields that pass, `observed`, `aside` and each other, by their names. A row whose
    name is no field of the final contract is a step that others share."""

    def passing(self, raw: JsonSchema, final: JsonSchema) -> Rows:
        """The final fields that pass."""
        raw_fields = {one["name"]: one for one in raw["fields"]}
        return {
            # The sum makes zero of minus zero.
            one["name"]: Row(f"record.{one['name']}" + (" + 0D" if "double" in one["type"] else ""))
            for one in final["fields"]
            if one["name"] not in self.observed.keys() | self.derived.keys()
            and is_copied(raw_fields.get(one["name"]), one)
        }

    def sure(self, raw: JsonSchema, final: JsonSchema) -> frozenset[str]:
        """The fields whose texts need no look at the symbols of their enum: what passes has the same ones in
        the raw contract, and what is derived is made here."""
        return frozenset({*self.passing(raw, final), *self.derived})

    def from_record(self, raw: JsonSchema, final: JsonSchema) -> Rows:
        """All that is taken from the raw record: what passes, what was observed, and what stands aside."""
        return {**self.passing(raw, final), **self.observed, **self.aside}

    def observe(self, records: DataFrame, raw: JsonSchema, final: JsonSchema) -> DataFrame:
        """Put the fields that are taken from the raw record in the place of the column `record`."""
        # Each step copies the whole row, so the record itself, the largest part of it, goes no further.
        others = [name for name in records.columns if name != "record"]
        rows = self.from_record(raw, final)
        return records.select(*others, *(F.expr(row.sql).alias(name) for name, row in rows.items()))

    def derive(self, records: DataFrame, beside: Rows | None = None) -> DataFrame:
        """Add the derived fields; and `beside` them, each as soon as there is what it uses."""
        for level in levels({**self.derived, **(beside or {})}):
            records = records.select("*", *(F.expr(row.sql).alias(name) for name, row in level.items()))
        return records


def levels(rows: Rows) -> Iterator[Rows]:
    """The rows in the order in which they are filled: each level uses the levels before it."""
    left = dict(rows)
    while left:
        level = {name: row for name, row in left.items() if not row.names & (left.keys() - {name})}
        if not level:
            raise ValueError(f"{', '.join(left)} use each other in a circle")
        yield level
        left = {name: row for name, row in left.items() if name not in level}
