"""What the verbs that ask a live API share: which API, and which places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from contracts.errors import UnusableSetting
from contracts.folder.product import Product
from producer.api import Api, open_meteo, openweathermap
from producer.parse import Units
from producer.places import WELL_KNOWN, WELL_KNOWN_BY_COORDINATES, Place, places, places_in, places_of
from producer.settings import WeatherApi

LiveSource = Literal["openweathermap", "open-meteo"]

TAKES_PLACES: dict[str, Any] = {"ignore_unknown_options": True}
"""For a verb that takes places: `-33.86,151.2` is no option; `only_places` refuses misspelled ones."""


def only_places(context: typer.Context, written: list[str] | None) -> list[str] | None:
    """Refuse what looks like an option that the verb does not have; south and west begin with a minus too."""
    for one in written or ():
        if one.startswith("--") or (one.startswith("-") and one[1:2].isalpha()):
            name = one.partition("=")[0]
            known = [option for parameter in context.command.params for option in parameter.opts]
            close = ", ".join(get_close_matches(name, known))
            hint = f" (Possible options: {close})" if close else ""
            context.fail(f"No such option or place: {name}{hint}")
    return written


Live = Annotated[
    LiveSource, typer.Option("--source", case_sensitive=False, help="Whom to ask; open-meteo needs no key.")
]
Written = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PLACE]...",
        callback=only_places,
        help="City id, latitude,longitude, zip:CODE,COUNTRY or NAME,COUNTRY; open-meteo takes coordinates "
        "only. If none: those of WEATHER_PLACES or AIR_PLACES, separated by semicolons, or ten large cities.",
    ),
]
PlacesFile = Annotated[Path | None, typer.Option("--file", help="A file of places, one a line.")]
Calls = Annotated[float, typer.Option(min=0, help="Calls a minute at most, spread evenly; 0 for no limit.")]


def places_wanted(
    written: Sequence[str], file: Path | None, settings: WeatherApi, product: Product, source: LiveSource
) -> list[Place]:
    """Places of the command line and the file, else of the environment, else the well-known ones."""
    if file is not None:
        return places([*written, *(one.text for one in places_of(file))])
    if written:
        return places(written)
    if of_environment := getattr(settings, f"{product.name}_places", None):
        return places_in(of_environment)
    return WELL_KNOWN if (product.name, source) in FINDS_NAMES else WELL_KNOWN_BY_COORDINATES


APIS: Mapping[tuple[str, LiveSource], Callable[[WeatherApi, Units], Api]] = {
    ("weather", "openweathermap"): lambda settings, units: openweathermap.api(
        settings.openweathermap_url, settings.key, units
    ),
    ("weather", "open-meteo"): lambda settings, units: open_meteo.api(settings.open_meteo_url, units),
    ("air", "openweathermap"): lambda settings, _: openweathermap.air_api(
        settings.openweathermap_url, settings.key
    ),
    ("air", "open-meteo"): lambda settings, _: open_meteo.air_api(settings.open_meteo_air_url),
}
"""Product and source to the API, at its address."""

FINDS_NAMES = {("weather", "openweathermap")}
"""Products and sources that find places by other than coordinates."""


def api_of(product: Product, source: LiveSource, settings: WeatherApi, units: Units) -> Api:
    """The API to ask; raises `UnusableSetting` without a key, or for a source without that product."""
    if (product.name, source) not in APIS:
        raise UnusableSetting(f"{source} has no observations of the product {product.name}.")
    return APIS[product.name, source](settings, units)
