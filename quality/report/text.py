"""Words for what the report shows: of rules, of numbers, and of texts that come from data."""

from __future__ import annotations

import unicodedata

LONGEST = 80
"""Characters that are shown of a text that comes from data."""

_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories that draw nothing, or change the direction or the place of what follows."""


def shown(text: str) -> str:
    """A text from data, fit for a page: short, on one line, with invisible characters made visible."""
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSEEN else c for c in cut)


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


def duration(seconds: float) -> str:
    """A length of time, by its two greatest units at most."""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    left, parts = int(seconds), []
    for name, size in units:
        if left >= size:
            parts.append(f"{left // size}\N{NO-BREAK SPACE}{name}")
            left %= size
    return " ".join(parts[:2]) or "less than a second"
