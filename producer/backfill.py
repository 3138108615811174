"""Publishes stored bodies, as fast as the broker takes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from producer.parse import Context, parse
from producer.publish import Publisher
from producer.reading import Unparsable
from producer.stored import StoredBody


@dataclass(slots=True)
class Backfilled:
    """What became of the bodies: how many were read, and which of them could not become records."""

    read: int = 0
    refused: int = 0
    first_refused: list[str] = field(default_factory=list)
    """Where the first few lie, and why."""


_NAMED = 5


def backfill(
    bodies: Iterable[StoredBody],
    context: Context,
    publisher: Publisher,
    *,
    stop: threading.Event,
    progress: Callable[[int], None] = lambda _size: None,
) -> Backfilled:
    """Publish every body; `progress` is told the bytes read. Ends early when `stop` is set.

    A body that cannot become a record is counted and named, not quarantined: it is still in its file.
    """
    result = Backfilled()
    for stored in bodies:
        if stop.is_set():
            break
        result.read += 1
        try:
            publisher.send(parse(stored.body, context))
        except Unparsable as why:
            result.refused += 1
            if len(result.first_refused) < _NAMED:
                result.first_refused.append(f"{stored.where}: {why.reason}: {why}")
        progress(stored.size)
    return result
