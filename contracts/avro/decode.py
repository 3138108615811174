"""Decodes framed records, each by the writer schema that it names, into the reader's version."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from contracts.avro.reader import Read, Unreadable, compile_reader
from contracts.avro.wire import SCHEMA_ID_HEADER, NotFramed, schema_id_or_guid
from contracts.errors import ContractsAtFault, UnusableSchema, UnusableSetting
from contracts.evolution.compatibility.paths import projected
from contracts.evolution.compatibility.schema import parse


class Undecodable(ContractsAtFault):
    """A record's value cannot be read: not framed, of an unknown schema, or broken."""


class Decoder:
    """Turns values into dictionaries of one reader schema; prepares each writer schema once."""

    def __init__(
        self,
        reader_schema: str,
        find: Callable[[int], str | None],
        find_by_guid: Callable[[str], str | None] | None = None,
        reads: Collection[str] | None = None,
    ) -> None:
        """Read as `reader_schema` (JSON).

        `find` gives the JSON of a writer schema by its id, or None, and `find_by_guid` by its GUID. Where
        either raises `UnusableSchema`, the record is undecodable. `reads` are dotted names of the only
        fields that are decoded; all others are passed over, whatever they hold. Raises `UnusableSetting` for
        a name that leads to no field.
        """
        whole = parse(json.loads(reader_schema))
        self._reader = whole if reads is None else projected(whole, reads)
        self._find, self._find_by_guid = find, find_by_guid or _no_guids
        self._reads: dict[int | UUID, Read] = {}

    def decode(self, value: bytes | None, header: bytes | None = None) -> dict[str, Any]:
        """Decode one value, framed, or bare where `header` names its schema (see `wire.schema_id_header`).

        Raises `Undecodable`, or what `find` raises.
        """
        framed = value or b""
        try:
            writer, start = schema_id_or_guid(framed if header is None else header)
        except NotFramed as error:
            where = "value is not framed" if header is None else f"header {SCHEMA_ID_HEADER} names no schema"
            raise Undecodable(f"the {where}: {error}.") from None
        read = self._reads.get(writer) or self._prepare(writer)
        if value is None:
            raise Undecodable(f"the value is null, no record of schema {writer}.")
        record: dict[str, Any]
        try:
            record, end = read(framed, start if header is None else 0)
        except Unreadable as error:
            raise Undecodable(f"the value is no record of schema {writer}: {error}.") from None
        except OverflowError:
            raise Undecodable(
                f"a record of schema {writer} holds a time before the year 1 or after 9999: Python has none."
            ) from None
        except Exception as error:  # any of a dozen kinds, by what the bytes pretend to be
            raise Undecodable(f"the value is no record of schema {writer}: {type(error).__name__}.") from None
        if end != len(framed):
            if end > len(framed):
                raise Undecodable(f"the value is no record of schema {writer}: it ends too early.")
            raise Undecodable(f"{len(framed) - end} bytes follow the record of schema {writer}.")
        return record

    def _prepare(self, writer: int | UUID) -> Read:
        try:
            text = self._find_by_guid(str(writer)) if isinstance(writer, UUID) else self._find(writer)
        except UnusableSchema as error:
            raise Undecodable(str(error)) from None
        if text is None:
            raise Undecodable(f"the registry knows no schema {writer}.")
        try:
            read = self._reads[writer] = compile_reader(parse(json.loads(text)), self._reader)
        except (UnusableSetting, ValueError, RecursionError) as error:
            raise Undecodable(f"schema {writer} cannot be used: {error}") from None
        return read


def _no_guids(guid: str) -> str | None:
    raise UnusableSchema(
        f"the magic byte is 1, of a GUID ({guid}), and no schemas are looked up by GUID here."
    )
