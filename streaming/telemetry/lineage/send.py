"""Sends the events of one run, and costs the stream nothing when the endpoint is slow or away."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time

import structlog
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import RunEvent, RunState
from openlineage.client.uuid import generate_new_uuid

from streaming.record.plan import Plan
from streaming.telemetry.lineage.events import TELL_EVERY, event
from streaming.telemetry.status import Status

_log = structlog.get_logger("streaming.lineage")

_WAITING_AT_MOST = 20
_LAST_WORD_WITHIN = 5.0
_THREAD = "lineage"


def _from_elsewhere(record: logging.LogRecord) -> bool:
    """Keeps the HTTP client from telling of each attempt that fails: we tell of the outage, once."""
    return record.threadName != _THREAD


class Lineage:
    """One run. Its events leave in order by a thread of their own; the oldest of too many are left out."""

    def __init__(self, client: OpenLineageClient, namespace: str) -> None:
        """Send by `client`, about a job in `namespace`."""
        self._client, self._namespace = client, namespace
        self._run_id = str(generate_new_uuid())
        self._plan: Plan | None = None
        self._told_at = 0.0
        self._answers = True
        self._waiting: queue.Queue[RunEvent | None] = queue.Queue(_WAITING_AT_MOST)
        self._thread = threading.Thread(target=self._send_all, name=_THREAD, daemon=True)
        logging.getLogger("urllib3.connectionpool").addFilter(_from_elsewhere)
        self._thread.start()

    def planned(self, plan: Plan, status: Status) -> None:
        """A plan starts: the first begins the run, a later one changes what it reads or writes."""
        state = RunState.RUNNING if self._plan else RunState.START
        self._plan = plan
        self._tell(state, status)

    def batch(self, status: Status) -> None:
        """A batch has ended: that is told now and then."""
        if time.monotonic() - self._told_at >= TELL_EVERY:
            self._tell(RunState.RUNNING, status)

    def end(self, status: Status, error: str | None) -> None:
        """The run is over; waits a few seconds at most until that is told."""
        self._tell(RunState.FAIL if error else RunState.COMPLETE, status, error)
        self._put(None)
        self._thread.join(_LAST_WORD_WITHIN)

    def _tell(self, state: RunState, status: Status, error: str | None = None) -> None:
        if not self._plan:  # a run that never began has no datasets to tell of
            return
        self._told_at = time.monotonic()
        run = {"run_id": self._run_id, "namespace": self._namespace}
        self._put(event(state, self._plan, status, now=time.time(), error=error, **run))

    def _put(self, told: RunEvent | None) -> None:
        while True:
            with contextlib.suppress(queue.Full):
                self._waiting.put_nowait(told)
                return
            with contextlib.suppress(queue.Empty):
                self._waiting.get_nowait()

    def _send_all(self) -> None:
        while told := self._waiting.get():
            answers = self._send(told)
            if answers and not self._answers:
                _log.info("the lineage endpoint takes events again")
            self._answers = answers

    def _send(self, told: RunEvent) -> bool:
        try:
            self._client.emit(told)
        except Exception as error:  # whatever it is, the stream goes on
            if self._answers:
                _log.warning("the lineage endpoint takes no events", error=type(error).__name__)
            return False
        return True
