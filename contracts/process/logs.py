"""Where the parts that run for long write their logs, and how no secret gets into them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

MASK = "***"
"""Stands for a secret."""


def log_to_stderr(
    mask: Callable[[str], str], level: int = logging.INFO, *, loggers: Collection[str] = ()
) -> None:
    """Write events from `level` on to stderr: as JSON lines, or for reading where that is a terminal.

    Every text in an event goes through `mask`, which hides the secrets that it knows. The records of the
    standard library's `loggers` take the same way.
    """

    def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {name: _masked(value, mask) for name, value in event.items()}

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.dev.ConsoleRenderer(colors=False)
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    for name in loggers:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [_Forward()], False
        logger.setLevel(level)


def masking(secrets: Collection[str]) -> Callable[[str], str]:
    """What replaces each of the `secrets` in a text; empty ones are none."""
    # The longest first: one may be the beginning of another.
    known = sorted(filter(None, secrets), key=len, reverse=True)

    def mask(text: str) -> str:
        for secret in known:
            text = text.replace(secret, MASK)
        return text

    return mask


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _masked(item, mask) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item, mask) for item in value]
    return value


class _Forward(logging.Handler):
    """Hands records of the standard library's loggers on."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(record.levelno, record.getMessage())


class _Stderr:
    """Today's stderr, whoever it is: a live line on a terminal takes its place while it is shown."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()
