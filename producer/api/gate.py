"""Lets calls through one by one, at the pace that the plan allows, whichever thread they come from."""

from __future__ import annotations

import threading
import time

from producer.manners import Pace


class Gate:
    """A pace that several threads share."""

    def __init__(self, calls_per_minute: float, stop: threading.Event) -> None:
        """Nothing waits yet; `stop` ends every wait."""
        self._pace = Pace(calls_per_minute)
        self._stop = stop
        self._lock = threading.Lock()

    def blocked(self) -> float:
        """Seconds for which the API refuses calls."""
        with self._lock:
            return self._pace.blocked(time.monotonic())

    def turn(self) -> bool:
        """Wait for the turn of one call; False when it has to stop."""
        while not self._stop.is_set():
            with self._lock:
                now = time.monotonic()
                seconds = self._pace.wait(now)
                if seconds == 0:
                    self._pace.take(now)
                    return True
            self._stop.wait(seconds)
        return False

    def refused(self, asked: float | None) -> float:
        """Hold all calls back for as long as the API asked; returns the seconds."""
        with self._lock:
            return self._pace.refused(time.monotonic(), asked)

    def answered(self) -> None:
        """Count a call as answered."""
        with self._lock:
            self._pace.answered()
