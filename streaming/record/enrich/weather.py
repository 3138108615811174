"""The enrichment of the product `weather`: metric units, and what follows from them."""

from __future__ import annotations

from streaming.record.enrich.comfort import apparent_temperature, heat_index, wind_chill
from streaming.record.enrich.daylight import is_day
from streaming.record.enrich.humidity import dew_point
from streaming.record.enrich.table import Enrichment
from streaming.record.enrich.units import celsius, metres_per_second
from streaming.record.enrich.wind import beaufort, compass

WEATHER = Enrichment(
    observed={
        "condition": "get(record.conditions, 0).main",
        "condition_description": "get(record.conditions, 0).description",
        "temperature": celsius("temperature"),
        "feels_like": celsius("feels_like"),
        "pressure": "coalesce(record.sea_level_pressure, record.pressure)",
        "wind_speed": metres_per_second("wind_speed"),
        "wind_gust": metres_per_second("wind_gust"),
        "rain_1h": "record.rain.one_hour",
        "rain_3h": "record.rain.three_hours",
        "snow_1h": "record.snow.one_hour",
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
