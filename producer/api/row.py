"""What tells one weather API from another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from contracts.errors import UnusableSetting
from producer.parse import Source, Units
from producer.places import Place

REPLAY_HEADER = "Replay-Source"
"""A server that plays stored observations again names their source in it; no real API sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A weather API: where it is, whose weather it gives, and how it is asked for a place."""

    product: str
    source: Source
    url: str
    units: Units
    query: Callable[[Place], Mapping[str, str]]
    """Parameters of the URL, the key left out; raises `UnusableSetting` for a place that it cannot find."""
    setting: str
    """The variable of the environment that names the address."""
    key_parameter: str = ""
    key: SecretStr | None = None


def coordinates(place: Place, name: str) -> tuple[str, str]:
    """Latitude and longitude of a place; raises `UnusableSetting` where that is none for the API `name`."""
    if not {"lat", "lon"} <= place.query.keys():
        raise UnusableSetting(f"{name} finds places by latitude,longitude only, and not {place.text}.")
    return place.query["lat"], place.query["lon"]
