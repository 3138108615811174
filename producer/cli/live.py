"""What the verbs that ask a live API share: which API, and which places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from producer.api import Api, open_meteo, openweathermap
from producer.parse import Units
from producer.places import WELL_KNOWN, WELL_KNOWN_BY_COORDINATES, Place, places, places_in, places_of
from producer.settings import WeatherApi

LiveSource = Literal["openweathermap", "open-meteo"]

Live = Annotated[
    LiveSource, typer.Option("--source", case_sensitive=False, help="Whom to ask; open-meteo needs no key.")
]
Written = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PLACE]...",
        help="City id, latitude,longitude, zip:CODE,COUNTRY or NAME,COUNTRY; open-meteo takes coordinates "
        "only. If none: those of WEATHER_PLACES, separated by semicolons, or ten large cities.",
    ),
]
PlacesFile = Annotated[Path | None, typer.Option("--file", help="A file of places, one a line.")]
Calls = Annotated[float, typer.Option(min=0, help="Calls a minute at most, spread evenly; 0 for no limit.")]


def places_wanted(
    written: Sequence[str], file: Path | None, settings: WeatherApi, source: LiveSource
) -> list[Place]:
    """Places of the command line and the file, else of the environment, else the well-known ones."""
    if file is not None:
        return places([*written, *(one.text for one in places_of(file))])
    if written:
        return places(written)
    if settings.weather_places:
        return places_in(settings.weather_places)
    return WELL_KNOWN if source == "openweathermap" else WELL_KNOWN_BY_COORDINATES


def api_of(source: LiveSource, settings: WeatherApi, units: Units) -> Api:
    """The API to ask, at its address; raises `UnusableSetting` where the key is missing."""
    if source == "open-meteo":
        return open_meteo.api(settings.open_meteo_url, units)
    return openweathermap.api(settings.openweathermap_url, settings.key, units)
