"""Typed records, one module for each topic; written by `python -m contracts generate`."""
