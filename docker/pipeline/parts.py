"""The parts of the platform as child processes: each is run by its own command line, as a user would."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts.errors import PlatformError, ServiceFailed
from embedded.process import die_with_parent, spawning

_GIST_LINES = 5
_STOP_WITHIN = 20.0
_LOOK_EVERY = 0.1


class PartFailed(PlatformError):
    """A part ended with an error: its own sentence, and its own exit code."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        """Hand on the part's `sentence` and `exit_code`."""
        super().__init__(sentence)
        self.exit_code = exit_code


class Part:
    """One running part: JSON objects come from its stdout, everything else goes to its log.

    A part may be asked by lines on its stdin, each of which it answers with one object.
    """

    def __init__(
        self, name: str, arguments: list[str], environment: Mapping[str, str], folder: Path, logs: Path
    ) -> None:
        """Start `python -m arguments…` in `folder`, with `environment` over our own."""
        logs.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = logs / f"{name}.log"
        self.newest: dict[str, Any] = {}
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

        def start() -> subprocess.Popen[bytes]:
            with self.log.open("wb") as log:
                # A session of its own: Ctrl-C reaches us alone, and we stop the parts in order.
                return subprocess.Popen(
                    [sys.executable, "-m", *arguments],
                    stdout=subprocess.PIPE,
                    stderr=log,
                    stdin=subprocess.PIPE,
                    cwd=folder,
                    env={**os.environ, **environment},
                    start_new_session=True,
                    preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing but prctl
                )

        self._process = spawning(start)
        self._reader = threading.Thread(target=self._read, name=f"{name}-stdout", daemon=True)
        self._reader.start()

    def running(self) -> bool:
        """Whether the part is still at work; raises `PartFailed` when it ended with an error."""
        code = self._process.poll()
        if code is None:
            return True
        if code != 0:
            raise self.failure()
        return False

    def ask(self, line: str) -> None:
        """Write a line to the part's stdin."""
        assert self._process.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # `answer` says why it ended
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()

    def answer(self, within: float) -> dict[str, Any]:
        """The next JSON object that the part prints; raises `PlatformError` when none comes."""
        try:
            found = self._answers.get(timeout=within)
        except queue.Empty:
            raise ServiceFailed(f"{self.name} had no answer within {within:.0f} s: see {self.log}.") from None
        if found is None:
            self._process.wait(_STOP_WITHIN)
            raise self.failure()
        return found

    def finish(self, within: float, allowed: frozenset[int] = frozenset({0})) -> dict[str, Any]:
        """Wait for the end; returns the last JSON object that the part printed."""
        assert self._process.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            code = self._process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self.stop()
            raise ServiceFailed(f"{self.name} was not done within {within:.0f} s: see {self.log}.") from None
        self._reader.join(timeout=5)
        if code not in allowed:
            raise self.failure()
        return self.newest

    def wait_for_children(self, within: float) -> None:
        """Wait until what a part that has ended left behind has ended too; raises `ServiceFailed`."""
        deadline = time.monotonic() + within
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.killpg(self._process.pid, 0)
                if time.monotonic() > deadline:
                    os.killpg(self._process.pid, signal.SIGKILL)
                    raise ServiceFailed(f"what {self.name} began was not done within {within:.0f} s.")
                time.sleep(_LOOK_EVERY)

    def stop(self) -> None:
        """Ask the part to end, and make it when it does not."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_STOP_WITHIN)
            # Also what it leaves behind: a Java process that was still starting outlives its Python.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=_STOP_WITHIN)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        for line in self._process.stdout:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                self.newest = found
                self._answers.put(found)
        self._answers.put(None)

    def failure(self) -> PartFailed:
        """Why the part, which has ended, failed: its own sentence where it gave one."""
        code = self._process.returncode
        said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        sentences = [line.removeprefix("error:").strip() for line in said if line.startswith("error:")]
        gist = sentences[-1] if sentences else " / ".join(said[-_GIST_LINES:]) or f"ended with {code}"
        return PartFailed(f"{self.name}: {gist} (log: {self.log})", code if code > 0 else 128 - code)


@contextlib.contextmanager
def stopping(parts: list[Part]) -> Iterator[None]:
    """Stop whatever of `parts` still runs, newest first, when the block ends."""
    try:
        yield
    finally:
        for part in reversed(parts):
            part.stop()
