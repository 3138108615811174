"""Sunrise and sunset, which the API states in each body and an airport's weather log does not."""

from __future__ import annotations

import math
from functools import lru_cache

_DAY = 86_400
_YEAR_2000_NOON = 946_728_000
"""Seconds since 1970 of 2000-01-01 12:00 UTC, from which the equation counts days."""
_HORIZON = -0.833
"""Degrees at which the sun's upper edge is seen on the horizon, refraction included."""


@lru_cache(maxsize=4096)
def sunrise_and_sunset(day: int, latitude: float, longitude: float) -> tuple[int, int] | None:
    """Seconds since 1970 of sunrise and sunset, good to some minutes; None in polar day or night.

    `day` is the count of local days since 1970; degrees are positive to the north and to the east. The
    sunrise equation, as in https://en.wikipedia.org/wiki/Sunrise_equation.
    """
    noon = round((day * _DAY + _DAY / 2 - _YEAR_2000_NOON) / _DAY) - longitude / 360
    anomaly = math.radians((357.5291 + 0.98560028 * noon) % 360)
    centre = 1.9148 * math.sin(anomaly) + 0.02 * math.sin(2 * anomaly) + 0.0003 * math.sin(3 * anomaly)
    ecliptic = math.radians((math.degrees(anomaly) + centre + 180 + 102.9372) % 360)
    transit = noon + 0.0053 * math.sin(anomaly) - 0.0069 * math.sin(2 * ecliptic)
    declination = math.asin(math.sin(ecliptic) * math.sin(math.radians(23.4397)))
    north = math.radians(latitude)
    cosine = (math.sin(math.radians(_HORIZON)) - math.sin(north) * math.sin(declination)) / (
        math.cos(north) * math.cos(declination)
    )
    if not -1 <= cosine <= 1:
        return None
    half = math.degrees(math.acos(cosine)) / 360
    return tuple(round(_YEAR_2000_NOON + (transit + side) * _DAY) for side in (-half, half))  # type: ignore[return-value]
