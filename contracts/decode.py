"""Decodes framed records by the schema id that each names, into the reader's version."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import fastavro

from contracts.errors import ContractsAtFault
from contracts.wire import HEADER_SIZE, NotFramed, schema_id


class Undecodable(ContractsAtFault):
    """A record's value cannot be read: not framed, of an unknown schema, or broken."""


class Decoder:
    """Turns values into dictionaries of one reader schema; prepares each writer schema once."""

    def __init__(self, reader_schema: str, find: Callable[[int], str | None]) -> None:
        """Read as `reader_schema` (JSON); `find` gives the JSON of a writer schema by its id, or None."""
        self._reader = _parsed(reader_schema)
        self._find = find
        self._writers: dict[int, Any] = {}

    def decode(self, value: bytes | None) -> dict[str, Any]:
        """Decode one framed value; raises `Undecodable`, or what `find` raises."""
        try:
            found = schema_id(value or b"")
        except NotFramed as error:
            raise Undecodable(f"the value is not framed: {error}.") from None
        writer = self._writer(found)
        body = io.BytesIO(value or b"")
        body.seek(HEADER_SIZE)
        try:
            record = fastavro.schemaless_reader(body, writer, self._reader)
        except Exception as error:  # any of a dozen kinds, by what the bytes pretend to be
            raise Undecodable(f"the value is no record of schema {found}: {type(error).__name__}.") from None
        if trailing := len(value or b"") - body.tell():
            raise Undecodable(f"{trailing} bytes follow the record of schema {found}.")
        if not isinstance(record, dict):
            raise Undecodable(f"schema {found} is no record.")
        return record

    def _writer(self, found: int) -> Any:
        writer = self._writers.get(found)
        if writer is None:
            text = self._find(found)
            if text is None:
                raise Undecodable(f"the registry knows no schema {found}.")
            writer = self._writers[found] = _parsed(text)
        return writer


def _parsed(text: str) -> Any:
    return fastavro.parse_schema(json.loads(text))
