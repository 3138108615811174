"""Random values, their bytes, and what a reader with another schema ought to see of them.

A value is kept as Avro writes it: numbers of a timestamp, unscaled bytes of a decimal, and of a union the
pair of branch number and value. `seen`, `from_spark` and `from_fastavro` all answer in one comparable form.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from contracts.evolution.compatibility import Type
from contracts.evolution.compatibility.resolution import resolves, written_fields

_EPOCH = datetime(1970, 1, 1)
_DAY = date(1970, 1, 1)
_MILLIS = ("timestamp-millis",)
_DEEPEST = 4


def random_value(random: Random, node: Type, depth: int = 0) -> Any:
    """A value of the type."""
    match node.kind:
        case "null":
            return None
        case "boolean":
            return random.random() < 0.5
        case "int":
            return random.randint(-50_000, 50_000)
        case "long":
            return random.randint(-(10**12), 10**12)
        case "float" | "double":
            return random.randint(-1000, 1000) / 8
        case "string":
            made = uuid.UUID(int=random.getrandbits(128))
            return str(made) if node.logical == ("uuid",) else random.choice(("", "rain", "Zürich", "雨"))
        case "bytes":
            return _shortest(random.randint(-99_999, 99_999)) if node.logical else b"\x00\xff"
        case "fixed":
            return random.randbytes(node.size)
        case "enum":
            return random.choice(node.symbols)
        case "array" | "map":
            assert node.items is not None
            count = 0 if depth > _DEEPEST else random.randint(0, 2)
            items = [random_value(random, node.items, depth + 1) for _ in range(count)]
            return items if node.kind == "array" else {f"k{i}": item for i, item in enumerate(items)}
        case "union":
            index = random.randrange(len(node.branches))
            return index, random_value(random, node.branches[index], depth + 1)
    return {f.name: random_value(random, f.type, depth + 1) for f in node.fields}


def as_written(node: Type, value: Any) -> Any:
    """A value as `contracts.avro.json_form.from_json` gives it, in the form that is kept here."""
    if node.kind == "union":
        index = next(i for i, b in enumerate(node.branches) if (b.kind == "null") is (value is None))
        return index, as_written(node.branches[index], value)
    if node.kind == "record":
        return {f.name: as_written(f.type, value.get(f.name, f.default)) for f in node.fields}
    if node.kind == "array" and node.items:
        return [as_written(node.items, item) for item in value]
    if node.kind == "map" and node.items:
        return {key: as_written(node.items, item) for key, item in value.items()}
    if isinstance(value, datetime):
        since = value.astimezone(timezone.utc).replace(tzinfo=None) - _EPOCH
        return since // (timedelta(milliseconds=1) if node.logical == _MILLIS else timedelta(microseconds=1))
    return (value - _DAY).days if isinstance(value, date) else value


def _shortest(unscaled: int) -> bytes:
    """The bytes of a decimal, as few as Java writes."""
    return unscaled.to_bytes(
        (unscaled if unscaled >= 0 else ~unscaled).bit_length() // 8 + 1, "big", signed=True
    )


def encode(node: Type, value: Any) -> bytes:
    """The value's Avro bytes."""
    match node.kind:
        case "null":
            return b""
        case "boolean":
            return b"\x01" if value else b"\x00"
        case "int" | "long":
            return _long(value)
        case "float":
            return struct.pack("<f", value)
        case "double":
            return struct.pack("<d", value)
        case "string" | "bytes":
            data = value.encode() if isinstance(value, str) else value
            return _long(len(data)) + data
        case "fixed":
            return bytes(value)
        case "enum":
            return _long(node.symbols.index(value))
        case "array" | "map":
            assert node.items is not None
            rows = value.items() if isinstance(value, dict) else ((None, item) for item in value)
            body = b"".join(
                (b"" if key is None else _long(len(key)) + key.encode()) + encode(node.items, item)
                for key, item in rows
            )
            return _long(len(value)) + body + b"\x00" if value else b"\x00"
        case "union":
            index, inner = value
            return _long(index) + encode(node.branches[index], inner)
    return b"".join(encode(f.type, value[f.name]) for f in node.fields)


def _long(number: int) -> bytes:
    rest, out = (number << 1) ^ (number >> 63), bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])


def seen(reader: Type, writer: Type, value: Any) -> Any:
    """What `reader` ought to see of a `value` that `writer` wrote: the same meaning, defaults in the gaps."""
    if writer.kind == "union":
        index, inner = value
        return seen(reader, writer.branches[index], inner)
    if reader.kind == "union":
        name = writer.full_name
        own = [b for b in reader.branches if name == b.full_name or name in b.aliases]
        return seen((own or [b for b in reader.branches if resolves(b, writer)])[0], writer, value)
    if reader.kind == "record":
        made = {}
        for f in reader.fields:
            found = written_fields(f, writer)
            made[f.name] = (
                seen(f.type, found[0].type, value[found[0].name]) if found else _default(f.type, f.default)
            )
        return made
    if reader.kind == "array":
        assert reader.items is not None
        assert writer.items is not None
        return [seen(reader.items, writer.items, item) for item in value]
    if reader.kind == "map":
        assert reader.items is not None
        assert writer.items is not None
        return {key: seen(reader.items, writer.items, item) for key, item in value.items()}
    if reader.kind == "enum":
        return value if value in reader.symbols else reader.enum_default
    # The writer's type says what the bytes mean.
    return _meaning(writer, value)


def _default(node: Type, default: Any) -> Any:
    if node.kind == "union":
        return _default(node.branches[0], default)
    if node.kind == "record":
        return {f.name: _default(f.type, default.get(f.name, f.default)) for f in node.fields}
    if node.kind in ("bytes", "fixed"):
        return _meaning(node, default.encode("latin-1"))
    return _meaning(node, default)


def _meaning(node: Type, value: Any) -> Any:
    logical = node.logical[0] if node.logical else ""
    if logical == "date":
        return _DAY + timedelta(days=value)
    if logical.endswith("timestamp-millis"):
        return _EPOCH + timedelta(milliseconds=value)
    if logical.endswith("timestamp-micros"):
        return _EPOCH + timedelta(microseconds=value)
    if logical == "decimal":
        return Decimal(int.from_bytes(value, "big", signed=True)).scaleb(-node.logical[2])
    return value


def from_fastavro(value: Any) -> Any:
    """What fastavro decoded, in the form of `seen`."""
    if isinstance(value, Mapping):
        return {key: from_fastavro(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_fastavro(item) for item in value]
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(timezone.utc).replace(tzinfo=None)
    return str(value) if isinstance(value, uuid.UUID) else value


def from_spark(node: Type, value: Any) -> Any:
    """What Spark decoded as `node`, in the form of `seen`."""
    if value is None:
        return None
    if node.kind == "union":
        branches = [b for b in node.branches if b.kind != "null"]
        if len(branches) == 1:
            return from_spark(branches[0], value)
        if hasattr(value, "asDict"):
            members = [(b, value[i]) for i, b in enumerate(branches) if value[i] is not None]
            return from_spark(*members[0]) if members else None
        return value
    if node.kind == "record":
        return {f.name: from_spark(f.type, value[f.name]) for f in node.fields}
    if node.kind == "array" and node.items:
        return [from_spark(node.items, item) for item in value]
    if node.kind == "map" and node.items:
        return {key: from_spark(node.items, item) for key, item in value.items()}
    return bytes(value) if isinstance(value, bytearray) else value
