"""`python -m producer config`."""

from __future__ import annotations

import os
from typing import Any

import typer
from rich.console import Console
from rich.table import Column, Table

from contracts.errors import UnusableSetting
from contracts.folder.read import contracts_folder
from contracts.kafka.settings import SERVICES_FILE, addresses
from contracts.process.command_line import AsJson, print_json
from producer.places import WELL_KNOWN, WELL_KNOWN_BY_COORDINATES
from producer.settings import weather_api

app = typer.Typer(no_args_is_help=True, help="Settings, as the producer understands them.")

_SERVICES = ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")
_MASKED = "********"


@app.callback()
def config() -> None:
    """Settings, as the producer understands them."""


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show every setting, its value and where that comes from; secrets are masked.

    `doctor` tells whether they work.
    """
    where, api = _addresses(), weather_api()
    places = api.weather_places or ";".join(one.text for one in WELL_KNOWN)
    values: dict[str, Any] = {
        **where,
        "OPENWEATHERMAP_URL": api.openweathermap_url,
        "OPENWEATHERMAP_API_KEY": _MASKED if api.openweathermap_api_key else None,
        "OPEN_METEO_URL": api.open_meteo_url,
        "OPEN_METEO_AIR_URL": api.open_meteo_air_url,
        "WEATHER_PLACES": places,
        "AIR_PLACES": api.air_places or ";".join(one.text for one in WELL_KNOWN_BY_COORDINATES),
        "CONTRACTS_DIR": str(contracts_folder()),
    }
    rows = {name: {"value": value, "from": _origin(name, value)} for name, value in values.items()}
    if as_json:
        print_json(rows)
        return
    table = Table("setting", Column("value", overflow="fold"), "from")
    for name, row in rows.items():
        table.add_row(name, row["value"] or "", row["from"])
    Console().print(table, markup=False)


def _addresses() -> dict[str, str | None]:
    try:
        found = addresses()
    except UnusableSetting:
        # What is unusable may hold credentials, so it is not shown; `doctor` says what to do about it.
        return dict.fromkeys(_SERVICES)
    return dict(zip(_SERVICES, (found.kafka.bootstrap_servers, found.registry.url), strict=True))


def _origin(name: str, value: str | None) -> str:
    if os.environ.get(name):
        return "environment" if value else "environment, unusable"
    if name in _SERVICES and value:
        return str(SERVICES_FILE)
    return "default" if value else "not set"
