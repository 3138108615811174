"""The third-party services and the whole pipeline, from the command line: `python docker VERB`."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

import embedded
from contracts.folder.product import load_products, product_named
from contracts.process.command_line import AsJson, ProductName, messages, needing_tables, print_json, run
from embedded.lock import NEEDED
from embedded.running import RunningServices

_TERMINATED = 128 + signal.SIGTERM

ROOT = Path(__file__).resolve().parent.parent

app = typer.Typer(
    name="docker",
    help="Broker and registry on this machine, without a container engine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def setup(
    only: Annotated[
        list[str] | None,
        typer.Option(help="Bring these alone: broker, registry, spark, tables; all but tables if unset."),
    ] = None,
) -> None:
    """Download and verify the jars, make Java ready, configure Spark."""
    embedded.prepare(only or NEEDED)


@app.command()
def archive() -> None:
    """Keep Java's classes in files, once, in a minute: Spark, broker and registry start sooner then."""
    from pipeline import write_archive  # noqa: PLC0415 - an image is set up without it

    write_archive(ROOT)


@app.command()
def up(as_json: AsJson = False) -> None:
    """Start broker and registry, and leave them running; writes build/services.json.

    KAFKA_PORT and REGISTRY_PORT fix the ports; without them 9092 and 8081 are used, or the next free ones.
    """
    _show(embedded.up(ROOT, messages.print), as_json=as_json)


@app.command()
def down(
    wipe: Annotated[bool, typer.Option("--wipe", help="Delete topics and schemas too.")] = False,
) -> None:
    """Stop broker and registry."""
    embedded.down(ROOT, messages.print, wipe=wipe)
    messages.print("broker and registry are down")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say where broker and registry are and whether they answer: exit code 0 when both do, else 1."""
    found = embedded.running_services(ROOT)
    if found is None:
        messages.print("broker and registry are down: `make up` starts them")
        if as_json:
            print_json({"up": False})
        raise typer.Exit(1)
    if not _show(found, as_json=as_json):
        raise typer.Exit(1)


@app.command()
def lock() -> None:
    """Make docker/jars.lock anew from the versions in docker/.env."""
    from embedded.lock import write_lock  # noqa: PLC0415 - only makers of a lock need it
    from embedded.relock import relock  # noqa: PLC0415

    artifacts = relock()
    write_lock(artifacts)
    messages.print(f"{len(artifacts)} artifacts locked")


@app.command()
def image() -> None:
    """Build the project's images, for the compose file; says their sizes."""
    from containers.project import build_project  # noqa: PLC0415 - the other verbs need no engine

    _show_sizes(build_project(ROOT))


@app.command()
def offline() -> None:
    """Build every image of the compose file without an image registry, under the official names."""
    from containers.offline import build_offline  # noqa: PLC0415

    _show_sizes(build_offline(ROOT, messages.print))


@app.command()
def stack(as_json: AsJson = False) -> None:
    """Say where the services of the compose file are: exit code 0 when all are well, else 1."""
    from containers.stack import status as stack_status  # noqa: PLC0415

    services = stack_status()
    if as_json:
        print_json({one.name: {"state": one.state, "address": one.address} for one in services})
    for one in services:
        colour = "green" if one.well else "red"
        note = f"  [dim]stand-in: {one.stand_in}[/]" if one.stand_in else ""
        messages.print(f"{one.name:<11}[{colour}]{one.state:<10}[/]{one.address}{note}")
    if not services:
        messages.print("the stack is down: `docker compose -f docker/compose.yaml up --wait` starts it")
    if not services or not all(one.well for one in services):
        raise typer.Exit(1)


@app.command()
def pipeline(
    product: ProductName = None,
    began: Annotated[float, typer.Option(help="Unix time at which the setup began; now if unset.")] = 0.0,
) -> None:
    """Walk real observations through every part of the platform, and say what became of them.

    Every product that the contracts declare is walked, unless one is chosen.
    """
    with needing_tables():
        import contracts.tables  # noqa: F401, PLC0415
    from pipeline import run as run_pipeline  # noqa: PLC0415 - the other verbs do without it
    from pipeline import write_archive_behind  # noqa: PLC0415

    products = [product_named(product)] if product else list(load_products().values())
    began = began or time.time()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    embedded.prepare()
    verdict = run_pipeline(ROOT, products, setup_seconds=time.time() - began, screen=messages)
    write_archive_behind(ROOT)
    raise typer.Exit(verdict)


def _show_sizes(sizes: dict[str, int]) -> None:
    for name, size in sizes.items():
        messages.print(f"{name:<40} {size / 1e6:7,.0f} MB")


def _show(found: RunningServices, *, as_json: bool) -> bool:
    health = found.health()
    memory = {name: service.memory_info().rss >> 20 for name, service in found.processes.items()}
    addresses = {"broker": found.bootstrap_servers, "registry": found.schema_registry_url}
    for name, service in found.processes.items():
        state = "[green]answers[/]" if health[name] else "[red]does not answer[/]"
        where = f"{name:<9}{addresses[name]}  {state}"
        messages.print(f"{where}  [dim]pid {service.pid}, {memory[name]} MiB, log {found.logs[name]}[/]")
    if as_json:
        print_json(
            {
                "up": all(health.values()),
                "bootstrap_servers": found.bootstrap_servers,
                "schema_registry_url": found.schema_registry_url,
                "answers": health,
                "pids": {name: service.pid for name, service in found.processes.items()},
                "memory_mib": memory,
            }
        )
    return all(health.values())


if __name__ == "__main__":
    run(app)
