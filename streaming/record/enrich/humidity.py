"""How much water the air holds."""

from __future__ import annotations

from streaming.record.enrich.units import rounded

MAGNUS_A = 17.625
MAGNUS_B = 243.04
"""°C. Magnus formula over water, constants of Alduchov and Eskridge (1996), who state -40 to 50 °C.

Against Hyland and Wexler's the dew point is within 0.31 °C from -40 to 60 °C, from 5 % humidity on.
"""
COLDEST = -40
"""°C, below which the formula does not hold."""


def dew_point(temperature: str = "temperature", humidity: str = "humidity") -> str:
    """Dew point in °C from °C and %; null below -40 °C, and where the humidity is not above zero."""
    gamma = f"(ln({humidity} / 100D) + {MAGNUS_A}D * {temperature} / ({MAGNUS_B}D + {temperature}))"
    value = rounded(f"{MAGNUS_B}D * {gamma} / ({MAGNUS_A}D - {gamma})")
    return f"CASE WHEN {temperature} >= {COLDEST}D THEN {value} END"
