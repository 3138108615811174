"""Open-Meteo's current weather and air quality, without a key: https://open-meteo.com/en/docs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contracts.errors import UnusableSetting
from producer.api.row import Api, coordinates
from producer.parse import Units
from producer.parse.open_meteo import AIR_MEASURES, MEASURES
from producer.places import Place

FORECAST = "/v1/forecast"
AIR_QUALITY = "/v1/air-quality"

_UNITS: Mapping[Units, Mapping[str, str]] = {
    "METRIC": {"temperature_unit": "celsius", "wind_speed_unit": "ms"},
    "IMPERIAL": {"temperature_unit": "fahrenheit", "wind_speed_unit": "mph"},
}


def api(base_url: str, units: Units) -> Api:
    """Describe Open-Meteo's weather at `base_url`; raises `UnusableSetting` for units that it lacks."""
    if units not in _UNITS:
        raise UnusableSetting("Open-Meteo has no kelvin: ask for --units metric or imperial.")

    def query(place: Place) -> Mapping[str, str]:
        return {**_current(place, MEASURES), **_UNITS[units], "precipitation_unit": "mm"}

    return Api(
        product="weather",
        source="OPEN_METEO",
        url=base_url.rstrip("/") + FORECAST,
        units=units,
        query=query,
        setting="OPEN_METEO_URL",
    )


def air_api(base_url: str) -> Api:
    """Describe Open-Meteo's air quality at `base_url`."""
    return Api(
        product="air",
        source="OPEN_METEO",
        url=base_url.rstrip("/") + AIR_QUALITY,
        units="METRIC",
        query=lambda place: _current(place, AIR_MEASURES),
        setting="OPEN_METEO_AIR_URL",
    )


def _current(place: Place, measures: Iterable[str]) -> Mapping[str, str]:
    latitude, longitude = coordinates(place, "Open-Meteo")
    return {
        "latitude": latitude,
        "longitude": longitude,
        "current": ",".join(measures),
        "timeformat": "unixtime",
        "timezone": "auto",
    }
