"""Publishes stored bodies, as fast as the broker takes them; an interrupted one goes on where it was."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from contracts.kafka.publishing import NotDelivered
from producer.observation import REMEMBERED, News, Recent, Shape
from producer.parse import Context, parse
from producer.publish import Publisher
from producer.reading import Unparsable
from producer.state import Progress, State
from producer.stored import StoredBody
from producer.tail import fingerprint, on_topic

_NAMED = 5
_SAVE_EVERY = 20_000
"""Bodies between two notes of how far it came; each waits for the broker's word on all before."""
_FLUSH_WITHIN = 300.0


@dataclass(slots=True)
class Backfilled:
    """What became of the bodies; `read` leaves out those that an interrupted run had done."""

    read: int = 0
    refused: int = 0
    unchanged: int = 0
    """Bodies that tell an observation again, in the same values."""
    resumed_after: int = 0
    already_there: int = 0
    """Records that the interrupted run had sent, and had not come to note."""
    first_refused: list[str] = field(default_factory=list)
    """Where the first few lie, and why."""


class Backfill:
    """Publishes stored bodies; the progress is kept in `state` until all are acknowledged."""

    def __init__(self, context: Context, publisher: Publisher, state: State) -> None:
        """Go on where `state` says that the same backfill was interrupted, else begin."""
        self.done = Backfilled()
        self._publisher = publisher
        self._state = state
        self._recent = Recent(Shape.of(publisher.raw.contract))
        self._there: Counter[bytes] = Counter()
        progress = state.progress()
        if progress is not None:
            self.done.resumed_after = progress.position
            self._there = on_topic(publisher.kafka, publisher.raw.topic, progress.since)
        # Each record is written as the interrupted run wrote it, so that its very bytes tell it.
        began = progress.received_at if progress is not None else context.received_at
        self._context = replace(context, received_at=began)
        if progress is None:
            self._save(0)

    def run(
        self,
        bodies: Iterable[StoredBody],
        *,
        stop: threading.Event,
        progress: Callable[[int], None] = lambda _size: None,
    ) -> Backfilled:
        """Publish every body; `progress` takes the bytes read. Ends early when `stop` is set.

        A body that cannot become a record is counted and named, not quarantined: it is still in its file.
        Raises `NotDelivered` when the broker stays away.
        """
        passed: deque[StoredBody] = deque(maxlen=REMEMBERED)
        for position, stored in enumerate(bodies, start=1):
            if stop.is_set():
                return self.done
            if position <= self.done.resumed_after:
                passed.append(stored)
            else:
                while passed:
                    self._remember(passed.popleft())
                self._send(stored)
                if position % _SAVE_EVERY == 0:
                    self._save(position)
            progress(stored.size)
        return self.done

    def _send(self, stored: StoredBody) -> None:
        self.done.read += 1
        try:
            record = parse(stored.body, self._context)
        except Unparsable as why:
            self.done.refused += 1
            if len(self.done.first_refused) < _NAMED:
                self.done.first_refused.append(f"{stored.where}: {why.reason}: {why}")
            return
        found = self._recent.see(record)
        if found is News.UNCHANGED:
            self.done.unchanged += 1
            return
        record["correction"] = found is News.CORRECTION
        raw = self._publisher.raw
        value = raw.serialize(record)
        if self._there and self._was_there(value):
            self.done.already_there += 1
        else:
            raw.out.send(value, record["station"].encode())

    def _remember(self, stored: StoredBody) -> None:
        try:
            self._recent.see(parse(stored.body, self._context))
        except Unparsable:
            return

    def _was_there(self, value: bytes) -> bool:
        mark = fingerprint(value)
        if not self._there[mark]:
            return False
        self._there[mark] -= 1
        return True

    def _save(self, position: int) -> None:
        lost = self._publisher.flush(_FLUSH_WITHIN)
        if lost:
            raise NotDelivered(
                f"{lost} records were not acknowledged{self._publisher.trouble()}: see that the broker runs, "
                "and start the same backfill again; it goes on where it was."
            )
        self._state.save(Progress(position, self._context.received_at, time.time_ns() // 1_000_000))
