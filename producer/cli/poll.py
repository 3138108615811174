"""`python -m producer poll`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import UnusableSetting
from producer.cli.common import AsJson, conclude, publishing, units_option
from producer.openweathermap import OpenWeatherMap
from producer.parse import Units
from producer.places import WELL_KNOWN, Place, places, places_of
from producer.poll import Poller, Schedule
from producer.settings import weather_api
from producer.stopping import stop_on_signals


def poll(  # noqa: PLR0917 - the command line names every option
    written: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PLACE]...",
            help="City id, latitude,longitude, zip:CODE,COUNTRY or NAME,COUNTRY. Ten large cities if none.",
        ),
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A file of places, one a line.")] = None,
    interval: Annotated[float, typer.Option(min=0, help="Seconds from one round to the next.")] = 600,
    once: Annotated[bool, typer.Option("--once", help="One round, then stop.")] = False,
    count: Annotated[int | None, typer.Option(min=1, help="This many rounds, then stop.")] = None,
    units: Annotated[Units, units_option("Units to ask for; recorded with each record.")] = "METRIC",
    calls_per_minute: Annotated[
        float, typer.Option(min=0, help="Calls a minute at most, spread evenly; 0 for no limit.")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Ask OpenWeatherMap for the current weather, and send what is new.

    Needs OPENWEATHERMAP_API_KEY; OPENWEATHERMAP_URL names another server. A body that is no weather goes to
    topic-weather-quarantine. Stop it with Ctrl-C: what was sent is waited for.
    """
    began = time.monotonic()
    if once and count is not None:
        raise UnusableSetting("--once and --count exclude each other: give one of them.")
    wanted = _places(written or [], file)
    settings = weather_api()
    schedule = Schedule(rounds=1 if once else count, interval=interval, calls_per_minute=calls_per_minute)
    with stop_on_signals() as stop:
        api = OpenWeatherMap(settings.openweathermap_url, settings.key, units, stop)
        with publishing(stop) as publisher, api:
            polled = Poller(wanted, api, publisher).run(schedule, stop)
        facts = {
            "source": polled.source,
            "replay": polled.replay,
            "calls": polled.calls,
            "calls_failed": polled.failed,
            "unchanged": polled.unchanged,
        }
        conclude(publisher, began, facts, as_json=as_json, stop=stop)


def _places(written: list[str], file: Path | None) -> list[Place]:
    if file is not None:
        return places([*written, *(one.text for one in places_of(file))])
    return places(written) if written else WELL_KNOWN
