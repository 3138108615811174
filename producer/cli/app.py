"""Puts the verbs together, and says where the logs go."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from contracts.process.logs import log_to_stderr
from producer.api.client import MASK
from producer.cli import config, doctor, history, poll, replay
from producer.cli.bodies import backfill, parse
from producer.cli.common import TAKES_PLACES
from producer.settings import WeatherApi

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Produce raw observations: poll an API, send stored bodies, or play real ones again.",
    epilog="Exits with 0 when all is well, 1 when bodies are at fault, 2 for an unusable setting, 3 when an "
    "address is unreachable or records are not acknowledged, 4 when the key is refused, 130 when stopped.",
)
app.command()(parse)
app.command()(backfill)
app.command(context_settings=TAKES_PLACES)(poll.poll)
app.command(context_settings=TAKES_PLACES)(history.history)
app.command(context_settings=TAKES_PLACES)(doctor.doctor)
app.add_typer(replay.app, name="replay")
app.add_typer(config.app, name="config")


@app.callback()
def logs_to_stderr(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log each delivery, and what the libraries say.")
    ] = False,
) -> None:
    """Keep stdout for data, and the key out of the logs."""
    level = logging.DEBUG if verbose else logging.INFO
    if verbose:
        handler = logging.StreamHandler(sys.stderr)
        handler.addFilter(_without_key)
        logging.basicConfig(level=level, handlers=[handler], format="%(levelname)s %(name)s %(message)s")
    log_to_stderr(_masked, level, loggers=["contracts.publishing"])


def _masked(text: str) -> str:
    key = WeatherApi().openweathermap_api_key
    return text.replace(key.get_secret_value(), MASK) if key else text


def _without_key(record: logging.LogRecord) -> bool:
    """Mask the key wherever a library repeats it."""
    record.msg, record.args = _masked(record.getMessage()), ()
    return True
