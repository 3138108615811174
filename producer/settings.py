"""Settings of the producer, from the environment."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.errors import UnusableSetting

PUBLIC_API = "https://api.openweathermap.org"
OPEN_METEO = "https://api.open-meteo.com"
OPEN_METEO_AIR = "https://air-quality-api.open-meteo.com"


class WeatherApi(BaseSettings):
    """Where the weather APIs are, the key (which shows as asterisks), and the places."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    openweathermap_api_key: SecretStr | None = None
    openweathermap_url: str = PUBLIC_API
    open_meteo_url: str = OPEN_METEO
    open_meteo_air_url: str = OPEN_METEO_AIR
    weather_places: str | None = None
    air_places: str | None = None

    @property
    def key(self) -> SecretStr:
        """The key; raises `UnusableSetting` where there is none, or none that a URL could carry."""
        key = self.openweathermap_api_key
        if key is None:
            raise UnusableSetting(
                "OPENWEATHERMAP_API_KEY is not set: set it, or try `--source open-meteo` or `replay run`."
            )
        secret = key.get_secret_value()
        if not (secret.isascii() and secret.isalnum()):
            raise UnusableSetting("OPENWEATHERMAP_API_KEY is no key: one has letters and digits only.")
        return key


def weather_api() -> WeatherApi:
    """Read the settings; raises `UnusableSetting`."""
    found = WeatherApi()
    _check_address("OPENWEATHERMAP_URL", found.openweathermap_url, PUBLIC_API)
    _check_address("OPEN_METEO_URL", found.open_meteo_url, OPEN_METEO)
    _check_address("OPEN_METEO_AIR_URL", found.open_meteo_air_url, OPEN_METEO_AIR)
    return found


def _check_address(setting: str, value: str, example: str) -> None:
    # Reading the host may fail already, and its message repeats the text.
    try:
        address = urlsplit(value)
        usable = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UnusableSetting(f"{setting} must be an http or https address, such as {example}.")
    if address.username or address.password or address.query or address.fragment:
        raise UnusableSetting(f"{setting} must hold an address only: no credentials, query or fragment.")
