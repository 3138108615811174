"""Confluent's wire format: a zero byte, the schema id as four big-endian bytes, then the Avro body.

In its newer form the first byte is 1, and a GUID of 16 bytes takes the place of the id. In either form these
bytes may stand in the Kafka header `SCHEMA_ID_HEADER` instead, and the value is the Avro body alone.

Avro does not notice bytes that are left over after a record. Where an engine cannot be asked how far it
read, a seal of random bytes is put behind the value and read back as one more field: it comes out unharmed
only when the record ends exactly where the value does.
"""

from __future__ import annotations

import json
import secrets
import struct
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

MAGIC, GUID_MAGIC = 0, 1
HEADER_SIZE, GUID_HEADER_SIZE = 5, 17
SCHEMA_ID_HEADER = "__value_schema_id"
"""Kafka header with the id or the GUID of the value's schema."""
SEAL_SIZE = 8
HEADER_FIELD, BODY_FIELD, SEAL_FIELD = "_wire_header", "_wire_body", "_wire_seal"

_HEADER = struct.Struct(">bI")


class NotFramed(ValueError):
    """The bytes do not begin with the wire format's header."""


def frame(schema_id: int, body: bytes) -> bytes:
    """Put the header of `schema_id` before an Avro body."""
    return _HEADER.pack(MAGIC, schema_id) + body


def schema_id(value: bytes) -> int:
    """Read the schema id from a framed value; raises `NotFramed` on a short value or another magic byte."""
    if len(value) < HEADER_SIZE:
        raise NotFramed(f"{len(value)} bytes are too short for a header of {HEADER_SIZE}")
    magic, number = _HEADER.unpack_from(value)
    if magic != MAGIC:
        raise NotFramed(f"the magic byte is {magic & 0xFF}, not {MAGIC}")
    return int(number)


def schema_id_or_guid(header: bytes) -> tuple[int | UUID, int]:
    """Read the id or the GUID at the start of a value or of the Kafka header; give it and the header's size.

    Raises `NotFramed` where neither is there. What follows is not looked at.
    """
    if len(header) >= HEADER_SIZE:
        magic, number = _HEADER.unpack_from(header)
        if magic == MAGIC:
            return number, HEADER_SIZE
        if magic == GUID_MAGIC and len(header) >= GUID_HEADER_SIZE:
            return UUID(bytes=bytes(header[1:GUID_HEADER_SIZE])), GUID_HEADER_SIZE
    if header[:1] == bytes([GUID_MAGIC]):
        raise NotFramed(
            f"the magic byte is {GUID_MAGIC}, and {len(header) - 1} bytes are too short for a GUID"
        )
    return schema_id(header), HEADER_SIZE


def schema_id_header(headers: Any) -> Any:
    """Content of the last `SCHEMA_ID_HEADER` of a message, the one that Confluent's Java client takes.

    None where there is none, or it is null: then the value itself begins with the id.
    """
    last = None
    for name, content in headers or ():
        if name == SCHEMA_ID_HEADER:
            last = content
    return last


def new_seal() -> bytes:
    """Bytes that no sender can know."""
    return secrets.token_bytes(SEAL_SIZE)


def sealed_schema(schema: Mapping[str, Any] | Sequence[Any]) -> str:
    """The schema of a value between its wire header and a seal, as JSON text.

    Both are fields of the record itself: one around it would be made for each value. A union, which has no
    fields, stands in a record around it, as `BODY_FIELD`.
    """
    header = {"type": "fixed", "name": "weather.wire.Header", "size": HEADER_SIZE}
    seal = {"type": "fixed", "name": "weather.wire.Seal", "size": SEAL_SIZE}
    around: Mapping[str, Any] = {
        "type": "record",
        "name": "Sealed",
        "fields": [{"name": BODY_FIELD, "type": schema}],
    }
    record = schema if isinstance(schema, Mapping) else around
    fields = [{"name": HEADER_FIELD, "type": header}, *record["fields"], {"name": SEAL_FIELD, "type": seal}]
    return json.dumps({**record, "fields": fields})
