"""Drift: how far the spread of a field is from its spread in the windows before."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from contracts.records.topic_weather_quality import Bin, Distribution, Slice, Validation
from quality.window.extent import overlap

WINDOWS = 24
"""How many windows make a baseline at most: the newest."""

_GROUPS = 10
_LEAST = 1e-4
"""Stands for the share of an empty group, whose logarithm would be infinite."""


def baseline(slices: Sequence[Slice], past: Sequence[Validation]) -> tuple[Validation, ...]:
    """The newest validations of `past`, oldest first: no two share a record, nor does one with `slices`."""
    chosen: list[Validation] = []
    for old in reversed(past):
        if len(chosen) == WINDOWS:
            break
        taken = [slices, *(one.slices for one in chosen)]
        if old.distributions and not any(overlap(old.slices, other) for other in taken):
            chosen.append(old)
    return tuple(reversed(chosen))


def pooled(validations: Iterable[Validation], field: str) -> Mapping[int, int]:
    """The bins of a field in all of `validations` together, where their widths agree with the newest's."""
    spreads = [spread for one in validations for spread in one.distributions if spread.field == field]
    together: Counter[int] = Counter()
    for spread in spreads:
        if spread.step == spreads[-1].step:
            together.update(counts(spread.bins))
    return together


def counts(bins: Iterable[Bin]) -> dict[int, int]:
    """Records by number of the bin."""
    return {one.at: one.records for one in bins}


def as_bins(counts: Mapping[int, int]) -> tuple[Bin, ...]:
    """The bins, in order, of records by number of the bin."""
    return tuple(Bin(at=at, records=records) for at, records in sorted(counts.items()))


def windows_with(validations: Iterable[Validation], field: str) -> int:
    """How many of `validations` hold the spread of a field."""
    return sum(any(spread.field == field for spread in one.distributions) for one in validations)


def psi(spread: Distribution, before: Mapping[int, int]) -> float | None:
    """The population stability index of a spread against the bins `before`; None where one of them is empty.

    The bins are joined to about ten groups of equally many records before: fine bins would measure noise.
    """
    now = counts(spread.bins)
    total_before, total_now = sum(before.values()), sum(now.values())
    if not total_before or not total_now:
        return None
    edges = _edges(before)
    index = 0.0
    for old, new in zip(_grouped(before, edges), _grouped(now, edges), strict=True):
        was, became = max(old / total_before, _LEAST), max(new / total_now, _LEAST)
        index += (became - was) * math.log(became / was)
    return index


def _edges(bins: Mapping[int, int]) -> list[int]:
    """Last bin of each group but the last."""
    edges: list[int] = []
    total, below = sum(bins.values()), 0
    for at in sorted(bins):
        below += bins[at]
        if below >= total * (len(edges) + 1) / _GROUPS:
            edges.append(at)
    return edges[:-1]


def _grouped(bins: Mapping[int, int], edges: Sequence[int]) -> list[int]:
    groups = [0] * (len(edges) + 1)
    for at, records in bins.items():
        groups[sum(at > edge for edge in edges)] += records
    return groups
