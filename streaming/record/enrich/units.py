"""Metric units from whichever system the source was asked for, and finite decimals.

Where the system is UNKNOWN, temperatures and speeds are null: a guess would be wrong by up to 273 degrees.
"""

from __future__ import annotations

KELVIN_AT_ZERO_CELSIUS = 273.15
METRES_PER_SECOND_IN_MPH = 0.44704
"""One mile an hour in m/s, exact (NIST SP 811, B.8)."""
DECIMALS = 4
"""Finer than any instrument; hides what binary fractions add: 275.23 K would be 2.0800000000000409 °C."""


def rounded(expression: str) -> str:
    """A double rounded to `DECIMALS`, half to even, never minus zero; SQL's own `round` goes by decimals."""
    scale = f"1e{DECIMALS}D"
    return f"(rint(({expression}) * {scale}) / {scale} + 0D)"


def _by_units(field: str, *, standard: str, metric: str, imperial: str) -> str:
    metric_value = (
        f"CASE record.units WHEN 'METRIC' THEN {metric} WHEN 'STANDARD' THEN {standard} "
        f"WHEN 'IMPERIAL' THEN {imperial} END"
    )
    return rounded(metric_value.format(field=f"record.{field}"))


def celsius(field: str) -> str:
    """A raw temperature in °C."""
    return _by_units(
        field,
        metric="{field}",
        standard=f"{{field}} - {KELVIN_AT_ZERO_CELSIUS}D",
        imperial="({field} - 32D) * 5D / 9D",
    )


def metres_per_second(field: str) -> str:
    """A raw speed in m/s."""
    return _by_units(
        field, metric="{field}", standard="{field}", imperial=f"{{field}} * {METRES_PER_SECOND_IN_MPH}D"
    )


def fahrenheit(celsius_: str) -> str:
    """A temperature in °C as °F."""
    return f"({celsius_} * 1.8D + 32D)"


def miles_per_hour(metres_per_second_: str) -> str:
    """A speed in m/s as mph."""
    return f"({metres_per_second_} / {METRES_PER_SECOND_IN_MPH}D)"


def from_fahrenheit(fahrenheit_: str) -> str:
    """A temperature in °F as °C."""
    return f"(({fahrenheit_}) - 32D) * 5D / 9D"


def within(value: str, domain: str) -> str:
    """A double where the condition `domain` holds, else null.

    Spark finds what expressions have in common, and computes it once, only where no CASE stands around it.
    """
    return f"({value} + CASE WHEN {domain} THEN 0D END)"
