"""Reading framed values in Spark, as SQL text: the stream and the report decode by the same words.

Nothing here imports Spark. `contracts.wire` says what the seal is for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from contracts.model import JsonSchema
from contracts.rules import column, literal
from contracts.wire import HEADER_SIZE, frame, sealed_schema


def sealed_record(value: str, writers: Mapping[int, str], reader: JsonSchema, seal: bytes) -> str:
    """Spark SQL of the record in the column `value`: a struct of `reader`'s fields, its header and its seal.

    `writers` are the schemas by registry id. The struct is all nulls where the value does not decode, and
    null where it names another id. The record fills its value exactly where its seal is `seal`.
    """
    options = f"map('mode', 'PERMISSIVE', 'avroSchema', {literal(sealed_schema(reader))})"
    return _by_id(
        value,
        {
            schema_id: f"from_avro(concat({column(value)}, {_binary(seal)}), "
            f"{literal(sealed_schema(json.loads(text)))}, {options})"
            for schema_id, text in writers.items()
        },
    )


def writer_id(value: str, writers: Mapping[int, str]) -> str:
    """Spark SQL of the registry id that the value names, an int; null for one that is not of `writers`."""
    return f"CAST({_by_id(value, {schema_id: str(schema_id) for schema_id in writers})} AS INT)"


def _by_id(value: str, results: Mapping[int, str]) -> str:
    header = f"substring({column(value)}, 1, {HEADER_SIZE})"
    cases = (f"WHEN {_binary(frame(schema_id, b''))} THEN {found}" for schema_id, found in results.items())
    return f"CASE {header} {' '.join(cases)} END"


def _binary(value: bytes) -> str:
    return f"X'{value.hex()}'"
