"""How much water the air holds."""

from __future__ import annotations

from streaming.record.enrich.units import rounded

MAGNUS_A = 17.625
MAGNUS_B = 243.04
"""°C. Magnus formula over water, constants of Alduchov and Eskridge (1996): ±0.35 °C from -40 to 60 °C."""


def dew_point(temperature: str = "temperature", humidity: str = "humidity") -> str:
    """Dew point in °C from °C and %; null where the humidity is not above zero, which has none."""
    gamma = f"(ln({humidity} / 100D) + {MAGNUS_A}D * {temperature} / ({MAGNUS_B}D + {temperature}))"
    return rounded(f"{MAGNUS_B}D * {gamma} / ({MAGNUS_A}D - {gamma})")
