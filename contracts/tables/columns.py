"""What a contract's table looks like: its columns, comments, properties, partitions and order. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
)

from contracts.errors import UnusableSchema
from contracts.evolution.compatibility.paths import fields_by_name
from contracts.evolution.compatibility.readable import SPARK_NUMBERS, meaning, recursion
from contracts.evolution.compatibility.schema import Type, parse
from contracts.folder.model import Contract

_TYPES: dict[str, IcebergType] = {
    "boolean": BooleanType(),
    "int": IntegerType(),
    "long": LongType(),
    "float": FloatType(),
    "double": DoubleType(),
    "string": StringType(),
    "enum": StringType(),
    "bytes": BinaryType(),
    "fixed": BinaryType(),
    "date": DateType(),
    "timestamp-millis": TimestamptzType(),
    "timestamp-micros": TimestamptzType(),
    "local-timestamp-millis": TimestampType(),
    "local-timestamp-micros": TimestampType(),
}
"""Avro's word for a type to Iceberg's type."""

PARTITION, OFFSET, TIMESTAMP = "kafka_partition", "kafka_offset", "kafka_timestamp"
RAW_PARTITION, RAW_OFFSET, VERSION = "raw_partition", "raw_offset", "writer_version"
BESIDE: dict[str, tuple[IcebergType, bool, str]] = {
    PARTITION: (IntegerType(), True, "Partition of the topic that the record is on."),
    OFFSET: (LongType(), True, "Its offset there: with the partition, what tells one record from another."),
    TIMESTAMP: (TimestamptzType(), True, "Its Kafka timestamp."),
    RAW_PARTITION: (IntegerType(), False, "Partition of the raw record that it was made from."),
    RAW_OFFSET: (LongType(), False, "Offset of the raw record that it was made from."),
    VERSION: (
        IntegerType(),
        False,
        "Version of the contract that it was written by; null for another schema.",
    ),
}
"""The columns behind the record's own: type, whether each row has one, comment."""

_WIDENED = {(IntegerType(), LongType()), (FloatType(), DoubleType())}

_LAYOUT = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # A file is sorted by station: small groups of rows let a reader pass over the other stations.
    "write.parquet.row-group-size-bytes": str(8 << 20),
    "write.target-file-size-bytes": str(128 << 20),
    # Rows of a day go to one file of a batch, without a look at all rows before.
    "write.distribution-mode": "hash",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "100",
}


def time_column(contract: Contract) -> str:
    """The column by whose day the table is partitioned: of the identity a time, else Kafka's own."""
    kinds = {field.name: field.type for field in parse(contract.newest.schema).fields}
    times = (name for name in contract.identity if meaning(kinds[name]).startswith("timestamp"))
    return next(times, TIMESTAMP)


def columns(contract: Contract, existing: Schema | None = None) -> Schema:
    """The columns for the newest version of `contract`, with comments; Iceberg gives the ids of new ones.

    A value that every record has is required in a new table. What is added to an `existing` one is not,
    since its older rows are without. Raises `UnusableSchema` for what Iceberg cannot hold.
    """
    root = parse(contract.newest.schema)
    maker = _Columns(contract, existing)
    if spot := next(recursion(root), None):
        raise maker.cannot(spot.message)
    if taken := next((field.name for field in root.fields if field.name in BESIDE), None):
        raise maker.cannot(f"{taken} is the name of a column beside the record")
    if not root.fields:
        raise maker.cannot("it has no field")
    return Schema(*maker.fields(root, ""), *maker.beside())


