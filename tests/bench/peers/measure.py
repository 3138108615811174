"""Runs one peer as a process and watches the whole tree of it."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from contracts.errors import ServiceFailed

_LOOK_EVERY = 0.2
_WITHIN = 1800.0


@dataclass
class Watched:
    """What a process and its children used; times are of the machine's clock, in seconds."""

    began: float
    most_resident: int = 0
    """Bytes, of all together."""
    used: list[tuple[float, float]] = field(default_factory=list)
    """Moments, and the processor seconds that had been used by then."""
    _of: dict[tuple[int, float], float] = field(default_factory=dict)

    def look(self, root: psutil.Process) -> None:
        """Note what is used now; a process that has ended keeps what it had used."""
        resident = 0
        try:
            tree = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for one in tree:
            with contextlib.suppress(psutil.Error):
                times, resident = one.cpu_times(), resident + one.memory_info().rss
                self._of[one.pid, one.create_time()] = times.user + times.system
        self.used.append((time.time(), sum(self._of.values())))
        self.most_resident = max(self.most_resident, resident)

    def processor(self, until: float) -> float:
        """Processor seconds up to a moment; between two looks by a straight line."""
        before = (self.began, 0.0)
        for at, seconds in self.used:
            if at >= until:
                return before[1] + (seconds - before[1]) * (until - before[0]) / max(at - before[0], 1e-9)
            before = (at, seconds)
        return before[1]


def watch(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Watched:
    """Run a command to its end; raises `ServiceFailed` where that is none, or comes too late."""
    with log.open("wb") as out:
        watched = Watched(time.time())
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
        root, ended = psutil.Process(process.pid), threading.Event()

        def look() -> None:
            while not ended.wait(_LOOK_EVERY):
                watched.look(root)

        looking = threading.Thread(target=look)
        looking.start()
        try:
            code = process.wait(_WITHIN)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            ended.set()
            looking.join()
            _end(process)
    if code != 0:
        how = f"ended with {code}" if code else f"did not end within {_WITHIN:g} s"
        raise ServiceFailed(f"a peer {how}: {log.read_text(errors='replace')[-2000:]}")
    return watched


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()
