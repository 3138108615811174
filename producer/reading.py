"""Reads JSON values strictly: a value is of the type that the contract names, or the body is refused.

Numbers may come as JSON numbers or as text that holds one (sources do both); nothing else is converted.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from contracts.errors import ContractsAtFault

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_LONGEST_NUMBER = 40
_LONGEST_SHOWN = 60
_EXACT = 1 << 53
"""From here on a double stands for more than one whole number."""
_EARLIEST, _LATEST = -62_135_596_800, 253_402_300_799
"""Seconds of the years 1 to 9999: what every reader's calendar can hold."""


class Unparsable(ContractsAtFault):
    """A body that cannot become a record: `reason` is its code, the text says it in a sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        """Name the `reason` and explain it."""
        super().__init__(sentence)
        self.reason = reason


def number(value: Any, pointer: str) -> float:
    """A finite number, as a double."""
    kind = type(value)
    if kind is str and len(value) <= _LONGEST_NUMBER and _NUMBER.fullmatch(value):
        value = float(value)
    elif kind is not float and kind is not int:
        raise _wrong_type(value, pointer, "a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Unparsable("OUT_OF_RANGE", f"{pointer} is a number that no double can hold.")
    # -0.0 equals 0.0 and has other bytes: one and the same observation would look corrected.
    return found + 0.0


def whole(value: Any, pointer: str, bits: int) -> int:
    """A whole number that fits into `bits` bits, with its sign."""
    found = value if type(value) is int else number(value, pointer)
    if type(value) is str and value.removeprefix("-").isdecimal():
        found = int(value)
    if found != int(found):
        raise _wrong_type(value, pointer, "a whole number")
    if not -(1 << bits - 1) <= found < 1 << bits - 1:
        raise Unparsable("OUT_OF_RANGE", f"{pointer} does not fit into {bits} bits.")
    if type(found) is float and abs(found) >= _EXACT:
        raise Unparsable(
            "OUT_OF_RANGE", f"{pointer} has a point or an exponent, and too many digits for that."
        )
    return int(found)


def long(value: Any, pointer: str) -> int:
    """An Avro long."""
    return whole(value, pointer, 64)


def integer(value: Any, pointer: str) -> int:
    """An Avro int."""
    return whole(value, pointer, 32)


def millis(value: Any, pointer: str) -> int | None:
    """A time given in seconds since 1970, UTC, as milliseconds; None for 0, which stands for no time."""
    seconds = long(value, pointer)
    if not _EARLIEST <= seconds <= _LATEST:
        raise Unparsable("OUT_OF_RANGE", f"{pointer} is no time between the years 1 and 9999, in seconds.")
    return seconds * 1000 or None


def text(value: Any, pointer: str) -> str:
    """A text, unchanged."""
    if type(value) is not str:
        raise _wrong_type(value, pointer, "a text")
    return value


def json_object(body: bytes) -> dict[str, Any]:
    """Decode a body, with or without a byte order mark, into its JSON object.

    Each of its names is in its object once, each number is finite, each text can be encoded. A
    `RecursionError` is the caller's to name.
    """
    try:
        decoded = body.decode("utf-8").lstrip("\ufeff")
        found = _DECODE(decoded)
        if "\\ud" in decoded.lower():
            # Half of a surrogate pair is valid JSON, but no text: Avro could not write it.
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise _other_text(body) or Unparsable(
            "BROKEN_TEXT", f"the body is not UTF-8 text: byte {error.start}; save it as UTF-8."
        ) from None
    except json.JSONDecodeError as error:
        if other := _other_text(body):
            raise other from None
        where = f"line {error.lineno}, column {error.colno}"
        raise Unparsable("BROKEN_JSON", f"the body is not JSON: {error.msg}, {where}.") from None
    except ValueError:
        raise next(_faults(_DECODE_WITH_MARKS(decoded), "")) from None
    if not isinstance(found, dict):
        raise Unparsable("NOT_AN_OBJECT", f"the body is {kind_of(found)}, not an object.")
    return found


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "an object"


def shown(value: str) -> str:
    """Foreign text for a sentence of ours: one line, not long."""
    line = "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(value.split()))
    return line if len(line) <= _LONGEST_SHOWN else line[:_LONGEST_SHOWN] + "…"


def pointer_to(pointer: str, name: str) -> str:
    """The JSON pointer (RFC 6901) of a field of what `pointer` points to."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_constant: str) -> None:
    raise ValueError


# `json.loads` would set up a decoder for each call.
_DECODE = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse).decode


class _Pairs(list[tuple[str, Any]]):
    """An object with all that it holds, repeated names included."""


class _NoNumber(str):
    """A number that JSON does not have, or whose digits Python does not read."""

    __slots__ = ()


def _whole_or_no_number(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return _NoNumber("a number of too many digits")


_DECODE_WITH_MARKS = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_constant=lambda name: _NoNumber(f"{name}, which is no number of JSON"),
    parse_int=_whole_or_no_number,
).decode


def _faults(value: Any, pointer: str) -> Iterator[Unparsable]:
    """Each fault of a body that is JSON, where it stands; the body was decoded with marks for them."""
    if isinstance(value, _NoNumber):
        reason = "BROKEN_JSON" if "JSON" in value else "OUT_OF_RANGE"
        yield Unparsable(reason, f"{shown(pointer)} is {value}.")
    elif isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            yield Unparsable(
                "BROKEN_TEXT", f"{shown(pointer)} holds half of a surrogate pair, which is no text."
            )
    elif isinstance(value, _Pairs):
        names: set[str] = set()
        for name, inner in value:
            here = pointer_to(pointer, name)
            if name in names:
                yield Unparsable(
                    "REPEATED_KEY", f"{shown(here)} stands there twice: nothing says which one counts."
                )
            names.add(name)
            yield from _faults(name, here)
            yield from _faults(inner, here)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _faults(inner, f"{pointer}/{index}")


def _other_text(body: bytes) -> Unparsable | None:
    """Why a body is no UTF-8, where its first bytes give its encoding away."""
    encoding = json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        return None
    return Unparsable("BROKEN_TEXT", f"the body is {encoding[:6].upper()} text, not UTF-8: save it as UTF-8.")


def _wrong_type(value: Any, pointer: str, wanted: str) -> Unparsable:
    return Unparsable("WRONG_TYPE", f"{pointer} is {kind_of(value)}, not {wanted}.")
