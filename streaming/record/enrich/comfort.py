"""How the air feels: apparent temperature, heat index and wind chill, each null outside its domain."""

from __future__ import annotations

from streaming.record.enrich.units import fahrenheit, from_fahrenheit, miles_per_hour, rounded

HEAT_INDEX_FROM_F = 80
HEAT_INDEX_UP_TO_F = 137
"""The highest value of the National Weather Service's chart; Steadman's data end there."""
WIND_CHILL_UP_TO_F = 50
WIND_CHILL_ABOVE_MPH = 3


def apparent_temperature() -> str:
    """Apparent temperature in °C, without radiation (Bureau of Meteorology, after Steadman 1994).

    Null outside -40 to 60 °C and above 40 m/s: the line that it is goes on to values that nothing supports.
    """
    vapour_pressure = "humidity / 100D * 6.105D * exp(17.27D * temperature / (237.7D + temperature))"
    value = rounded(f"temperature + 0.33D * ({vapour_pressure}) - 0.70D * wind_speed - 4.00D")
    return f"CASE WHEN temperature BETWEEN -40D AND 60D AND wind_speed <= 40D THEN {value} END"


def heat_index() -> str:
    """Heat index in °C; null below 80 °F of air temperature, and above 137 °F, where the chart ends.

    National Weather Service, "The Heat Index Equation" (Weather Prediction Center): a simple formula averaged
    with the temperature, and from 80 °F on Rothfusz' regression (SR 90-23) with two adjustments. Its authors
    call it not valid beyond the range of Steadman's data. The Center also gives an index for air below 80 °F
    where the averaged formula reaches 80 °F; here the air temperature decides.
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
        f" WHEN {regression} <= {HEAT_INDEX_UP_TO_F}D THEN {regression} + {adjustment} END"
    )
    return f"CASE WHEN {t} >= {HEAT_INDEX_FROM_F}D THEN {rounded(from_fahrenheit(index))} END"


def wind_chill() -> str:
    """Wind chill in °C; null above 50 °F or at 3 mph and below (National Weather Service, 2001)."""
    t, v = fahrenheit("temperature"), miles_per_hour("wind_speed")
    power = f"pow({v}, 0.16D)"
    chill = f"35.74D + 0.6215D * {t} - 35.75D * {power} + 0.4275D * {t} * {power}"
    return (
        f"CASE WHEN {t} <= {WIND_CHILL_UP_TO_F}D AND {v} > {WIND_CHILL_ABOVE_MPH}D"
        f" THEN {rounded(from_fahrenheit(chill))} END"
    )
