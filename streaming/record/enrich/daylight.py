"""Day or night: by the time of day of the source's sunrise and sunset, else by where the sun stands."""

from __future__ import annotations

MILLIS_A_DAY = 86_400_000
SUNRISE_ELEVATION = -0.833
"""Degrees of the sun's centre at sunrise: half its disc and the refraction at the horizon (NOAA, USNO)."""


def is_day() -> str:
    """True between sunrise and sunset; null without both those times and coordinates.

    A source may give the times of a neighbouring day: in the far north the sun sets after midnight, and some
    sources are late. So only the time of day counts. Equal times, which sources give in polar day and night,
    leave it to the sun.
    """
    since_sunrise = f"pmod(unix_millis(observed_at) - unix_millis(sunrise_at), {MILLIS_A_DAY}L)"
    daylight = "unix_millis(sunset_at) - unix_millis(sunrise_at)"
    return (
        f"CASE WHEN {daylight} BETWEEN 1L AND {MILLIS_A_DAY}L THEN {since_sunrise} < {daylight}"
        f" ELSE {_sine_of_elevation()} > sin(radians({SUNRISE_ELEVATION}D)) END"
    )


def _sine_of_elevation() -> str:
    """Sine of the sun's elevation by NOAA's general solar position formulas: within 0.5° of the truth."""
    seconds = "(unix_millis(observed_at) / 1000D)"
    # Days since 2000-01-01 12:00 UTC, over the tropical year: leap years cannot shift it.
    year_angle = f"(2D * pi() * ({seconds} - 946728000D) / 86400D / 365.2422D)"
    declination = (
        f"(0.006918D - 0.399912D * cos({year_angle}) + 0.070257D * sin({year_angle})"
        f" - 0.006758D * cos(2D * {year_angle}) + 0.000907D * sin(2D * {year_angle})"
        f" - 0.002697D * cos(3D * {year_angle}) + 0.00148D * sin(3D * {year_angle}))"
    )
    equation_of_time = (
        f"(229.18D * (0.000075D + 0.001868D * cos({year_angle}) - 0.032077D * sin({year_angle})"
        f" - 0.014615D * cos(2D * {year_angle}) - 0.040849D * sin(2D * {year_angle})))"
    )
    solar_minutes = f"(pmod({seconds} / 60D, 1440D) + {equation_of_time} + 4D * longitude)"
    hour_angle = f"radians({solar_minutes} / 4D - 180D)"
    return (
        f"(sin(radians(latitude)) * sin({declination})"
        f" + cos(radians(latitude)) * cos({declination}) * cos({hour_angle}))"
    )
