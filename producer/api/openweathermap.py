"""OpenWeatherMap's current weather: https://openweathermap.org/current."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from producer.api.row import Api
from producer.parse import Units
from producer.places import Place

CURRENT_WEATHER = "/data/2.5/weather"


def api(base_url: str, key: SecretStr, units: Units) -> Api:
    """Describe OpenWeatherMap at `base_url`."""

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
