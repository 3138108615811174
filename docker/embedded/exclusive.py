"""One process at a time: the others wait their turn, and say so."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import ServiceFailed
from contracts.process.command_line import messages

_POLL_SECONDS = 0.2


@contextmanager
def exclusive(path: Path, *, what: str, limit: float) -> Iterator[None]:
    """Hold a lock on the file `path` for the length of the block; the kernel frees it when a holder dies.

    Raises `ServiceFailed` when another process is at `what` for longer than `limit` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + limit
    told = False
    with path.open("w") as file:
        while not _locked(file.fileno()):
            if time.monotonic() > deadline:
                raise ServiceFailed(f"another {what} is at work for over {limit:.0f} s: end it first.")
            if not told:
                messages.print(f"waiting for another {what} to end")
                told = True
            time.sleep(_POLL_SECONDS)
        yield


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
