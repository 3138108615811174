"""The watch looks at a topic at an interval, and starts a child process that judges each window.

The child has a low priority, and is gone when it is done: between two windows the stream has the machine to
itself. The parent starts no Spark: it only sees whether there is anything to judge.

On a busy machine the judging rests five times as long as it took. A low priority alone does not keep it out
of the way: on two busy cores, a child of the lowest one still costs the stream up to a quarter, because it
takes a core whenever the stream waits for a moment, and gives it back late.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from contracts.errors import PlatformError
from contracts.folder.product import Product
from quality import health
from quality.history import History
from quality.sources import open_sources
from quality.watch.alerts import Alerts
from quality.watch.round import Outcome, Task, find_task, send_alerts
from quality.window.times import now

Line = dict[str, Any]
"""The result of one round: `said` in words, and what a program wants to know."""

_JUDGED_WITHIN = 900.0
_LOOK_WITHIN = 120.0
_LOOK_EVERY = 0.1
_STOP_WITHIN = 10.0
_BUSY = 0.75
_MEASURE_FOR = 1.0
TIMES = 5.0
"""How many times longer it rests than it judges: it costs up to a quarter for a sixth of the time, so 4 %."""
_AGAIN_AFTER = 30.0
"""Seconds until the next round at most, when one failed."""
_BEHIND = '{ echo "$0" > /proc/self/autogroup; } 2>/dev/null; exec nice -n "$0" "$@"'
"""Linux weighs sessions against each other, and a process's priority only within its session: processes of
low priority take their full share of the machine until the session itself has a low one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is watched, and how. `every` is in seconds; `most` records make a window."""

    product: Product
    topic: str
    every: float
    begin: datetime
    """When the first window of all begins, by the arrival of its records."""
    started: datetime
    most: int
    alerts: Alerts
    nice: int
    """How low the child's priority is, from 0 to 19. With 0 it does not rest either."""
    child: Sequence[str]
    """The command that judges what is next, and prints one JSON object."""
    health: Path
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, say: Callable[[Line], None]) -> None:
        """Go on until `stop` is set; a round that fails is said, and tried again."""
        failures, sentence = 0, "the watch has begun"
        while not self.stop.is_set():
            began = time.monotonic()
            health.say(self.health, lasts=_LOOK_WITHIN + _JUDGED_WITHIN, failures=failures, sentence=sentence)
            try:
                line = self._round()
                failures = 0
            except PlatformError as error:
                failures += 1
                line = {"said": f"error: {error}", "failures": failures}
            if self.stop.is_set():
                return
            sentence = line["said"]
            wait = min(self.every, _AGAIN_AFTER) if failures else self.every
            resting = self._resting(line, time.monotonic() - began)
            # How busy the machine is takes a moment to see, which is part of the interval.
            wait = 0.0 if line.get("behind") else max(0.0, wait - (time.monotonic() - began))
            if resting > wait:
                wait = resting
                line["said"] += f"; the machine is busy, the next window waits {wait:.0f} s"
            health.say(self.health, lasts=wait + _LOOK_WITHIN, failures=failures, sentence=sentence)
            say({"at": now().isoformat(), **line})
            self.stop.wait(wait)

    def _resting(self, line: Line, spent: float) -> float:
        """Seconds to rest after a round of `spent` seconds; 0 where no child has judged."""
        return rest(spent, busy(self.stop)) if self.nice and "behind" in line else 0.0

    def _round(self) -> Line:
        with open_sources(self.product) as sources:
            task = find_task(sources, self.topic, begin=self.begin, started=self.started, most=self.most)
            if not task.window.span and not task.stale:
                outcome = None
                if task.last and task.unsent_alerts:
                    outcome = send_alerts(task.last, self.alerts, History(sources).publish)
                return _nothing_new(task, outcome)
        return {**self._child(), "behind": task.waiting}

    def _child(self) -> Line:
        """Let a child judge the next window; raises `PlatformError` with the child's own sentence."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            with _started(self.child, self.nice, out, errors) as child:
                deadline = time.monotonic() + _JUDGED_WITHIN
                while child.poll() is None and not self.stop.wait(_LOOK_EVERY):
                    if time.monotonic() > deadline:
                        raise RoundFailed(f"a window was not judged within {_JUDGED_WITHIN:.0f} s.")
            out.seek(0)
            errors.seek(0)
            printed, complained = out.read().strip().splitlines(), errors.read().strip().splitlines()
        if self.stop.is_set():
            return {"said": "stopped"}
        if not printed:
            sentences = [line for line in complained if line.startswith("error: ")] or complained[-1:]
            why = sentences[-1].removeprefix("error: ") if sentences else f"exit code {child.returncode}"
            raise RoundFailed(f"the window could not be judged: {why}")
        line: Line = json.loads(printed[-1])
        return line


class RoundFailed(PlatformError):
    """A window could not be judged this time."""


@contextlib.contextmanager
def _started(command: Sequence[str], nice: int, out: Any, errors: Any) -> Iterator[subprocess.Popen[str]]:
    """A child of low priority in a session of its own, which is killed whole at the end, its Java too."""
    behind = ["sh", "-c", _BEHIND, str(nice)] if shutil.which("nice") else []
    child = subprocess.Popen(
        [*behind, sys.executable, *command],
        # The child ends when this closes, as it does with us, however we end.
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=errors,
        text=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_STOP_WITHIN)


def _nothing_new(task: Task, outcome: Outcome | None) -> Line:
    last = task.last.last_arrival_at if task.last else None
    since = f" since {last:%Y-%m-%d %H:%M:%S} UTC" if last else ""
    problems = f"; {' and '.join(outcome.problems)}" if outcome and outcome.problems else ""
    return {"said": f"nothing new{since}{problems}", "rows": 0}


def rest(judged: float, used: float) -> float:
    """Seconds to rest after `judged` seconds of judging, when the part `used` of the machine is at work."""
    return judged * TIMES if used > _BUSY else 0.0


def busy(stop: threading.Event) -> float:
    """The part of all processors' time that is used within the next second, or until `stop`."""
    psutil.cpu_percent()
    stop.wait(_MEASURE_FOR)
    return float(psutil.cpu_percent()) / 100
