"""One thing that a review notes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contracts.evolution.diff import Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One difference between a contract as it was and as it is."""

    kind: str
    """A kind of `diff`'s, or the key of `contract.yaml` that differs."""
    words: str
    file: Path | None = None
    """The file as it is; None where there is none any more."""
    path: str = ""
    """JSON pointer into the file."""
    fields: tuple[str, ...] = ()
    """Dotted names of the fields that it is about."""
    producers_first: Meaning | None = None
    """What it means where producers move first; None where no record looks different."""
    consumers_first: Meaning | None = None
