"""Live weather APIs, and the one client that asks them."""

from producer.api import open_meteo, openweathermap
from producer.api.client import Answer, Client, PlaceUnknown, QuotaExceeded
from producer.api.gate import Gate
from producer.api.row import REPLAY_HEADER, Api

__all__ = [
    "REPLAY_HEADER",
    "Answer",
    "Api",
    "Client",
    "Gate",
    "PlaceUnknown",
    "QuotaExceeded",
    "open_meteo",
    "openweathermap",
]
