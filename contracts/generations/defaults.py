"""What a field that is new in a generation holds: the default of its schema, in Python and in Spark SQL."""

from __future__ import annotations

from typing import Any

from contracts.checks.rules import literal
from contracts.evolution.compatibility.schema import Field, Type

_SPARK = {
    **{"boolean": "BOOLEAN", "int": "INT", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE"},
    **{"string": "STRING", "enum": "STRING", "bytes": "BINARY"},
}
_SPARK_LOGICAL = {"timestamp-millis": "TIMESTAMP", "timestamp-micros": "TIMESTAMP", "date": "DATE"}


def default_value(field: Field) -> Any:
    """The default as an Avro encoder takes it, of a field for which there is a `default_sql`."""
    number = field.default is not None and field.type.plain.kind in {"float", "double"}
    return float(field.default) if number else field.default


def default_sql(field: Field) -> str | None:
    """The default in Spark SQL; None where there is none, or none that is so plain."""
    plain = field.type.plain
    spark = _spark_type(plain)
    if spark is None or not field.has_default:
        return None
    if field.default is None:
        return f"CAST(NULL AS {spark})"
    if field.default == []:
        return f"CAST(array() AS {spark})"
    if plain.logical or plain.kind in {"array", "bytes"}:
        return None
    return f"CAST({literal(default_value(field))} AS {spark})"


def _spark_type(node: Type) -> str | None:
    if node.kind == "array" and node.items:
        items = _spark_type(node.items)
        return items and f"ARRAY<{items}>"
    if node.logical:
        return _SPARK_LOGICAL.get(node.logical[0])
    return _SPARK.get(node.kind)
