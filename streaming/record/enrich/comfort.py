"""How the air feels: each index is null outside the domain that its authors give it."""

from __future__ import annotations

from streaming.record.enrich.table import Row
from streaming.record.enrich.units import fahrenheit, from_fahrenheit, miles_per_hour, rounded, within

HEAT_INDEX_FROM_F = 80
HEAT_INDEX_BELOW_F = 137.5
"""The highest value of the National Weather Service's chart is 137, rounded; Steadman's data end there."""
WIND_CHILL_UP_TO_F = 50
WIND_CHILL_ABOVE_MPH = 3
HEAT_STRESS = ((80, "CAUTION"), (90, "EXTREME_CAUTION"), (103, "DANGER"), (125, "EXTREME_DANGER"))
"""°F of the heat index from which each band holds (National Weather Service)."""

_NWS = "National Weather Service"
_IS_WARM = f"{fahrenheit('temperature')} >= {HEAT_INDEX_FROM_F}D"
_CHILLS = (
    f"{fahrenheit('temperature')} <= {WIND_CHILL_UP_TO_F}D"
    f" AND {miles_per_hour('wind_speed')} > {WIND_CHILL_ABOVE_MPH}D"
)


def _apparent_temperature() -> str:
    """The line that it is goes on to values that nothing supports."""
    vapour_pressure = "humidity / 100D * 6.105D * exp(17.27D * temperature / (237.7D + temperature))"
    value = rounded(f"temperature + 0.33D * ({vapour_pressure}) - 0.70D * wind_speed - 4.00D")
    return f"CASE WHEN temperature BETWEEN -40D AND 60D AND wind_speed <= 40D THEN {value} END"


def _heat_index() -> str:
    """A simple formula averaged with the temperature, and from 80 °F on Rothfusz' regression, adjusted.

    Its authors call it not valid beyond the range of Steadman's data. The Center also gives an index for air
    below 80 °F where the averaged formula reaches 80 °F; here the air temperature decides.
    """
    t, rh = fahrenheit("temperature"), "humidity"
    simple = f"(0.5D * (0.5D * ({t} + 61D + ({t} - 68D) * 1.2D + {rh} * 0.094D) + {t}))"
    regression = (
        f"(-42.379D + 2.04901523D * {t} + 10.14333127D * {rh} - 0.22475541D * {t} * {rh}"
        f" - 6.83783e-3D * {t} * {t} - 5.481717e-2D * {rh} * {rh} + 1.22874e-3D * {t} * {t} * {rh}"
        f" + 8.5282e-4D * {t} * {rh} * {rh} - 1.99e-6D * {t} * {t} * {rh} * {rh})"
    )
    dry = f"(13D - {rh}) / 4D * sqrt((17D - abs({t} - 95D)) / 17D)"
    humid = f"({rh} - 85D) / 10D * (87D - {t}) / 5D"
    adjustment = (
        f"CASE WHEN {rh} < 13D AND {t} BETWEEN 80D AND 112D THEN -({dry})"
        f" WHEN {rh} > 85D AND {t} BETWEEN 80D AND 87D THEN {humid} ELSE 0D END"
    )
    # Where an adjustment applies, the regression is far from the chart's end.
    index = (
        f"CASE WHEN {simple} < 80D THEN {simple}"
        f" WHEN {regression} < {HEAT_INDEX_BELOW_F}D THEN {regression} + {adjustment} END"
    )
    return f"CASE WHEN {_IS_WARM} THEN {rounded(from_fahrenheit(index))} END"


def _wind_chill() -> str:
    t, v = fahrenheit("temperature"), miles_per_hour("wind_speed")
    power = f"pow({v}, 0.16D)"
    chill = f"35.74D + 0.6215D * {t} - 35.75D * {power} + 0.4275D * {t} * {power}"
    return f"CASE WHEN {_CHILLS} THEN {rounded(from_fahrenheit(chill))} END"


def _humidex() -> str:
    """By a vapour pressure of its own, which the dew point gives."""
    vapour = "6.11D * exp(5417.7530D * (1D / 273.15D - 1D / (273.15D + exact_dew_point)))"
    value = f"(temperature + 0.5555D * ({vapour} - 10D))"
    return rounded(within(value, f"temperature >= 20D AND {value} > temperature"))


def _heat_stress() -> str:
    """Off the chart the index is null, and the danger is the greatest."""
    bands = " ".join(
        f"WHEN {fahrenheit('heat_index')} >= {start}D THEN '{band}'" for start, band in reversed(HEAT_STRESS)
    )
    return (
        f"CASE WHEN temperature IS NULL THEN NULL WHEN NOT {_IS_WARM} THEN 'NONE' WHEN humidity IS NULL"
        f" THEN NULL WHEN heat_index IS NULL THEN '{HEAT_STRESS[-1][1]}' {bands} ELSE 'NONE' END"
    )


# Up to 50 °F a wind decides, so that the method is unknown without one.
_FELT_METHOD = (
    f"CASE WHEN temperature IS NULL THEN NULL"
    f" WHEN {_IS_WARM} THEN CASE WHEN heat_index IS NOT NULL THEN 'HEAT_INDEX' END"
    f" WHEN {_CHILLS} THEN 'WIND_CHILL'"
    f" WHEN NOT ({_CHILLS}) THEN 'AIR' END"
)

COMFORT = {
    "apparent_temperature": Row(
        _apparent_temperature(), "from -40 to 60 °C, up to 40 m/s",
        "Bureau of Meteorology, after Steadman 1994",
    ),
    "heat_index": Row(
        _heat_index(), "from 80 °F of air temperature on, up to 137 °F",
        f"{_NWS}, Weather Prediction Center, The Heat Index Equation (SR 90-23)",
    ),
    "wind_chill": Row(_wind_chill(), "up to 50 °F, above 3 mph", f"{_NWS}, 2001"),
    "humidex": Row(_humidex(), "from 20 °C on, where it is above the temperature", "Environment Canada"),
    "felt_method": Row(_FELT_METHOD, "up to 50 °F only with a wind; never off the heat index's chart", _NWS),
    "felt_temperature": Row(
        f"CASE {_FELT_METHOD} WHEN 'HEAT_INDEX' THEN heat_index WHEN 'WIND_CHILL' THEN wind_chill"
        " WHEN 'AIR' THEN temperature END",
        "as felt_method", _NWS,
    ),
    "heat_stress": Row(_heat_stress(), "from 80 °F on only with a humidity", f"{_NWS}, heat index chart"),
}  # fmt: skip
"""How the air feels."""
