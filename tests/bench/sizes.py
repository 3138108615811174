"""How large the benchmarks of the stream are: `BENCH_SCALE` makes all of them smaller, or larger."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence

from contracts.errors import UnusableSetting

VARIABLE = "BENCH_SCALE"


def scaled(count: float, at_least: float = 1) -> int:
    """`count` times the number in `BENCH_SCALE`, 1 where it is not set; raises `UnusableSetting`."""
    text = os.environ.get(VARIABLE, "1")
    try:
        scale = float(text)
    except ValueError:
        raise UnusableSetting(f"{VARIABLE} is {text!r}: give a number such as 0.02.") from None
    return round(max(count * scale, at_least))


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Least, median and most."""
    found = {"least": min(values), "median": statistics.median(values), "most": max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def ratios(above: Sequence[float], below: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Spread of `above` to `below`, round by round."""
    return spread([a / b for a, b in zip(above, below, strict=True)], digits)
