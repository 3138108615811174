"""How much memory a run takes, all of its processes together."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from types import TracebackType

import psutil

_MIB = 1 << 20


class PeakMemory:
    """Samples the resident memory of this process, its descendants and some other processes.

    Shared pages count once for each process that holds them, so the figure is on the high side.
    """

    def __init__(self, interval: float = 0.5) -> None:
        """Sample every `interval` seconds, from entering the context to leaving it."""
        self.mib = 0
        self._interval = interval
        self._others: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def include(self, pids: Iterable[int]) -> None:
        """Count processes, with their descendants, that are no children of this one."""
        self._others |= set(pids)

    def __enter__(self) -> PeakMemory:
        """Start sampling."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop sampling."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            self.mib = max(self.mib, self._resident() // _MIB)

    def _resident(self) -> int:
        family = {process.pid: process for pid in (os.getpid(), *self._others) for process in _family(pid)}
        return sum(_rss(process) for process in family.values())


def _family(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
