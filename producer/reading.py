"""Reads JSON values strictly: a value is of the type that the contract names, or the body is refused.

Numbers may come as JSON numbers or as text that holds one (sources do both); nothing else is converted.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from contracts.errors import ContractsAtFault

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_LONGEST_NUMBER = 40
_LONGEST_SHOWN = 60
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
    return found


def whole(value: Any, pointer: str, bits: int) -> int:
    """A whole number that fits into `bits` bits, with its sign."""
    found = value if type(value) is int else number(value, pointer)
    if found != int(found):
        raise _wrong_type(value, pointer, "a whole number")
    if not -(1 << bits - 1) <= found < 1 << bits - 1:
        raise Unparsable("OUT_OF_RANGE", f"{pointer} does not fit into {bits} bits.")
    return int(found)


def long(value: Any, pointer: str) -> int:
    """An Avro long."""
    return whole(value, pointer, 64)


def integer(value: Any, pointer: str) -> int:
    """An Avro int."""
    return whole(value, pointer, 32)


def millis(value: Any, pointer: str) -> int:
    """A time given in seconds since 1970, UTC, as milliseconds."""
    seconds = long(value, pointer)
    if not _EARLIEST <= seconds <= _LATEST:
        raise Unparsable("OUT_OF_RANGE", f"{pointer} is no time between the years 1 and 9999, in seconds.")
    return seconds * 1000


def text(value: Any, pointer: str) -> str:
    """A text, unchanged."""
    if type(value) is not str:
        raise _wrong_type(value, pointer, "a text")
    return value


def json_object(body: bytes) -> dict[str, Any]:
    """Decode a body into its JSON object; a `RecursionError` is the caller's to name."""
    try:
        decoded = body.decode("utf-8")
        found = json.loads(decoded, parse_constant=_no_constant)
        if "\\ud" in decoded.lower():
            # Half of a surrogate pair is valid JSON, but no text: Avro could not write it.
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise Unparsable("BROKEN_TEXT", f"the body is not UTF-8 text: byte {error.start}.") from None
    except UnicodeEncodeError:
        raise Unparsable(
            "BROKEN_TEXT", "the body holds half of a surrogate pair, which is no text."
        ) from None
    except json.JSONDecodeError as error:
        raise Unparsable("BROKEN_JSON", f"the body is not JSON: {error.msg}, byte {error.pos}.") from None
    except ValueError as error:
        raise Unparsable("BROKEN_JSON", f"the body is not JSON: {shown(str(error))}.") from None
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
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST_SHOWN else line[:_LONGEST_SHOWN] + "…"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _wrong_type(value: Any, pointer: str, wanted: str) -> Unparsable:
    return Unparsable("WRONG_TYPE", f"{pointer} is {kind_of(value)}, not {wanted}.")
