"""OpenWeatherMap's current weather and air pollution: https://openweathermap.org/api."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from producer.api.row import Api, coordinates
from producer.parse import Units
from producer.places import Place

CURRENT_WEATHER = "/data/2.5/weather"
AIR_POLLUTION = "/data/2.5/air_pollution"
AIR_POLLUTION_HISTORY = f"{AIR_POLLUTION}/history"


def api(base_url: str, key: SecretStr, units: Units) -> Api:
    """Describe OpenWeatherMap's weather at `base_url`."""

    def query(place: Place) -> Mapping[str, str]:
        return {**place.query, "units": units.lower()}

    return Api(
        product="weather",
        source="OPENWEATHERMAP",
        url=base_url.rstrip("/") + CURRENT_WEATHER,
        units=units,
        query=query,
        setting="OPENWEATHERMAP_URL",
        key_parameter="appid",
        key=key,
    )


def air_api(base_url: str, key: SecretStr, endpoint: str = AIR_POLLUTION) -> Api:
    """Describe OpenWeatherMap's air pollution at `base_url`; its history takes `start` and `end` besides."""

    def query(place: Place) -> Mapping[str, str]:
        coordinates(place, "OpenWeatherMap's air pollution API")
        return place.query

    return Api(
        product="air",
        source="OPENWEATHERMAP",
        url=base_url.rstrip("/") + endpoint,
        units="METRIC",
        query=query,
        setting="OPENWEATHERMAP_URL",
        key_parameter="appid",
        key=key,
    )
