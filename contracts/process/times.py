"""Lengths of time as people write them, and the day."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Any

from contracts.errors import UnusableSetting

LENGTH = "([0-9]{1,6})([smhd])"
"""A regular expression of a length of time."""
_LENGTH = re.compile(LENGTH)
_MILLISECONDS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def milliseconds(length: Any) -> int:
    """A length of time such as `90s`, `5m`, `2h` or `1d`; raises `ValueError`."""
    match = _LENGTH.fullmatch(str(length))
    if not match:
        raise ValueError(f"{length!r} is no length of time: write it as 90s, 5m, 2h or 1d")
    return int(match[1]) * _MILLISECONDS[match[2]]


def today() -> date:
    """The day by UTC."""
    return datetime.now(timezone.utc).date()


def parse_moment(text: str) -> datetime:
    """An ISO 8601 time such as `2013-01-31` or `2013-01-31T06:00:00+01:00`; UTC unless it says otherwise."""
    try:
        # Before 3.11 fromisoformat knows no Z.
        found = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text.strip()))
    except ValueError:
        raise UnusableSetting(
            f"{text!r} is no time: write it as 2013-01-31 or 2013-01-31T06:00:00Z."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
