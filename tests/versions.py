"""Versions of a contract that nobody has agreed on: for tests of what a stream does with them."""

from __future__ import annotations

from typing import Any


def with_a_new_field(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with a field more, that may be null."""
    new = {"name": "uv_index", "type": ["null", "double"], "default": None, "doc": "UV index."}
    return {**schema, "fields": [*schema["fields"], new]}


def with_an_order_of_its_own(schema: dict[str, Any], number: int) -> dict[str, Any]:
    """The schema with a field more, and its fields in an order that no other `number` has."""
    fields = [*schema["fields"][number:], *schema["fields"][:number]]
    new = {"name": f"extra_{number}", "type": ["null", "string"], "default": None, "doc": "One field more."}
    return {**schema, "fields": [new, *fields]}
