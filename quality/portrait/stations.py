"""What each station gave, how much of what was due, and which stations fell silent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from pyspark.sql import Row

from contracts.records.topic_weather_quality import Station
from quality.portrait.drift import WINDOWS
from quality.portrait.flags import variables, worth_a_look
from quality.window.read import LONGEST
from quality.window.times import moment

Key = tuple[str, str]
"""Source and station."""
Slots = Mapping[str, tuple[int, int]]
"""The first and the last time at which an observation is due in the window, numbered, by source."""


def stations(
    rows: Sequence[Row], before: Iterable[Station], every: float | None, flags: Collection[str] = ()
) -> list[Station]:
    """The stations of a window by their totals `rows`, and the silent ones among those of `before`.

    An observation is due every `every` seconds; None where nothing is known of that. The least complete come
    first, then those with the most records. The totals count the fields `flags`.
    """
    slots = _slots(rows)
    found = [_station(row, slots, flags) for row in rows]
    if every:
        found += silent(before, {(one.source, one.station) for one in found}, slots, every)
    return sorted(found, key=lambda one: (completeness(one), -one.records, one.source, one.station))


def completeness(station: Station) -> float:
    """Share of the due times that have an observation; 1 where none was due yet."""
    return (station.present or 0) / station.expected if station.expected else 1.0


def silent(before: Iterable[Station], here: Collection[Key], slots: Slots, every: float) -> list[Station]:
    """The stations of `before` that are not `here`: all that was due in the window is missing.

    Left out are stations of a source without any slot, which has ended; those whose last observation lies in
    the window or behind it (it came in another window, or this one is a replay); and those whose last
    observation lies farther back than a baseline goes.
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
                replace(
                    one,
                    records=0,
                    flagged=0,
                    first_observed_at=None,
                    expected=last - first,
                    present=0,
                    variables=(),
                )
            )
    return found


def _slots(rows: Iterable[Row]) -> Slots:
    slots: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row["first_slot"] is not None:
            first, last = slots.get(row["source"], (row["first_slot"], row["last_slot"]))
            slots[row["source"]] = min(first, row["first_slot"]), max(last, row["last_slot"])
    return slots


def _station(row: Row, slots: Slots, flags: Collection[str]) -> Station:
    expected = present = None
    if row["first_slot"] is not None:
        # The last slot of the source may be under way yet: nothing is due at it.
        last = slots[row["source"]][1]
        expected, present = last - row["first_slot"], row["slots"] - (row["last_slot"] == last)
    newest = row["newest"] or {"name": None, "latitude": None, "longitude": None}
    return Station(
        station=(row["station"] or "")[:LONGEST],
        source=row["source"] or "",
        name=newest["name"],
        latitude=newest["latitude"],
        longitude=newest["longitude"],
        records=row["records"],
        flagged=row["flagged"],
        expected=expected,
        present=present,
        first_observed_at=moment(row["first_observed_at"]),
        last_observed_at=moment(row["last_observed_at"]),
        last_arrival_at=moment(row["last_arrival_at"]),
        variables=worth_a_look(variables([row], flags)),
    )
