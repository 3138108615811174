"""Waiting for a broker or a registry that is away, so that nobody has to start the stream again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from contracts.errors import PlatformError, Unreachable
from contracts.kafka.log import open_log
from streaming.engine.query import DELIVERED_WITHIN
from streaming.job import Job
from streaming.running.learn import check_topics, patiently

T = TypeVar("T")

BACK_WITHIN = 600.0
"""Seconds that an outage may last."""


class StillAway(Unreachable):
    """What was waited for did not come back in time."""


_log = logging.getLogger("streaming")


def outlast(ask: Callable[[], T], stopping: threading.Event, outage: PlatformError | None = None) -> T | None:
    """Ask until there is an answer, and tell of it when that takes more than one question.

    With an `outage`, which is what the first question met, the next is the first one asked here. None when
    the stream is `stopping` meanwhile. Raises `StillAway`, or the last refusal, when it lasts too long.
    """
    try:
        if outage:
            raise outage
        return ask()
    except PlatformError as failure:
        _log.warning(
            "%s The stream waits up to %.0f s for that, and goes on by itself.", failure, BACK_WITHIN
        )
    began = time.monotonic()
    try:
        answer = patiently(ask, BACK_WITHIN, stopping)
    except PlatformError as failure:
        if stopping.is_set():
            return None
        if isinstance(failure, Unreachable):
            raise StillAway(str(failure)) from None
        raise
    _log.warning("The stream goes on after %.0f s.", time.monotonic() - began)
    return None if stopping.is_set() else answer


def broker_is_back(job: Job, failed: float, stopping: threading.Event) -> None:
    """Raise a `PlatformError` while a partition of the job's topics is not served.

    Then wait for what may still arrive: what the batch that `failed` at that moment, by the monotonic clock,
    had handed to Kafka's client.
    """
    check_topics(job)
    with open_log(job.kafka) as log:
        log.watermarks(job.topic, *job.outputs)
    stopping.wait(max(0.0, failed + DELIVERED_WITHIN - time.monotonic()))
