"""Contracts in the words of other tools: data-contract catalogues, Great Expectations, Spark."""

from contracts.export.formats import FORMATS, Format

__all__ = ["FORMATS", "Format"]
