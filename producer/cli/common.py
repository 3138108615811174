"""What the verbs share: options, the publisher at the addresses of the environment, and the summary."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from contracts.errors import UnusableSetting
from contracts.folder.product import Product
from contracts.kafka.settings import addresses
from contracts.process.command_line import INTERRUPTED, messages, print_json
from contracts.registry.registry import connect
from producer.observation import shape_of
from producer.parse import BODIES, Context, Source, Units
from producer.publish import DELIVER_WITHIN, Publisher

AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object on stdout.")]
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
