"""`python -m producer history`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import PlatformError, UnusableSetting
from contracts.folder.product import product_named
from contracts.process.command_line import INTERRUPTED, AsJson, ProductName, messages, print_json
from contracts.process.files import replacing
from producer.api import Api, Client, Gate, openweathermap
from producer.cli.common import Calls, PlacesFile, Written, places_wanted, progress_bar
from producer.parse.openweathermap import refuse_error
from producer.places import Place
from producer.reading import json_object
from producer.settings import WeatherApi, weather_api
from producer.stopping import stop_on_signals

_A_CALL = timedelta(days=30)
"""The span of one call: 720 hours are a body of some 110 kB."""
_HISTORIES: Mapping[str, Callable[[WeatherApi], Api]] = {
    "air": lambda settings: openweathermap.air_api(
        settings.openweathermap_url, settings.key, openweathermap.AIR_POLLUTION_HISTORY
    )
}


def history(  # noqa: PLR0917 - the command line names every option
    since: Annotated[datetime, typer.Option(help="Where the span begins, UTC.")],
    written: Written = None,
    file: PlacesFile = None,
    until: Annotated[datetime | None, typer.Option(help="Where it ends, UTC; now if unset.")] = None,
    to: Annotated[Path, typer.Option(help="Folder for the bodies.")] = Path("build/history"),
    product: ProductName = None,
    calls_per_minute: Calls = 60,
    as_json: AsJson = False,
) -> None:
    """Fetch the past of each place from OpenWeatherMap into files, which `backfill` sends.

    What is in the folder already is not asked for again, so the same command goes on after an interruption.
    """
    chosen = product_named(product)
    if chosen.name not in _HISTORIES:
        known = ", ".join(_HISTORIES)
        raise UnusableSetting(f"there is no history of the product {chosen.name}: there is one of {known}.")
    settings = weather_api()
    api = _HISTORIES[chosen.name](settings)
    begin = since.replace(tzinfo=timezone.utc)
    end = until.replace(tzinfo=timezone.utc) if until else datetime.now(timezone.utc)
    if begin >= end:
        raise UnusableSetting(f"the span from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} is empty.")
    wanted = places_wanted(written or [], file, settings, chosen, "openweathermap")
    for place in wanted:
        api.query(place)  # a place that the API cannot find is refused before anything is asked
    spans = {to / f"{one.text}.json": one for place in wanted for one in _spans(place, begin, end)}
    missing = [target for target in spans if not target.exists()]
    with stop_on_signals() as stop, progress_bar() as bar:
        task, fetched = bar.add_task("asking", total=len(missing)), 0
        with Client(api, Gate(calls_per_minute, stop), stop) as client:
            for target in missing:
                try:
                    body = client.current(spans[target]).body
                    refuse_error(json_object(body))
                except PlatformError:
                    if stop.is_set():
                        break
                    raise
                with replacing(target) as draft:
                    draft.write_bytes(body)
                fetched += 1
                bar.advance(task)
    left = len(missing) - fetched
    if as_json:
        print_json({"folder": str(to), "bodies": len(spans), "fetched": fetched, "missing": left})
    messages.print(f"{fetched:,} bodies fetched, {left:,} of {len(spans):,} missing in {to}", markup=False)
    if stop.is_set():
        raise typer.Exit(INTERRUPTED)


def _spans(place: Place, begin: datetime, end: datetime) -> Iterator[Place]:
    """The place at each span that is one call's, the last second left to the next one."""
    while begin < end:
        until = min(begin + _A_CALL, end)
        query = {"start": str(int(begin.timestamp())), "end": str(int(until.timestamp()) - 1)}
        yield Place(f"{place.text} {begin:%Y%m%dT%H%M}-{until:%Y%m%dT%H%M}", {**place.query, **query})
        begin = until
