"""The wind's force and the point of the compass that it comes from."""

from __future__ import annotations

BEAUFORT_FROM = (0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7)
"""m/s at which force 1, 2 and so on begin (WMO No. 8, Guide to Instruments, Beaufort scale)."""

COMPASS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


def beaufort() -> str:
    """Wind force, 0 to 12."""
    forces = " ".join(
        f"WHEN wind_speed >= {start}D THEN {force}"
        for force, start in reversed(list(enumerate(BEAUFORT_FROM, 1)))
    )
    return f"CASE {forces} WHEN wind_speed >= 0D THEN 0 END"


def direction() -> str:
    """Direction in degrees that the wind comes from; null in calm, as in WMO code table 0877."""
    return "CASE WHEN NOT record.wind_speed <=> 0D THEN record.wind_direction END"


def compass() -> str:
    """Compass point of the direction; null in calm, which has none, and off the circle."""
    sector = 360 / len(COMPASS)
    points = ", ".join(f"'{point}'" for point in COMPASS)
    index = f"CAST(floor(wind_direction / {sector}D + 0.5D) AS INT) % {len(COMPASS)} + 1"
    return (
        f"CASE WHEN coalesce(wind_speed, 1D) >= {BEAUFORT_FROM[0]}D AND wind_direction BETWEEN 0D AND 360D"
        f" THEN element_at(array({points}), {index}) END"
    )
