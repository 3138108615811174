"""The stream as a process of its own, as people run it: started, watched by what it publishes, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.streams import Place

_LOOK_EVERY = 0.1


class StreamProcess:
    """`python -m streaming run` at work on a place."""

    def __init__(self, place: Place, checkpoint: Path, log: Path, *more: str) -> None:
        """Start it; what it prints is added to `log`."""
        self.place, self.log = place, log
        with log.open("ab") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *place.arguments(checkpoint), *more],
                stdout=subprocess.DEVNULL,
                stderr=told,
                env=place.environment,
                start_new_session=True,
            )

    @property
    def told(self) -> str:
        """All that it has said on stderr."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until_published(self, records: int, within: float) -> float:
        """Wait until the output topics were given so many records; returns the seconds that took."""
        began = time.monotonic()
        while (held := self.place.published()) < records:
            assert self.process.poll() is None, (
                f"it ended with {self.process.returncode}: {self.told[-3000:]}"
            )
            assert time.monotonic() < began + within, (
                f"{held} of {records} were published within {within:.0f} s: {self.told[-3000:]}"
            )
            time.sleep(_LOOK_EVERY)
        return time.monotonic() - began

    def end(self, within: float) -> int:
        """Ask it to end; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)


@contextmanager
def stream_process(place: Place, checkpoint: Path, log: Path, *more: str) -> Iterator[StreamProcess]:
    """Run the stream for the length of the block; whatever is left of it then is killed."""
    started = StreamProcess(place, checkpoint, log, *more)
    try:
        yield started
    finally:
        kill_with_children(started.process)


def kill_with_children(running: subprocess.Popen[bytes]) -> None:
    """Kill a process of a session of its own, and its Java, at one moment, as a machine loses its power."""
    children = psutil.Process(running.pid).children(recursive=True) if running.poll() is None else []
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    running.wait()
    psutil.wait_procs(children, timeout=30)
