"""Puts the verbs together."""

from __future__ import annotations

import logging
import sys

import structlog
import typer

from producer.cli import backfill, parse, poll, replay

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Produce raw weather to topic-weather: poll the API, send stored bodies, or play real ones again.",
    epilog="Exits with 0 when all is well, 1 when bodies are at fault, 2 for an unusable setting, 3 when an "
    "address is unreachable or records are not acknowledged, 4 when the key is refused, 130 when stopped.",
)
app.command()(parse.parse)
app.command()(backfill.backfill)
app.command()(poll.poll)
app.add_typer(replay.app, name="replay")


@app.callback()
def logs_to_stderr() -> None:
    """Keep stdout for data."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False)
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
