"""Lengths of time as people write them."""

from __future__ import annotations

import re
from typing import Any

_LENGTH = re.compile(r"(\d{1,6})([smhd])")
_MILLISECONDS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def milliseconds(length: Any) -> int:
    """A length of time such as `90s`, `5m`, `2h` or `1d`; raises `ValueError`."""
    match = _LENGTH.fullmatch(str(length))
    if not match:
        raise ValueError(f"{length!r} is no length of time: write it as 90s, 5m, 2h or 1d")
    return int(match[1]) * _MILLISECONDS[match[2]]
