"""Produces raw weather: asks a weather API or reads stored bodies, and publishes records under contract."""

from producer.parse import Context, RawRecord, parse
from producer.reading import Unparsable

__all__ = ["Context", "RawRecord", "Unparsable", "parse"]
