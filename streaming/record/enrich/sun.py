"""Where the sun stands, and which part of the day that makes it.

Equations of NOAA's solar calculator (after Meeus, Astronomical Algorithms): within 0.02° of NREL's SPA for
the years 1970 to 2068. They are written without a CASE, so that Spark computes each part once. What depends
on the time alone is found first, by itself: Spark plans each batch anew, and a formula that is spelled out in
another costs more there than in a record.
"""

from __future__ import annotations

from contracts.checks.forms import SUNRISE_ELEVATION
from streaming.record.enrich.table import Row
from streaming.record.enrich.units import rounded

MILLIS_A_DAY = 86_400_000
PHASES = (
    (SUNRISE_ELEVATION, "DAY"),
    (-6, "CIVIL_TWILIGHT"),
    (-12, "NAUTICAL_TWILIGHT"),
    (-18, "ASTRONOMICAL_TWILIGHT"),
)
"""Degrees above which each part of the day lies; below the last it is night (USNO)."""

_NOAA = "NOAA, solar calculator (Meeus)"

# Days since 2000-01-01 12:00 UTC, in centuries.
_T = "((unix_millis(record.observed_at) / 86400000D - 10957.5D) / 36525D)"
_MEAN_LONGITUDE = f"radians(280.46646D + {_T} * (36000.76983D + 0.0003032D * {_T}))"
_ANOMALY = f"radians(357.52911D + {_T} * (35999.05029D - 0.0001537D * {_T}))"
_ECCENTRICITY = f"(0.016708634D - {_T} * (0.000042037D + 0.0000001267D * {_T}))"
_NODE = f"radians(125.04D - 1934.136D * {_T})"
_CENTRE = (
    f"(sin({_ANOMALY}) * (1.914602D - {_T} * (0.004817D + 0.000014D * {_T}))"
    f" + sin(2D * {_ANOMALY}) * (0.019993D - 0.000101D * {_T}) + sin(3D * {_ANOMALY}) * 0.000289D)"
)
_LONGITUDE = f"({_MEAN_LONGITUDE} + radians({_CENTRE} - 0.00569D - 0.00478D * sin({_NODE})))"
_OBLIQUITY = (
    f"radians(23.43929111D - {_T} * (0.0130041667D + {_T} * (1.6389e-7D - 5.036e-7D * {_T}))"
    f" + 0.00256D * cos({_NODE}))"
)
_SIN_DECLINATION = f"(sin({_OBLIQUITY}) * sin({_LONGITUDE}))"
_Y = f"(tan({_OBLIQUITY} / 2D) * tan({_OBLIQUITY} / 2D))"
_EQUATION_OF_TIME = (
    f"({_Y} * sin(2D * {_MEAN_LONGITUDE}) - 2D * {_ECCENTRICITY} * sin({_ANOMALY})"
    f" + 4D * {_ECCENTRICITY} * {_Y} * sin({_ANOMALY}) * cos(2D * {_MEAN_LONGITUDE})"
    f" - 0.5D * {_Y} * {_Y} * sin(4D * {_MEAN_LONGITUDE})"
    f" - 1.25D * {_ECCENTRICITY} * {_ECCENTRICITY} * sin(2D * {_ANOMALY}))"
)
"""Radians."""

SUN_ASIDE = {
    "sin_declination": Row(_SIN_DECLINATION, authority=_NOAA),
    "equation_of_time": Row(_EQUATION_OF_TIME, authority=_NOAA),
}
"""What depends on the time alone."""

_COS_DECLINATION = "sqrt(1D - sin_declination * sin_declination)"
_HOUR_ANGLE = (
    f"(radians(pmod(unix_millis(observed_at), {MILLIS_A_DAY}L) / 240000D + longitude - 180D)"
    " + equation_of_time)"
)
_NORTH = "radians(latitude)"
_SIN_ELEVATION = (
    f"(sin({_NORTH}) * sin_declination + cos({_NORTH}) * {_COS_DECLINATION} * cos({_HOUR_ANGLE}))"
)
# The root is of a number that rounding may take below zero; `greatest` takes null for the least of all.
_COS_ELEVATION = f"sqrt(greatest(0D, 1D - {_SIN_ELEVATION} * {_SIN_ELEVATION}))"
_ELEVATION = f"degrees(atan2({_SIN_ELEVATION}, {_COS_ELEVATION}))"
_AZIMUTH = (
    f"pmod(180D + degrees(atan2(sin({_HOUR_ANGLE}), cos({_HOUR_ANGLE}) * sin({_NORTH})"
    f" - sin_declination / {_COS_DECLINATION} * cos({_NORTH}))), 360D)"
)


def _phase() -> str:
    phases = " ".join(f"WHEN solar_elevation > {start}D THEN '{phase}'" for start, phase in PHASES)
    return f"CASE {phases} WHEN solar_elevation IS NOT NULL THEN 'NIGHT' END"


def _is_day() -> str:
    """By the sun; without a place by the time of day of the source's sunrise and sunset.

    A source may give the times of a neighbouring day: in the far north the sun sets after midnight, and some
    sources are late. So only the time of day counts. Equal times, which sources give in polar day and night,
    leave it open.
    """
    since_sunrise = f"pmod(unix_millis(observed_at) - unix_millis(sunrise_at), {MILLIS_A_DAY}L)"
    daylight = "(unix_millis(sunset_at) - unix_millis(sunrise_at))"
    by_source = f"CASE WHEN {daylight} BETWEEN 1L AND {MILLIS_A_DAY}L THEN {since_sunrise} < {daylight} END"
    return f"coalesce(solar_elevation > {SUNRISE_ELEVATION}D, {by_source})"


SUN = {
    "solar_elevation": Row(rounded(_ELEVATION), authority=_NOAA),
    # Rounding may reach the full circle.
    "solar_azimuth": Row(f"pmod({rounded(_AZIMUTH)}, 360D)", authority=_NOAA),
    "day_phase": Row(_phase(), authority="USNO, definitions of twilight"),
    "is_day": Row(_is_day(), "without a place only where the source gives sunrise and sunset", _NOAA),
}
"""Sun and daylight."""
