"""Open-Meteo's current weather, without a key: https://open-meteo.com/en/docs."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.errors import UnusableSetting
from producer.api.row import Api
from producer.parse import Units
from producer.parse.open_meteo import MEASURES
from producer.places import Place

FORECAST = "/v1/forecast"

_UNITS: Mapping[Units, Mapping[str, str]] = {
    "METRIC": {"temperature_unit": "celsius", "wind_speed_unit": "ms"},
    "IMPERIAL": {"temperature_unit": "fahrenheit", "wind_speed_unit": "mph"},
}


def api(base_url: str, units: Units) -> Api:
    """Describe Open-Meteo at `base_url`; raises `UnusableSetting` for units that it does not have."""
    if units not in _UNITS:
        raise UnusableSetting("Open-Meteo has no kelvin: ask for --units metric or imperial.")

    def query(place: Place) -> Mapping[str, str]:
        if not {"lat", "lon"} <= place.query.keys():
            raise UnusableSetting(
                f"Open-Meteo finds places by latitude,longitude only, and not {place.text}."
            )
        return {
            "latitude": place.query["lat"],
            "longitude": place.query["lon"],
            "current": ",".join(MEASURES),
            **_UNITS[units],
            "precipitation_unit": "mm",
            "timeformat": "unixtime",
            "timezone": "auto",
        }

    return Api(
        product="weather",
        source="OPEN_METEO",
        url=base_url.rstrip("/") + FORECAST,
        units=units,
        query=query,
        setting="OPEN_METEO_URL",
    )
