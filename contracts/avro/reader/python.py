"""The Python that readers are made of: lines for each type on the wire, and the functions that they call."""

from __future__ import annotations

import struct
from datetime import date, datetime, time, timedelta, timezone
from decimal import Context, Decimal
from typing import Any, NoReturn
from uuid import UUID

_MOST_EMPTY_ITEMS = 100
"""Items of no bytes in one array: a few bytes could otherwise claim more than fits into memory."""


class Unreadable(ValueError):
    """The bytes are no value of the writer schema, or none that the reader schema takes."""


_LENGTH = ("n = b[p]", "p += 1", "if n & 129: n, p = length(b, p, n)", "q = p + (n >> 1)")
_LONG = ("n = b[p]", "p += 1", "if n > 127: n, p = longer(b, p, n)", "{v} = (n >> 1) ^ -(n & 1)")

READ: dict[str, tuple[str, ...]] = {
    "null": ("{v} = None",),
    "boolean": ("{v} = BOOLEANS[b[p]]", "p += 1"),
    "int": _LONG,
    "long": _LONG,
    "float": ("({v},) = float_at(b, p)", "p += 4"),
    "double": ("({v},) = double_at(b, p)", "p += 8"),
    "string": (*_LENGTH, "{v} = b[p:q].decode()", "p = q"),
    "bytes": (*_LENGTH, "{v} = b[p:q]", "p = q"),
    "fixed": ("{v} = b[p : p + {size}]", "p += {size}"),
    "index": ("n = b[p]", "p += 1", "if n & 129: n, p = length(b, p, n)"),
}
"""Kind to the lines that read it into `{v}`; `b` are the bytes, `p` the position, `n` and `q` scratch."""

SKIP: dict[str, tuple[str, ...]] = {
    "null": (),
    "boolean": ("p += 1",),
    "int": ("while b[p] > 127: p += 1", "p += 1"),
    "long": ("while b[p] > 127: p += 1", "p += 1"),
    "enum": ("while b[p] > 127: p += 1", "p += 1"),
    "float": ("p += 4",),
    "double": ("p += 8",),
    "string": (*_LENGTH, "p = q"),
    "bytes": (*_LENGTH, "p = q"),
    "fixed": ("p += {size}",),
}

LOGICAL: dict[tuple[str, str], str] = {
    ("long", "timestamp-millis"): "EPOCH + timedelta(0, 0, {0} * 1000)",
    ("long", "timestamp-micros"): "EPOCH + timedelta(0, 0, {0})",
    ("long", "local-timestamp-millis"): "LOCAL_EPOCH + timedelta(0, 0, {0} * 1000)",
    ("long", "local-timestamp-micros"): "LOCAL_EPOCH + timedelta(0, 0, {0})",
    ("int", "date"): "EPOCH_DAY + timedelta({0})",
    ("int", "time-millis"): "time_of({0} * 1000)",
    ("long", "time-micros"): "time_of({0})",
    ("bytes", "decimal"): "decimal_of({0}, {scale})",
    ("fixed", "decimal"): "decimal_of({0}, {scale})",
    ("string", "uuid"): "UUID({0})",
}
"""Kind and logical type to the expression of its value; on another kind a logical type means nothing."""


def _refuse(why: str) -> NoReturn:
    raise Unreadable(why)


def _longer(b: bytes, p: int, first: int) -> tuple[int, int]:
    """The rest of a variable-length integer, still in zigzag order, and the position after it."""
    n, shift, more = first & 127, 7, first
    while more > 127:
        if shift > 63:
            raise Unreadable("an integer of more than ten bytes")
        more = b[p]
        p += 1
        n |= (more & 127) << shift
        shift += 7
    return n, p


def _length(b: bytes, p: int, first: int) -> tuple[int, int]:
    """A length or an index that is longer than a byte, or below zero and so refused."""
    n, p = _longer(b, p, first) if first > 127 else (first, p)
    if n & 1:
        raise Unreadable("a length or an index below zero")
    return n, p


def _block(b: bytes, p: int, least: int, total: int) -> tuple[int, int]:
    """How many items the next block has, and the position of the first; none end the array or map.

    An item takes `least` bytes, 0 or 1, or more; `total` items came before.
    """
    n, p = _longer(b, p + 1, b[p])
    count = (n >> 1) ^ -(n & 1)
    if count < 0:
        count = -count
        while b[p] > 127:
            p += 1
        p += 1
    if count > (len(b) - p if least else _MOST_EMPTY_ITEMS - total):
        raise Unreadable(f"{count} items are claimed, more than the bytes can hold")
    return count, p


def _time_of(micros: int) -> time:
    if not 0 <= micros < 86_400_000_000:
        raise Unreadable("a time of day beyond the day")
    return (datetime.min + timedelta(0, 0, micros)).time()


def _decimal_of(unscaled: bytes, scale: int) -> Decimal:
    # Wide enough for every digit: a context of less would round.
    context = Context(prec=3 * len(unscaled) + 1)
    return Decimal(int.from_bytes(unscaled, "big", signed=True)).scaleb(-scale, context)


TOOLS: dict[str, Any] = {
    "BOOLEANS": (False, True),
    "EPOCH": datetime(1970, 1, 1, tzinfo=timezone.utc),
    "EPOCH_DAY": date(1970, 1, 1),
    "LOCAL_EPOCH": datetime(1970, 1, 1),  # a local time has no zone
    "UUID": UUID,
    "block": _block,
    "decimal_of": _decimal_of,
    "double_at": struct.Struct("<d").unpack_from,
    "float_at": struct.Struct("<f").unpack_from,
    "length": _length,
    "longer": _longer,
    "refuse": _refuse,
    "time_of": _time_of,
    "timedelta": timedelta,
}
"""What the made functions call."""
