"""`python -m producer doctor`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from contracts.kafka.settings import addresses
from contracts.process.command_line import AsJson, ProductName, print_json
from producer import doctor as checks
from producer.api import Client, Gate
from producer.cli.common import Calls, Live, PlacesFile, Written, api_of, places_wanted
from producer.doctor import Check, Plan
from producer.settings import weather_api


def doctor(  # noqa: PLR0917 - the command line names every option
    written: Written = None,
    file: PlacesFile = None,
    source: Live = "openweathermap",
    product: ProductName = None,
    interval: Annotated[float, typer.Option(min=0, help="Seconds, as for `poll`.")] = 600,
    calls_per_minute: Calls = 60,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="This check alone; may be given several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that polling would work: key, quota, broker, registry, topics, contracts. Sends no record.

    Asks the live service once. Exits with 0 when all is well, else with the code of the first thing that is
    not; each says what to do.
    """
    settings = cache(weather_api)
    where = cache(addresses)
    chosen = cache(lambda: product_named(product))
    contracts = cache(lambda: (chosen().raw, chosen().quarantine))
    places = cache(lambda: places_wanted(written or [], file, settings(), chosen(), source))

    def client() -> Client:
        stop = threading.Event()
        return Client(api_of(chosen(), source, settings(), "METRIC"), Gate(0, stop), stop)

    def plan() -> Plan:
        return Plan(places=places(), interval=interval, calls_per_minute=calls_per_minute)

    table: list[tuple[str, str | None, Check]] = [
        ("key", None, lambda: checks.key_works(client, places()[0])),
        ("quota", None, lambda: checks.quota_suffices(plan())),
        ("broker", None, lambda: checks.broker_answers(where())),
        ("registry", None, lambda: checks.registry_answers(where(), contracts())),
        ("topics", "broker", lambda: checks.topics_exist(where(), contracts())),
        ("contracts", "registry", lambda: checks.contracts_registered(where(), contracts())),
    ]
    names = [name for name, _, _ in table]
    if unknown := sorted({*(only or [])} - {*names}):
        raise UnusableSetting(f"there is no check {unknown[0]}; there are {', '.join(names)}.")
    found = []
    show: Callable[..., None] = Console(soft_wrap=True, highlight=False).print
    for one in checks.examine([row for row in table if not only or row[0] in only]):
        found.append(one)
        if not as_json:
            show(f"{'[green]✓[/]' if one.ok else '[red]✗[/]'} {one.check:9} {escape(one.text)}")
    failed = next((one for one in found if not one.ok), None)
    if as_json:
        print_json({"ok": failed is None, "checks": [asdict(one) for one in found]})
    if failed is not None:
        raise typer.Exit(failed.exit_code)
