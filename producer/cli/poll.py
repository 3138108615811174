"""`python -m producer poll`."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated

import typer

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from contracts.process.command_line import AsJson, ProductName
from producer.api import Client, Gate
from producer.cli.common import (
    STATE,
    Calls,
    Live,
    PlacesFile,
    StateFolder,
    Written,
    api_of,
    conclude,
    connected,
    flush_within,
    places_wanted,
    units_option,
)
from producer.outbox import OnOutage, Outbox
from producer.parse import Units
from producer.poll import Poller, Schedule
from producer.publish import DELIVER_WITHIN
from producer.settings import weather_api
from producer.state import State, poll_state
from producer.stopping import stop_on_signals


def poll(  # noqa: PLR0917 - the command line names every option
    written: Written = None,
    file: PlacesFile = None,
    source: Live = "openweathermap",
    product: ProductName = None,
    interval: Annotated[
        float, typer.Option(min=0, help="Seconds from one call for a place to the next.")
    ] = 600,
    once: Annotated[bool, typer.Option("--once", help="One round, then stop.")] = False,
    count: Annotated[int | None, typer.Option(min=1, help="This many rounds, then stop.")] = None,
    units: Annotated[Units, units_option("Units to ask for; recorded with each record.")] = "METRIC",
    calls_per_minute: Calls = 60,
    on_outage: Annotated[
        OnOutage,
        typer.Option(help="When the broker is away for longer than --outage: keep records on disk, or stop."),
    ] = "spool",
    outage: Annotated[
        float, typer.Option(min=1, help="Seconds of a broker's outage that are ridden out in memory.")
    ] = DELIVER_WITHIN,
    state: StateFolder = STATE,
    as_json: AsJson = False,
) -> None:
    """Ask an API for the current observations of a product, and send what is new.

    OpenWeatherMap needs OPENWEATHERMAP_API_KEY; --source open-meteo needs none. An observation is sent once,
    over restarts too; one whose values changed is sent again and marked. A body that is none goes to
    the product's quarantine. Stop it with Ctrl-C or SIGTERM: what was sent is waited for.
    """
    began = time.monotonic()
    if once and count is not None:
        raise UnusableSetting("--once and --count exclude each other: give one of them.")
    settings = weather_api()
    chosen = product_named(product)
    wanted = places_wanted(written or [], file, settings, chosen, source)
    api = api_of(chosen, source, settings, units)
    for place in wanted:
        api.query(place)  # a place that the source cannot find is refused before anything is sent
    schedule = Schedule(rounds=1 if once else count, interval=interval)
    with stop_on_signals() as stop:
        gate = Gate(calls_per_minute, stop)
        with (
            Client(api, gate, stop) as client,
            connected(chosen, deliver_within=outage) as publisher,
            closing(State(poll_state(state, chosen), publisher.topic_ids)) as kept,
        ):
            outbox = Outbox(publisher, kept, on_outage)
            try:
                polled = Poller(wanted, client, outbox).run(schedule, stop)
            finally:
                outbox.close(flush_within(stop))
        facts = {
            "source": polled.source if polled.answered else api.source,
            "replay": polled.replay,
            "calls": polled.calls,
            "calls_failed": polled.failed,
            "unchanged": polled.unchanged,
            "corrected": polled.corrected,
            "recovered": outbox.recovered,
        }
        conclude(publisher, began, facts, as_json=as_json, stop=stop)
