"""What surrounds a window: how much the topics hold, how far behind they are, what was put aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quality.places import Coordinates, Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicVolume:
    """How much a topic holds, and how much it was ever given."""

    topic: str
    description: str = ""
    held: int
    given: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineGroup:
    """Records that were put aside for the same reason; `first` is the first of them, in quarantine."""

    reason: str
    stage: str
    rules: tuple[str, ...] = ()
    records: int
    newest_at: datetime
    first: Coordinates


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """All of it, as it was when the window's offsets were asked for."""

    topics: tuple[TopicVolume, ...] = ()
    """In the order of the data."""
    lag: int | None = None
    """Raw records that neither the topic nor the quarantine held yet; None where nobody can tell."""
    quarantine_slices: tuple[Slice, ...] = ()
    """The part of the quarantine topic that `quarantine` tells of."""
    quarantined: int = 0
    """Records in that part."""
    quarantine: tuple[QuarantineGroup, ...] = ()
    """The most records first; the list is cut at some dozens."""
