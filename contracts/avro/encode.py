"""Encodes records in the wire format, as `contracts.avro.decode` reads them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import fastavro

from contracts.avro.wire import frame
from contracts.folder.model import JsonSchema


def encoder(schema: JsonSchema, schema_id: int) -> Callable[[Mapping[str, Any]], bytes]:
    """Make the function that encodes a record of `schema`, which has this id in the registry."""
    header, parsed = frame(schema_id, b""), fastavro.parse_schema(schema)

    def encode(record: Mapping[str, Any]) -> bytes:
        value = io.BytesIO()
        value.write(header)
        fastavro.schemaless_writer(value, parsed, record)
        return value.getvalue()

    return encode
