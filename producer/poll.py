"""Polls a weather API for a list of places, each at its own interval."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from contracts.errors import KeyRefused, PlatformError
from producer.api import Answer, Client, PlaceUnknown
from producer.observation import News
from producer.outbox import Outbox
from producer.parse import Source, parse
from producer.places import Place
from producer.reading import Unparsable
from producer.workers import Workers

_MOST_THREADS = 32
"""At a call a second, and 20 seconds that each may hang, no more are ever busy."""
_TEND_EVERY = 0.2

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Polled:
    """What became of the calls, and whose weather it was.

    `answered` calls were sent, unchanged or quarantined; of the `failed` ones, refusals are quarantined too.
    """

    calls: int = 0
    answered: int = 0
    unchanged: int = 0
    corrected: int = 0
    quarantined: int = 0
    failed: int = 0
    last_failure: Exception | None = None
    source: Source = "OPENWEATHERMAP"
    replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often: `rounds` calls for each place (None: until stopped), one each `interval` seconds."""

    rounds: int | None
    interval: float


class Poller:
    """Asks for the weather of `places` and publishes what is new."""

    def __init__(self, places: Sequence[Place], client: Client, outbox: Outbox) -> None:
        """Prepare; nothing is sent yet."""
        self._places = places
        self._client = client
        self._outbox = outbox
        self.polled = Polled()

    def run(self, schedule: Schedule, stop: threading.Event) -> Polled:
        """Poll until the rounds are done or `stop` is set; a place that fails or hangs holds up no other.

        Raises `KeyRefused`, since no call could succeed, and the last failure when no call was answered.
        """
        workers = Workers(min(len(self._places), _MOST_THREADS), self._ask)
        began = time.monotonic()
        # When each place is due, its number, and how many of its calls went before.
        due = [(began, number, 0) for number in range(len(self._places))]
        under_way: dict[int, tuple[float, int]] = {}
        while (due or under_way) and not stop.is_set():
            now = time.monotonic()
            while due and due[0][0] <= now:
                _, number, before = heapq.heappop(due)
                under_way[number] = (now, before + 1)
                workers.submit(number)
            until_due = due[0][0] - now if due else _TEND_EVERY
            done = workers.result(min(until_due, _TEND_EVERY))
            if done is not None:
                number, outcome = done
                asked_at, calls = under_way.pop(number)
                self._take(self._places[number], outcome)
                if calls != schedule.rounds:
                    heapq.heappush(due, (asked_at + schedule.interval, number, calls))
            self._outbox.tend()
        if self.polled.last_failure is not None and not self.polled.answered and not stop.is_set():
            raise self.polled.last_failure
        return self.polled

    def _ask(self, number: int) -> Answer | Exception:
        try:
            return self._client.current(self._places[number])
        except Exception as failure:
            return failure

    def _take(self, place: Place, outcome: Answer | Exception) -> None:
        self.polled.calls += 1
        if isinstance(outcome, Answer):
            self.polled.answered += 1
            self._publish(place, outcome)
        elif isinstance(outcome, PlatformError) and not isinstance(outcome, KeyRefused):
            self.polled.failed += 1
            self.polled.last_failure = outcome
            if isinstance(outcome, PlaceUnknown):
                self._quarantine(place, outcome.answer, f"PLACE_UNKNOWN: {outcome}")
            _log.warning("no observation", place=place.text, why=str(outcome))
        else:
            raise outcome

    def _publish(self, place: Place, answer: Answer) -> None:
        self.polled.source, self.polled.replay = answer.context.source, answer.context.replay
        try:
            record = parse(answer.body, answer.context)
        except Unparsable as why:
            self._quarantine(place, answer, f"{why.reason}: {why}")
            return
        found = self._outbox.offer(record)
        self.polled.unchanged += found is News.UNCHANGED
        self.polled.corrected += found is News.CORRECTION

    def _quarantine(self, place: Place, answer: Answer, explanation: str) -> None:
        if answer.cut:
            explanation += f" The body was longer: only its first {len(answer.body)} bytes are kept."
        self.polled.quarantined += 1
        self._outbox.quarantine(answer.body, answer.context.received_at, explanation)
        _log.warning("quarantined", place=place.text, why=explanation)
