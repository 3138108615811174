"""What the verbs share: options, a connected publisher, places, APIs, and the summary at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from contracts.errors import UnusableSetting
from contracts.folder.product import Product
from contracts.kafka.settings import addresses
from contracts.process.command_line import INTERRUPTED, messages, print_json
from contracts.registry.registry import connect
from producer.api import Api, open_meteo, openweathermap
from producer.observation import shape_of
from producer.parse import BODIES, Context, Source, Units
from producer.places import WELL_KNOWN, WELL_KNOWN_BY_COORDINATES, Place, places, places_in, places_of
from producer.publish import DELIVER_WITHIN, Publisher
from producer.settings import WeatherApi

StateFolder = Annotated[
    Path,
    typer.Option("--state", help="Folder of what outlives the process: what was sent, and what still waits."),
]
STATE = Path("build/producer")

FLUSH_WITHIN = 60.0
FLUSH_WITHIN_WHEN_STOPPED = 15.0


def units_option(text: str) -> Any:
    """An option for units of measurement, in any case of letters."""
    return typer.Option(case_sensitive=False, help=text)


def source_option() -> Any:
    """An option for the source of stored bodies, in any case of letters."""
    return typer.Option(case_sensitive=False, help="Whose bodies they are.")


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def context_of(product: Product, source: Source, units: Units | None, *, replay: bool) -> Context:
    """What stored bodies do not say themselves; raises `UnusableSetting` for what cannot be of them."""
    if (product.name, source) not in BODIES:
        raise UnusableSetting(f"{source} has no observations of the product {product.name}: see --source.")
    if units is None and "units" in shape_of(product.name).defaults:
        raise UnusableSetting("no body states its units: give --units as they were fetched.")
    return Context(
        product=product.name, source=source, replay=replay, units=units or "METRIC", received_at=now()
    )


@contextmanager
def connected(product: Product, deliver_within: float = DELIVER_WITHIN) -> Iterator[Publisher]:
    """A publisher at the addresses of the environment; whoever asks for it flushes it."""
    where = addresses()
    with closing(connect(where.registry)) as registry:
        yield Publisher(where.kafka, registry, product.raw, product.quarantine, deliver_within=deliver_within)


def flush_within(stop: threading.Event) -> float:
    """Seconds to wait for the broker's word at the end; fewer for someone who wants to stop."""
    return FLUSH_WITHIN_WHEN_STOPPED if stop.is_set() else FLUSH_WITHIN


def progress_bar() -> Progress:
    """A bar on stderr; shown where that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=messages, disable=not messages.is_terminal)


def conclude(
    publisher: Publisher, began: float, facts: Mapping[str, Any], *, as_json: bool, stop: threading.Event
) -> None:
    """Print what was done, for a person or as JSON; ends the process when it had to stop."""
    raw, quarantined = publisher.raw, publisher.quarantined
    summary = {
        **facts,
        "sent": raw.sent,
        "delivered": raw.delivered,
        "failed": raw.failed + quarantined.failed,
        "quarantined": quarantined.delivered,
        "seconds": round(time.monotonic() - began, 2),
    }
    if as_json:
        print_json(summary)
    else:
        kind = "replay" if summary["replay"] else "live"
        messages.print(
            f"{raw.delivered:,} of {raw.sent:,} records acknowledged on {raw.topic} "
            f"({summary['source']}, {kind}), {quarantined.delivered:,} bodies quarantined, "
            f"{summary['seconds']} s"
        )
    if stop.is_set():
        messages.print("interrupted")
        raise typer.Exit(INTERRUPTED)


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
