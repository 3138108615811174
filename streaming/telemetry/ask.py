"""Asks a running stream how it is doing: by the note beside its checkpoint, or at an address.

The stream writes the note: it says where the stream can be asked, and how the last one ended.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from contracts.errors import NotRunning, Unreachable, UnusableSetting
from contracts.process.files import write_whole

_ANSWERS_WITHIN = 5.0

FILE = ".running.json"
"""In the checkpoint's folder; Spark ignores names that begin with a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A stream that runs, or has run, on a checkpoint. Times are ISO 8601, UTC."""

    pid: int
    url: str
    started_at: str
    ended_at: str | None = None
    """None while it runs, and for one that was killed."""
    error: str | None = None
    """Why it ended, where it did not end well."""


def write_note(folder: Path, note: Note) -> None:
    """Leave `note` beside the checkpoint in `folder`, in one step; raises OSError."""
    write_whole(folder / FILE, json.dumps(asdict(note)) + "\n")


def ask_beside(checkpoint: Path) -> dict[str, Any]:
    """The facts of the stream on `checkpoint`; raises `NotRunning` where none runs there."""
    note = _read(checkpoint)
    if note is None:
        raise NotRunning(
            f"no stream has run on the checkpoint {checkpoint}: give the --checkpoint of one that runs, "
            "or its --url."
        )
    if note.ended_at is None:
        facts = _get(note.url)
        # Another process may listen there by now.
        if facts and (facts.get("pid"), facts.get("started_at")) == (note.pid, note.started_at):
            return facts
    raise NotRunning(f"no stream runs on the checkpoint {checkpoint}: {_end_of(note)}")


def ask_at(url: str) -> dict[str, Any]:
    """The facts of the stream that serves its metrics at `url`; raises `Unreachable` or `UnusableSetting`."""
    try:
        address = urlsplit(url)
        usable = address.scheme in {"http", "https"} and bool(address.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise UnusableSetting(f"{url!r} is no address: write one such as http://127.0.0.1:9464.")
    facts = _get(f"{address.scheme}://{address.netloc}")
    if facts is None or "state" not in facts:
        raise Unreachable(f"no stream answers at {url}: its log tells the address of its metrics.")
    return facts


def _end_of(note: Note) -> str:
    last = f"the last one (pid {note.pid}, started {note.started_at})"
    if note.ended_at is None:
        return f"{last} is gone without a word."
    return (
        f"{last} failed at {note.ended_at}: {note.error}"
        if note.error
        else f"{last} ended at {note.ended_at}."
    )


def _get(url: str) -> dict[str, Any] | None:
    """The answer of `/status` at `url`, without a proxy; None where no stream answers."""
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/status", timeout=_ANSWERS_WITHIN) as answer:
            facts = json.load(answer)
    except (URLError, OSError, ValueError, http.client.HTTPException):
        return None
    return facts if isinstance(facts, dict) else None


def _read(folder: Path) -> Note | None:
    """The note beside the checkpoint in `folder`; None where there is none that can be read."""
    try:
        return Note(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
