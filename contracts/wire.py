"""Confluent's wire format: a zero byte, the schema id as four big-endian bytes, then the Avro body."""

from __future__ import annotations

import struct

MAGIC = 0
HEADER_SIZE = 5

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
    magic, found = _HEADER.unpack_from(value)
    if magic != MAGIC:
        raise NotFramed(f"the magic byte is {magic & 0xFF}, not {MAGIC}")
    return int(found)
