"""The data product whose quality is judged: its topics, and the fields that a portrait looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product's topics by role, and its fields by what they mean."""

    name: str
    raw: str
    final: str
    quarantine: str
    quality: str
    source: str
    """Field that says who made a record known."""
    key: str
    """Field that says what a record is about, within its source."""
    place_name: str
    latitude: str
    longitude: str
    """Fields of the place, in degrees, WGS 84."""
    time: str
    """Field with the time that a record speaks of."""
    daily: str
    """Field whose lowest, mean and highest value each day tells."""
    portrayed: Mapping[str, float]
    """Fields whose spread is taken, each with the width of a bin in the field's unit.

    A width never changes, so that the bins of two windows can be compared long after their records are gone.
    """


WEATHER = Product(
    name="weather",
    raw="topic-weather",
    final="topic-weather-final",
    quarantine="topic-weather-quarantine",
    quality="topic-weather-quality",
    source="source",
    key="station",
    place_name="name",
    latitude="latitude",
    longitude="longitude",
    time="observed_at",
    daily="temperature",
    portrayed={
        "temperature": 1.0,
        "dew_point": 1.0,
        "humidity": 2.0,
        "pressure": 1.0,
        "visibility": 500.0,
        "cloudiness": 5.0,
        "wind_speed": 0.5,
        "wind_gust": 0.5,
        "wind_direction": 10.0,
        "rain_1h": 0.5,
    },
)
