"""Settings of the weather API, from the environment."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.errors import UnusableSetting

PUBLIC_API = "https://api.openweathermap.org"


class WeatherApi(BaseSettings):
    """Where the weather API is, and the key to it; the key shows as asterisks wherever it is printed."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    openweathermap_api_key: SecretStr | None = None
    openweathermap_url: str = PUBLIC_API

    @property
    def key(self) -> SecretStr:
        """The key; raises `UnusableSetting` where there is none, or none that a URL could carry."""
        key = self.openweathermap_api_key
        if key is None:
            raise UnusableSetting(
                "OPENWEATHERMAP_API_KEY is not set: set it, or try `python -m producer replay run`."
            )
        if not key.get_secret_value().isalnum():
            raise UnusableSetting("OPENWEATHERMAP_API_KEY is no key: one has letters and digits only.")
        return key


def weather_api() -> WeatherApi:
    """Read the settings; raises `UnusableSetting`."""
    found = WeatherApi()
    # Reading the host may fail already, and its message repeats the text.
    try:
        address = urlsplit(found.openweathermap_url)
        usable = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UnusableSetting(f"OPENWEATHERMAP_URL must be an http or https address, such as {PUBLIC_API}.")
    if address.username or address.password or address.query or address.fragment:
        raise UnusableSetting(
            "OPENWEATHERMAP_URL must hold an address only: no credentials, query or fragment."
        )
    return found
