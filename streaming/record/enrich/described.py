"""An enrichment as a person reads it: what each field is made of, where it has a value, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.folder.product import Product
from streaming.record.enrich import enrichment_of
from streaming.record.enrich.costs import NANOSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One row of the table."""

    field: str
    inputs: tuple[str, ...]
    """Fields that it is made of; those of the raw record begin with `raw.`."""
    unit: str | None
    """None for what has none, and for a step, which is not published."""
    domain: str
    authority: str
    published: bool
    nanoseconds: int | None
    """Processor time of a record; None where it was not measured."""


def described(product: Product) -> Iterator[Described]:
    """The rows of a product's enrichment, in its order; what passes from the raw record has no row."""
    enrichment, final = enrichment_of(product.final), product.final.newest.schema
    units = {field["name"]: field.get("unit") for field in final["fields"]}
    rows = {**enrichment.observed, **enrichment.aside, **enrichment.derived}
    known = units.keys() | rows.keys()
    for name, row in rows.items():
        inputs = {word for word in row.names if word in known and word != name}
        raw = {f"raw.{word}" for word in row.raw}
        yield Described(
            field=name,
            inputs=(*sorted(raw), *sorted(inputs)),
            unit=units.get(name),
            domain=row.domain,
            authority=row.authority,
            published=name in units,
            nanoseconds=NANOSECONDS.get(product.name, {}).get(name),
        )
