"""From a raw record to every field of the final contract. A product's enrichment is one row of this table."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.folder.model import Contract
from streaming.record.enrich.air import AIR
from streaming.record.enrich.table import Enrichment
from streaming.record.enrich.weather import WEATHER

__all__ = ["ENRICHMENTS", "Enrichment", "enrichment_of"]

ENRICHMENTS: Mapping[str, Enrichment] = {"air": AIR, "weather": WEATHER}
"""Product to its enrichment; a product without a row publishes the fields that pass."""

_NOTHING = Enrichment()


def enrichment_of(contract: Contract) -> Enrichment:
    """The enrichment of the product that a contract belongs to."""
    return ENRICHMENTS.get(contract.product or "", _NOTHING)
