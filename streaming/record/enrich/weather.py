"""The enrichment of the product `weather`: metric units, and what follows from them."""

from __future__ import annotations

from streaming.record.enrich.comfort import apparent_temperature, heat_index, wind_chill
from streaming.record.enrich.daylight import is_day
from streaming.record.enrich.humidity import dew_point
from streaming.record.enrich.table import Enrichment
from streaming.record.enrich.units import celsius, metres_per_second
from streaming.record.enrich.wind import beaufort, compass, direction

OPEN_METEO_CONDITIONS = {
    0: ("Clear", "clear sky"),
    1: ("Clouds", "mainly clear"),
    2: ("Clouds", "partly cloudy"),
    3: ("Clouds", "overcast"),
    45: ("Fog", "fog"),
    48: ("Fog", "depositing rime fog"),
    51: ("Drizzle", "light drizzle"),
    53: ("Drizzle", "moderate drizzle"),
    55: ("Drizzle", "dense drizzle"),
    56: ("Drizzle", "light freezing drizzle"),
    57: ("Drizzle", "dense freezing drizzle"),
    61: ("Rain", "slight rain"),
    63: ("Rain", "moderate rain"),
    65: ("Rain", "heavy rain"),
    66: ("Rain", "light freezing rain"),
    67: ("Rain", "heavy freezing rain"),
    71: ("Snow", "slight snow fall"),
    73: ("Snow", "moderate snow fall"),
    75: ("Snow", "heavy snow fall"),
    77: ("Snow", "snow grains"),
    80: ("Rain", "slight rain showers"),
    81: ("Rain", "moderate rain showers"),
    82: ("Rain", "violent rain showers"),
    85: ("Snow", "slight snow showers"),
    86: ("Snow", "heavy snow showers"),
    95: ("Thunderstorm", "slight or moderate thunderstorm"),
    96: ("Thunderstorm", "thunderstorm with slight hail"),
    99: ("Thunderstorm", "thunderstorm with heavy hail"),
}
"""Open-Meteo's weather code to OpenWeatherMap's group and its own words (open-meteo.com/en/docs)."""


def condition(part: str, place: int) -> str:
    """A text of the primary condition: the source's own, else what Open-Meteo's code at `place` means."""
    primary = "get(record.conditions, 0)"
    words = ", ".join(f"{code}L, '{texts[place]}'" for code, texts in OPEN_METEO_CONDITIONS.items())
    by_code = f"CASE WHEN record.source = 'OPEN_METEO' THEN try_element_at(map({words}), {primary}.id) END"
    return f"coalesce({primary}.{part}, {by_code})"


_NONE_IF_ABSENT = "CASE WHEN record.source = 'OPENWEATHERMAP' AND record.{0} IS NULL THEN 0D END"
"""OpenWeatherMap leaves `rain` and `snow` out of a body where there was none."""

WEATHER = Enrichment(
    observed={
        "condition": condition("main", 0),
        "condition_description": condition("description", 1),
        "temperature": celsius("temperature"),
        "feels_like": celsius("feels_like"),
        "pressure": "coalesce(record.sea_level_pressure, record.pressure)",
        "wind_speed": metres_per_second("wind_speed"),
        "wind_gust": metres_per_second("wind_gust"),
        "wind_direction": direction(),
        "rain_1h": f"coalesce(record.rain.one_hour, {_NONE_IF_ABSENT.format('rain')})",
        "rain_3h": "record.rain.three_hours",
        "snow_1h": f"coalesce(record.snow.one_hour, {_NONE_IF_ABSENT.format('snow')})",
        "snow_3h": "record.snow.three_hours",
    },
    aside={"sunrise_at": "record.sunrise_at", "sunset_at": "record.sunset_at"},
    derived={
        "dew_point": dew_point(),
        "apparent_temperature": apparent_temperature(),
        "heat_index": heat_index(),
        "wind_chill": wind_chill(),
        "beaufort": beaufort(),
        "wind_compass": compass(),
        "is_day": is_day(),
    },
)
