"""How much water the air holds. All follows from one curve of saturation, over water.

The curve is Magnus' with the constants of Alduchov and Eskridge (1996), who state -40 to 50 °C. Against
Hyland and Wexler's the dew point is within 0.31 °C from -40 to 60 °C, from 5 % humidity on.
"""

from __future__ import annotations

from streaming.record.enrich.table import Row
from streaming.record.enrich.units import KELVIN_AT_ZERO_CELSIUS, rounded, within

MAGNUS_HPA, MAGNUS_A, MAGNUS_B = 6.1094, 17.625, 243.04
"""hPa, a number and °C."""
ICE_HPA, ICE_A, ICE_B = 6.112, 22.46, 272.62
"""The same over ice (WMO-No. 8, annex 4.B)."""
PSYCHROMETER, PSYCHROMETER_BY_DEGREE = 6.53e-4, 9.44e-4
"""1/K: an aspirated psychrometer over water, and its change by °C of the wet bulb (WMO-No. 8, annex 4.B)."""
GAS_CONSTANT_DRY, GAS_CONSTANT_VAPOUR = 287.05, 461.5
"""J/(kg K)."""
MASS_RATIO = 621.98
"""g of vapour by kg of dry air, of equal pressures."""

_ALDUCHOV = "Alduchov and Eskridge 1996"
_WMO_8 = "WMO-No. 8, annex 4.B"
_IDEAL_GAS = "ideal gas"
_DOMAIN = "from -40 to 60 °C, above 0 % humidity"
_KELVIN = f"(temperature + {KELVIN_AT_ZERO_CELSIUS}D)"


def _saturation(celsius: str) -> str:
    return f"({MAGNUS_HPA}D * exp({MAGNUS_A}D * {celsius} / ({MAGNUS_B}D + {celsius})))"


def _dew_point() -> str:
    gamma = f"(ln(humidity / 100D) + {MAGNUS_A}D * temperature / ({MAGNUS_B}D + temperature))"
    value = f"({MAGNUS_B}D * {gamma} / ({MAGNUS_A}D - {gamma}))"
    return within(value, "temperature BETWEEN -40D AND 60D AND humidity > 0D")


_EXACT_DEW_POINT = _dew_point()
_EXACT_VAPOUR_PRESSURE = within(
    f"{_saturation('temperature')} * humidity / 100D", "temperature BETWEEN -40D AND 60D AND humidity > 0D"
)
_PSYCHROMETER_PRESSURE = "coalesce(station_pressure, 1013.25D * pow(1D - 2.25577e-5D * elevation, 5.25588D))"


def _wet_bulb_start() -> str:
    """Where the chord of the curve from the dew point to the temperature meets the psychrometer's line."""
    gamma = f"({PSYCHROMETER}D * {_PSYCHROMETER_PRESSURE})"
    middle = f"({MAGNUS_B}D + (temperature + {_EXACT_DEW_POINT}) / 2D)"
    geometric_mean = f"sqrt({_EXACT_VAPOUR_PRESSURE} * {_saturation('temperature')})"
    chord = f"({geometric_mean} * {MAGNUS_A * MAGNUS_B}D / ({middle} * {middle}))"
    return f"({gamma} * temperature + {chord} * {_EXACT_DEW_POINT}) / ({gamma} + {chord})"


def _wet_bulb() -> str:
    """One step of Halley's from the start: within 0.034 °C of the root for 600 to 1050 hPa."""
    x, by_degree = "wet_bulb_start", MAGNUS_A * MAGNUS_B
    gamma = f"({PSYCHROMETER}D * psychrometer_pressure)"
    saturation, slope = _saturation(x), f"({by_degree}D / (({MAGNUS_B}D + {x}) * ({MAGNUS_B}D + {x})))"
    depression, factor = f"(temperature - {x})", f"({gamma} * (1D + {PSYCHROMETER_BY_DEGREE}D * {x}))"
    f = f"({saturation} - {factor} * {depression} - exact_vapour_pressure)"
    f1 = f"({saturation} * {slope} + {factor} - {gamma} * {PSYCHROMETER_BY_DEGREE}D * {depression})"
    f2 = (
        f"({saturation} * {slope} * ({slope} - 2D / ({MAGNUS_B}D + {x}))"
        f" + 2D * {gamma} * {PSYCHROMETER_BY_DEGREE}D)"
    )
    return rounded(f"{x} - 2D * {f} * {f1} / (2D * {f1} * {f1} - {f} * {f2})")


def _frost_point() -> str:
    y = f"ln(exact_vapour_pressure / {ICE_HPA}D)"
    return rounded(within(f"{ICE_B}D * {y} / ({ICE_A}D - {y})", "exact_dew_point < 0D"))


STEPS = {
    "saturation_pressure": Row(_saturation("temperature"), authority=_ALDUCHOV),
    "exact_dew_point": Row(_EXACT_DEW_POINT, _DOMAIN, _ALDUCHOV),
    "exact_vapour_pressure": Row(_EXACT_VAPOUR_PRESSURE, _DOMAIN, _ALDUCHOV),
    "psychrometer_pressure": Row(
        _PSYCHROMETER_PRESSURE,
        authority="ICAO standard atmosphere, where the pressure is unknown: 0.0025 °C of wet bulb by hPa",
    ),
    # It repeats the rows above, which are not there yet: Spark computes them once all the same.
    "wet_bulb_start": Row(_wet_bulb_start(), f"{_DOMAIN}, with a station pressure or an elevation"),
}
"""What the rows below share; nothing is rounded yet."""

MOISTURE = {
    "dew_point": Row(rounded(_EXACT_DEW_POINT), _DOMAIN, _ALDUCHOV),
    "vapour_pressure": Row(rounded("exact_vapour_pressure"), _DOMAIN, _ALDUCHOV),
    "vapour_pressure_deficit": Row(
        rounded("saturation_pressure - exact_vapour_pressure"), _DOMAIN, "FAO-56, equation 11"
    ),
    "wet_bulb": Row(_wet_bulb(), f"{_DOMAIN}, with a station pressure or an elevation", _WMO_8),
    "frost_point": Row(_frost_point(), "dew point below 0 °C", _WMO_8),
    "absolute_humidity": Row(
        rounded(f"1e5D / {GAS_CONSTANT_VAPOUR}D * exact_vapour_pressure / {_KELVIN}"), _DOMAIN, _IDEAL_GAS
    ),
    "mixing_ratio": Row(
        rounded(f"{MASS_RATIO}D * exact_vapour_pressure / (station_pressure - exact_vapour_pressure)"),
        f"{_DOMAIN}, with a station pressure",
        _WMO_8,
    ),
    "air_density": Row(
        rounded(
            f"100D * (station_pressure - exact_vapour_pressure) / ({GAS_CONSTANT_DRY}D * {_KELVIN})"
            f" + 100D * exact_vapour_pressure / ({GAS_CONSTANT_VAPOUR}D * {_KELVIN})"
        ),
        f"{_DOMAIN}, with a station pressure",
        _IDEAL_GAS,
    ),
}
"""The moisture of the air."""