class _Columns:
    def __init__(self, contract: Contract, existing: Schema | None) -> None:
        self.contract, self.existing = contract, existing
        self.ids = count(1)

    def cannot(self, why: str) -> UnusableSchema:
        number = self.contract.newest.number
        return UnusableSchema(
            f"version {number} of {self.contract.topic} has no table: {why}, which Iceberg cannot hold."
        )

    def fields(self, record: Type, prefix: str) -> Iterator[NestedField]:
        for field in record.fields:
            path = f"{prefix}{field.name}"
            words = [
                field.attributes.get("doc"),
                f"[{unit}]" if (unit := field.attributes.get("unit")) else None,
            ]
            if gone := self.contract.deprecated.get(path):
                words.append(gone.words(path))
            yield self._field(field.name, path, field.type, " ".join(filter(None, words)) or None)

    def beside(self) -> Iterator[NestedField]:
        for name, (kind, required, doc) in BESIDE.items():
            yield NestedField(next(self.ids), name, kind, required=required, doc=doc)

    def _field(self, name: str, path: str, node: Type, doc: str | None = None) -> NestedField:
        value, optional = _value(node)
        number = next(self.ids)
        return NestedField(
            number, name, self._type(value, path), required=self._required(path, optional), doc=doc
        )

    def _required(self, path: str, optional: bool) -> bool:
        if optional or self.existing is None:
            return not optional
        try:
            return self.existing.find_field(path).required
        except ValueError:
            return False

    def _type(self, node: Type, path: str) -> IcebergType:
        if node.kind == "union":
            return self._union(node, path)
        if node.kind == "record":
            if not node.fields:
                raise self.cannot(f"{path} is a record without fields")
            return StructType(*self.fields(node, f"{path}."))
        if node.items is not None:
            word = "element" if node.kind == "array" else "value"
            below, optional = _value(node.items)
            inner = f"{path}.{word}"
            kind, required = self._type(below, inner), self._required(inner, optional)
            if node.kind == "array":
                return ListType(next(self.ids), kind, required)
            return MapType(next(self.ids), StringType(), next(self.ids), kind, required)
        word = meaning(node)
        if word == "decimal":
            return DecimalType(node.attributes["precision"], node.attributes.get("scale", 0))
        if word not in _TYPES:
            raise self.cannot(f"{path} is of the type {word}")
        return _TYPES[word]

    def _union(self, node: Type, path: str) -> IcebergType:
        """As Spark reads it: one number for numbers, else a struct with a member for each branch."""
        branches = [branch for branch in node.branches if branch.kind != "null"]
        if {branch.kind for branch in branches} in SPARK_NUMBERS:
            return _TYPES[max(branch.kind for branch in branches).replace("float", "double")]
        if not branches:
            raise self.cannot(f"{path} is a union of null or nothing")
        members = (
            NestedField(
                next(self.ids),
                f"member{number}",
                self._type(branch, f"{path}.member{number}"),
                required=False,
                doc=branch.full_name,
            )
            for number, branch in enumerate(branches)
        )
        return StructType(*members)


def _value(node: Type) -> tuple[Type, bool]:
    """The type of a value, without null, and whether it may be null."""
    return node.plain, node.kind == "union" and node.takes_null


def properties(contract: Contract) -> dict[str, str]:
    """What the table says of itself: the contract, its owner and version, units and deprecations."""
    found = {
        **_LAYOUT,
        "comment": contract.description,
        "owner": contract.owner,
        "contract.topic": contract.topic,
        "contract.home": contract.home.name,
        "contract.version": str(contract.newest.number),
        "contract.time": time_column(contract),
        "contract.identity": json.dumps(contract.identity),
    }
    if contract.key:
        found["contract.key"] = contract.key
    for path, field in fields_by_name(parse(contract.newest.schema)):
        if unit := field.attributes.get("unit"):
            found[f"unit.{path}"] = str(unit)
    for path, gone in contract.deprecated.items():
        found[f"deprecated.{path}"] = gone.words(path)
    return found


def partitions(contract: Contract, schema: Schema) -> PartitionSpec:
    """By day."""
    name = time_column(contract)
    return PartitionSpec(
        PartitionField(schema.find_field(name).field_id, 1000, DayTransform(), f"{name}_day")
    )


def order(contract: Contract, schema: Schema) -> SortOrder:
    """By station, where the record has such a key, then by time."""
    names = [name for name in (contract.key, time_column(contract)) if name]
    return SortOrder(
        *(SortField(schema.find_field(name).field_id, transform=IdentityTransform()) for name in names)
    )


def altered(before: Schema, now: Schema) -> str | None:
    """The column that `now` lacks, or has otherwise, of those that the table had `before`; else None."""
    for path in before.column_names:
        field = before.find_field(path)
        try:
            other = now.find_field(field.field_id)
        except ValueError:
            return path
        if now.find_column_name(field.field_id) != path:
            return path
        if (
            type(field.field_type) is not type(other.field_type)
            and (
                field.field_type,
                other.field_type,
            )
            not in _WIDENED
        ):
            return path
    return None
