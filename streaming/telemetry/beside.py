"""The note beside a checkpoint that says where its stream can be asked, and how the last one ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from contracts.process.files import write_whole

FILE = ".running.json"
"""In the checkpoint's folder; Spark passes over names that begin with a dot."""


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


def write(folder: Path, note: Note) -> None:
    """Leave `note` beside the checkpoint in `folder`, in one step; raises OSError."""
    write_whole(folder / FILE, json.dumps(asdict(note)) + "\n")


def read(folder: Path) -> Note | None:
    """The note beside the checkpoint in `folder`; None where there is none that can be read."""
    try:
        return Note(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
