"""Asks a running stream how it is doing: by the note beside its checkpoint, or at an address."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from contracts.errors import NotRunning, Unreachable, UnusableSetting
from streaming.telemetry import beside

_ANSWERS_WITHIN = 5.0


def ask_beside(checkpoint: Path) -> dict[str, Any]:
    """What the stream on `checkpoint` tells; raises `NotRunning` where none runs there."""
    note = beside.read(checkpoint)
    if note is None:
        raise NotRunning(
            f"no stream has run on the checkpoint {checkpoint}: give the --checkpoint of one that runs, "
            "or its --url."
        )
    if note.ended_at is None:
        told = _get(note.url)
        # Another process may listen there by now.
        if told and (told.get("pid"), told.get("started_at")) == (note.pid, note.started_at):
            return told
    raise NotRunning(f"no stream runs on the checkpoint {checkpoint}: {_end_of(note)}")


def ask_at(url: str) -> dict[str, Any]:
    """What the stream that serves its metrics at `url` tells; raises `Unreachable` or `UnusableSetting`."""
    try:
        address = urlsplit(url)
        usable = address.scheme in {"http", "https"} and bool(address.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise UnusableSetting(f"{url!r} is no address: write one such as http://127.0.0.1:9464.")
    told = _get(f"{address.scheme}://{address.netloc}")
    if told is None or "state" not in told:
        raise Unreachable(f"no stream answers at {url}: its log tells the address of its metrics.")
    return told


def _end_of(note: beside.Note) -> str:
    last = f"the last one (pid {note.pid}, started {note.started_at})"
    if note.ended_at is None:
        return f"{last} is gone without a word."
    return (
        f"{last} failed at {note.ended_at}: {note.error}"
        if note.error
        else f"{last} ended at {note.ended_at}."
    )


def _get(url: str) -> dict[str, Any] | None:
    """What `/status` at `url` answers; None where nothing of ours does. No proxy stands between."""
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/status", timeout=_ANSWERS_WITHIN) as answer:
            told = json.load(answer)
    except (URLError, OSError, ValueError, http.client.HTTPException):
        return None
    return told if isinstance(told, dict) else None
