"""Polls the weather API for a list of places, round by round."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from contracts.errors import PlatformError, Unreachable
from producer.manners import Pace, Seen
from producer.openweathermap import SOURCE, Answer, OpenWeatherMap, PlaceUnknown, QuotaExceeded
from producer.parse import Source, parse
from producer.places import Place
from producer.publish import Publisher
from producer.reading import Unparsable

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Polled:
    """What became of the calls (`answered` = sent + unchanged + quarantined), and whose weather it was."""

    calls: int = 0
    answered: int = 0
    unchanged: int = 0
    quarantined: int = 0
    failed: int = 0
    last_failure: PlatformError | None = None
    source: Source = SOURCE
    replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often: `rounds` over all places (None: until stopped), each `interval` seconds after the last."""

    rounds: int | None
    interval: float
    calls_per_minute: float


class Poller:
    """Asks for the weather of `places` and publishes what is new."""

    def __init__(self, places: Sequence[Place], api: OpenWeatherMap, publisher: Publisher) -> None:
        """Prepare; nothing is sent yet."""
        self._places = places
        self._api = api
        self._publisher = publisher
        self._seen = Seen()
        self.polled = Polled()

    def run(self, schedule: Schedule, stop: threading.Event) -> Polled:
        """Poll until the rounds are done or `stop` is set; one place's failure does not keep the others.

        Raises `KeyRefused`, since no call could succeed, and the last failure when no call was answered.
        """
        pace = Pace(schedule.calls_per_minute)
        done = 0
        while not stop.is_set() and done != schedule.rounds:
            began = time.monotonic()
            for place in self._places:
                if stop.wait(pace.wait(time.monotonic())):
                    break
                pace.pause(time.monotonic(), self._call(place))
            done += 1
            if done != schedule.rounds:
                stop.wait(max(0.0, began + schedule.interval - time.monotonic()))
        if self.polled.last_failure is not None and not self.polled.answered:
            raise self.polled.last_failure
        return self.polled

    def _call(self, place: Place) -> float:
        """Ask once; returns the seconds of pause that the API asks for."""
        self.polled.calls += 1
        try:
            answer = self._api.current(place)
        except (Unreachable, PlaceUnknown, QuotaExceeded) as failure:
            self.polled.failed += 1
            self.polled.last_failure = failure
            _log.warning("no weather", place=place.text, why=str(failure))
            return failure.seconds if isinstance(failure, QuotaExceeded) else 0.0
        self.polled.answered += 1
        self._publish(place, answer)
        return 0.0

    def _publish(self, place: Place, answer: Answer) -> None:
        self.polled.source, self.polled.replay = answer.context.source, answer.context.replay
        try:
            record = parse(answer.body, answer.context)
        except Unparsable as why:
            self.polled.quarantined += 1
            self._publisher.quarantine(answer.body, answer.context.received_at, why)
            _log.warning("quarantined", place=place.text, reason=why.reason, why=str(why))
            return
        if self._seen.is_new(record):
            self._publisher.send(record)
        else:
            self.polled.unchanged += 1
