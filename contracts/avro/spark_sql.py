"""Reading framed values in Spark, as SQL text: the stream and the report decode by the same words.

Nothing here imports Spark. `contracts.avro.wire` says what frames a value, and what the seal is for. What
names the schema stands before the value, or in a Kafka header: its id, or its GUID where the registry tells
such. Most records have no headers, and pay a look whether there are any.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.avro.wire import (
    BODY_FIELD,
    GUID_HEADER_SIZE,
    GUID_MAGIC,
    HEADER_FIELD,
    HEADER_SIZE,
    MAGIC,
    SCHEMA_ID_HEADER,
    SEAL_FIELD,
    frame,
    sealed_schema,
)
from contracts.checks.rules import column, literal
from contracts.folder.model import JsonSchema


@dataclass(frozen=True, slots=True)
class WireHeader:
    """A column that holds a wire header, as `Framed.header` gives it. Each property is Spark SQL."""

    column: str

    @property
    def has_id(self) -> str:
        """Whether it holds the id of a schema."""
        return f"(length({self.column}) = {HEADER_SIZE} AND startswith({self.column}, {_byte(MAGIC)}))"

    @property
    def has_guid(self) -> str:
        """Whether it holds the GUID of a schema."""
        return f"(length({self.column}) = {GUID_HEADER_SIZE} AND {starts_with_guid(self.column)})"

    @property
    def schema_id(self) -> str:
        """The id in it, whether known or not."""
        return f"CAST(conv(hex(substring({self.column}, 2, 4)), 16, 10) AS BIGINT)"

    @property
    def schema(self) -> str:
        """The id or the GUID in it, as text."""
        guid = f"""regexp_replace(lower(hex(substring({self.column}, 2))),
            '(.{{8}})(.{{4}})(.{{4}})(.{{4}})(.{{12}})', '$1-$2-$3-$4-$5')"""
        return f"CASE WHEN {self.has_guid} THEN {guid} ELSE CAST({self.schema_id} AS STRING) END"


def starts_with_guid(value: str) -> str:
    """Spark SQL for whether a value, or a header, starts with the magic byte of a GUID."""
    return f"startswith({value}, {_byte(GUID_MAGIC)})"


def body(value: str, in_kafka_header: str) -> str:
    """Spark SQL for a value without its wire header, which `in_kafka_header` (SQL) says is not in it."""
    size = f"CASE WHEN {starts_with_guid(value)} THEN {GUID_HEADER_SIZE} ELSE {HEADER_SIZE} END"
    return f"CASE WHEN {in_kafka_header} THEN {value} ELSE substring({value}, 1 + {size}) END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """The columns of a Kafka record that hold a framed value, and the GUIDs that may name its schema.

    Each property is Spark SQL.
    """

    value: str
    headers: str
    guids: Mapping[str, int] = field(default_factory=dict)
    """GUID to registry id."""

    @property
    def kafka_header(self) -> str:
        """Content of the last header that names a schema, as Confluent's Java client takes it; else null."""
        return (
            f"CASE WHEN {self.headers} IS NOT NULL THEN element_at(filter({self.headers},"
            f" header -> header.key = '{SCHEMA_ID_HEADER}'), -1).value END"
        )

    @property
    def header(self) -> str:
        """What names the schema: magic and id, or magic and GUID where no id is known for it."""
        prefix = f"substring({self.value}, 1, {HEADER_SIZE})"
        if not self.guids:
            return f"coalesce({self.kafka_header}, {prefix})"
        whole = f"substring({self.value}, 1, {GUID_HEADER_SIZE})"
        prefix = f"CASE WHEN {starts_with_guid(self.value)} THEN {whole} ELSE {prefix} END"
        header = f"coalesce({self.kafka_header}, {prefix})"
        ids = " ".join(
            f"WHEN {_binary(bytes([GUID_MAGIC]) + UUID(guid).bytes)} THEN {_binary(frame(schema_id, b''))}"
            for guid, schema_id in sorted(self.guids.items())
        )
        return f"CASE {header} {ids} ELSE {header} END"

    @property
    def whole(self) -> str:
        """The value behind its wire header, wherever that stood."""
        moved = f"WHEN {self.kafka_header} IS NOT NULL THEN concat({self.header}, {self.value})"
        if self.guids:
            behind = f"substring({self.value}, {GUID_HEADER_SIZE + 1})"
            moved += f" WHEN {starts_with_guid(self.value)} THEN concat({self.header}, {behind})"
        return f"CASE {moved} ELSE {self.value} END"

    def writer_id(self, writers: Mapping[int, str]) -> str:
        """The registry id, an int; null for one that is not of `writers`."""
        return f"CAST({self._by_id({schema_id: str(schema_id) for schema_id in writers})} AS INT)"

    def record(self, writers: Mapping[int, str], reader: JsonSchema, seal: bytes) -> str:
        """The record: a struct of `reader`'s fields between its header and its seal.

        `writers` are the schemas by registry id, records or unions that hold one. The struct is all nulls
        where the value does not decode, and null where it names another id. The record fills its value
        exactly where its seal is `seal`.
        """
        sealed = f"concat({self.whole}, {_binary(seal)})"
        return self._by_id(
            {schema_id: _read(sealed, json.loads(text), reader) for schema_id, text in writers.items()}
        )

    def _by_id(self, results: Mapping[int, str]) -> str:
        cases = (f"WHEN {_binary(frame(number, b''))} THEN {result}" for number, result in results.items())
        return f"CASE {self.header} {' '.join(cases)} END" if results else "NULL"


def _read(sealed: str, writer: Any, reader: JsonSchema) -> str:
    is_union = isinstance(writer, list)
    wanted = literal(sealed_schema([reader] if is_union else reader))
    options = f"map('mode', 'PERMISSIVE', 'avroSchema', {wanted})"
    read = f"from_avro({sealed}, {literal(sealed_schema(writer))}, {options})"
    if not is_union:
        return read
    names = [one["name"] for one in reader["fields"]]
    fields = "".join(f"'{name}', one.{BODY_FIELD}.{column(name)}, " for name in names)
    flat = f"named_struct('{HEADER_FIELD}', one.{HEADER_FIELD}, {fields}'{SEAL_FIELD}', one.{SEAL_FIELD})"
    # Inside a function of it, since each mention would read the value again.
    return f"transform(array({read}), one -> {flat})[0]"


def _byte(value: int) -> str:
    return _binary(bytes([value]))


def _binary(value: bytes) -> str:
    return f"X'{value.hex()}'"
