"""Writes typed records: one Python module for each contract, from its newest version."""

from contracts.generate.module import module_name, module_text, module_texts, record_name

__all__ = ["module_name", "module_text", "module_texts", "record_name"]
