"""Decodes framed records by the schema id that each names, into the reader's version."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from contracts.compatibility.schema import parse
from contracts.errors import ContractsAtFault, UnusableSetting
from contracts.reader import Read, Unreadable, compile_reader
from contracts.wire import HEADER_SIZE, NotFramed, schema_id


class Undecodable(ContractsAtFault):
    """A record's value cannot be read: not framed, of an unknown schema, or broken."""


class Decoder:
    """Turns values into dictionaries of one reader schema; prepares each writer schema once."""

    def __init__(self, reader_schema: str, find: Callable[[int], str | None]) -> None:
        """Read as `reader_schema` (JSON); `find` gives the JSON of a writer schema by its id, or None."""
        self._reader = parse(json.loads(reader_schema))
        self._find = find
        self._reads: dict[int, Read] = {}

    def decode(self, value: bytes | None) -> dict[str, Any]:
        """Decode one framed value; raises `Undecodable`, or what `find` raises."""
        framed = value or b""
        try:
            found = schema_id(framed)
        except NotFramed as error:
            raise Undecodable(f"the value is not framed: {error}.") from None
        read = self._reads.get(found) or self._prepare(found)
        record: dict[str, Any]
        try:
            record, end = read(framed, HEADER_SIZE)
        except Unreadable as error:
            raise Undecodable(f"the value is no record of schema {found}: {error}.") from None
        except Exception as error:  # any of a dozen kinds, by what the bytes pretend to be
            raise Undecodable(f"the value is no record of schema {found}: {type(error).__name__}.") from None
        if end != len(framed):
            if end > len(framed):
                raise Undecodable(f"the value is no record of schema {found}: it ends too early.")
            raise Undecodable(f"{len(framed) - end} bytes follow the record of schema {found}.")
        return record

    def _prepare(self, found: int) -> Read:
        text = self._find(found)
        if text is None:
            raise Undecodable(f"the registry knows no schema {found}.")
        try:
            read = self._reads[found] = compile_reader(parse(json.loads(text)), self._reader)
        except (UnusableSetting, ValueError, RecursionError) as error:
            raise Undecodable(f"schema {found} cannot be used: {error}") from None
        return read
