"""Words for what the report shows: of rules, of numbers, and of texts that come from data."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from enum import Enum

LONGEST = 80
"""Characters that are shown of a text that comes from data."""

_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories that draw nothing, or change the direction or the place of what follows."""


def shown(text: str, longest: int = LONGEST) -> str:
    """A text from data, fit for a page: short, on one line, with invisible characters made visible."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSEEN else c for c in cut)


def word(symbol: Enum) -> str:
    """A symbol of the contract as a word."""
    return str(symbol.value).lower()


def number(value: float | None) -> str:
    """A number for a person: thousands apart, no more digits than say something."""
    if value is None:
        return "–"
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{value:,.2f}".rstrip("0").rstrip(".").replace(",", "\N{NARROW NO-BREAK SPACE}")


def share(part: int, whole: int) -> str:
    """Which percentage `part` is of `whole`; a little is never shown as nothing, nor almost all as all."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    if percent < 0.01:
        return "< 0.01 %"
    if part == whole:
        return "100 %"
    if percent > 99.99:
        return "> 99.99 %"
    return f"{percent:.2f} %" if percent < 10 or percent > 99 else f"{percent:.1f} %"


def percent(part: float) -> str:
    """A share between 0 and 1 as a percentage."""
    return share(round(part * 1_000_000), 1_000_000)


def moment(at: datetime | None) -> str:
    """A moment, UTC, to the minute."""
    return f"{day(at)}, {at:%H:%M}" if at else "–"


def day(at: date | None) -> str:
    """A day."""
    return f"{at.day}\N{NO-BREAK SPACE}{at:%b}\N{NO-BREAK SPACE}{at.year}" if at else "–"


def many(count: int, one: str, more: str = "") -> str:
    """A count and what is counted, `more` where its plural is not one with an s."""
    return f"{number(count)} {one if count == 1 else more or one + 's'}"


def measured(value: float | None, unit: str) -> str:
    """What was measured, with its unit; seconds as a length of time."""
    if value is None:
        return "–"
    if unit == "s":
        return duration(value)
    return number(round(value, 3)) + ("" if unit in {"", "1"} else f"\N{NO-BREAK SPACE}{unit}")


def duration(seconds: float) -> str:
    """A length of time, by its two greatest units at most."""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    if 0 < seconds < 10:
        return (
            f"{seconds * 1000:.0f}\N{NO-BREAK SPACE}ms"
            if seconds < 1
            else f"{seconds:.1f}\N{NO-BREAK SPACE}s"
        )
    left, parts = int(seconds), []
    for name, size in units:
        if left >= size:
            parts.append(f"{left // size}\N{NO-BREAK SPACE}{name}")
            left %= size
    return " ".join(parts[:2]) or "0\N{NO-BREAK SPACE}s"
