"""Drift: how far the spread of a field is from its spread in the windows before."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from quality.places import Window
from quality.portrait import Bin, Distribution
from quality.results import Validation

WINDOWS = 24
"""How many windows make a baseline at most: the newest."""

_GROUPS = 10
_LEAST = 1e-4
"""Share that an empty group is taken for: its logarithm would be infinite."""


def baseline(window: Window, past: Sequence[Validation]) -> tuple[Validation, ...]:
    """The newest validations of `past`, oldest first; no two share a record, nor does one with `window`."""
    chosen: list[Validation] = []
    for old in reversed(past):
        if len(chosen) == WINDOWS:
            break
        taken = [window, *(one.window for one in chosen)]
        if old.portrait.distributions and not any(_overlap(old.window, other) for other in taken):
            chosen.append(old)
    return tuple(reversed(chosen))


def pooled(validations: Iterable[Validation], field: str) -> Mapping[int, int]:
    """The bins of a field in all of `validations` together, where their widths agree with the newest's."""
    spreads = [
        spread for one in validations for spread in one.portrait.distributions if spread.field == field
    ]
    together: Counter[int] = Counter()
    for spread in spreads:
        if spread.step == spreads[-1].step:
            together.update(counts(spread.bins))
    return together


def counts(bins: Iterable[Bin]) -> dict[int, int]:
    """Records by number of the bin."""
    return {one.at: one.records for one in bins}


def windows_with(validations: Iterable[Validation], field: str) -> int:
    """How many of `validations` tell of a field's spread."""
    return sum(any(spread.field == field for spread in one.portrait.distributions) for one in validations)


def psi(spread: Distribution, before: Mapping[int, int]) -> float | None:
    """The population stability index of a spread against the bins `before`; None where these hold nothing.

    The bins are joined to about ten groups that held equally much before: fine bins would measure noise.
    """
    now = counts(spread.bins)
    total_before, total_now = sum(before.values()), sum(now.values())
    if not total_before or not total_now:
        return None
    edges = _edges(before)
    shares = zip(_grouped(before, edges), _grouped(now, edges), strict=True)
    index = 0.0
    for old, new in shares:
        was, became = max(old / total_before, _LEAST), max(new / total_now, _LEAST)
        index += (became - was) * math.log(became / was)
    return index


def _edges(bins: Mapping[int, int]) -> list[int]:
    """Last bin of each group but the last."""
    edges: list[int] = []
    total, held = sum(bins.values()), 0
    for at in sorted(bins):
        held += bins[at]
        if held >= total * (len(edges) + 1) / _GROUPS:
            edges.append(at)
    return edges[:-1]


def _grouped(bins: Mapping[int, int], edges: Sequence[int]) -> list[int]:
    groups = [0] * (len(edges) + 1)
    for at, records in bins.items():
        groups[sum(at > edge for edge in edges)] += records
    return groups


def _overlap(one: Window, other: Window) -> bool:
    others = {part.partition: part for part in other.slices}
    return any(
        part.start < others[part.partition].end and others[part.partition].start < part.end
        for part in one.slices
        if part.partition in others
    )
