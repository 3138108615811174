"""Stations that a window should hold and does not: known of the windows before it, and silent in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from quality.drift import WINDOWS
from quality.portrait import Station

Key = tuple[str, str]
"""Source and station."""


def silent(
    before: Iterable[Station], here: Collection[Key], slots: Mapping[str, tuple[int, int]], every: float
) -> list[Station]:
    """Those of `before` that are not `here`, each with all that was due in the window, and nothing there.

    `slots` are the first and the last slot of each source in the window, `every` seconds one from another. A
    source without any has ended: its stations are not told of. Nor is one whose last observation lies in the
    window or behind it (it came in another one, or this is a replay), or farther back than a baseline goes.
    """
    newest: dict[Key, tuple[int, Station]] = {}
    for one in before:
        key = (one.source, one.station)
        if one.last_observed_at is None or key in here or one.source not in slots:
            continue
        slot = int(one.last_observed_at.timestamp() // every)
        if key not in newest or slot >= newest[key][0]:
            newest[key] = slot, one
    found = []
    for slot, one in newest.values():
        first, last = slots[one.source]
        if 0 < first - slot <= WINDOWS * (last - first):
            found.append(
                replace(one, records=0, flagged=0, first_observed_at=None, expected=last - first, present=0)
            )
    return found
