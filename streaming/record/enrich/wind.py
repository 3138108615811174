"""The wind: its force, the point of the compass that it comes from, its parts, and its gusts."""

from __future__ import annotations

from streaming.record.enrich.table import Row
from streaming.record.enrich.units import rounded

BEAUFORT_FROM = (0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7)
"""m/s at which force 1, 2 and so on begin (WMO-No. 8, Beaufort scale). By the scale's knots some forces begin
a little later: the table contradicts itself, and the speeds here are in m/s."""

COMPASS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")

GUST_FACTOR_FROM = 5.0
"""m/s of wind below which a gust factor says little."""


def _beaufort() -> str:
    forces = " ".join(
        f"WHEN wind_speed >= {start}D THEN {force}"
        for force, start in reversed(list(enumerate(BEAUFORT_FROM, 1)))
    )
    return f"CASE {forces} WHEN wind_speed >= 0D THEN 0 END"


def _compass() -> str:
    sector = 360 / len(COMPASS)
    points = ", ".join(f"'{point}'" for point in COMPASS)
    index = f"CAST(floor(wind_direction / {sector}D + 0.5D) AS INT) % {len(COMPASS)} + 1"
    return (
        f"CASE WHEN coalesce(wind_speed, 1D) >= {BEAUFORT_FROM[0]}D AND wind_direction BETWEEN 0D AND 360D"
        f" THEN element_at(array({points}), {index}) END"
    )


def _part(function: str) -> str:
    """Toward east or north, while the direction is where the wind comes from."""
    part = rounded(f"-wind_speed * {function}(radians(wind_direction))")
    return f"CASE WHEN wind_speed = 0D THEN 0D ELSE {part} END"


DIRECTION = Row(
    "CASE WHEN NOT record.wind_speed <=> 0D THEN record.wind_direction + 0D END",
    "not in calm",
    "WMO code table 0877",
)

WIND = {
    "beaufort": Row(_beaufort(), "from 0 m/s on", "WMO-No. 8, Beaufort scale"),
    "wind_compass": Row(_compass(), "from 0.3 m/s on, on the circle", "WMO code table 0877"),
    "wind_u": Row(_part("sin"), "in calm, or with a direction"),
    "wind_v": Row(_part("cos"), "in calm, or with a direction"),
    "gust_factor": Row(
        f"CASE WHEN wind_speed >= {GUST_FACTOR_FROM}D THEN {rounded('wind_gust / wind_speed')} END",
        "from 5 m/s of wind on",
        "WMO-No. 8, gust factor",
    ),
}
"""What follows from the wind."""
