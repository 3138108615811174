"""One line on a terminal that says how the stream is doing, kept up to date in place."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator

from rich.live import Live
from rich.text import Text

from contracts.process.command_line import messages
from streaming.telemetry.report import Reporter
from streaming.telemetry.shown import facts, line

_TIMES_A_SECOND = 2


def watched_by_someone() -> bool:
    """Whether stderr is a terminal that shows a line in place, and this process is in front on it."""
    if not messages.is_terminal or messages.is_dumb_terminal:
        return False
    try:
        return os.tcgetpgrp(sys.stderr.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def live_line(reporter: Reporter) -> Iterator[None]:
    """Show the line for as long as the block lasts."""

    def now() -> Text:
        status = reporter.status
        # While Spark starts it writes to the terminal as it likes.
        return line(facts(status, time.time())) if status.plan else Text()

    with Live(
        get_renderable=now,
        console=messages,
        refresh_per_second=_TIMES_A_SECOND,
        transient=True,
        redirect_stdout=False,
    ):
        yield
