"""How far the topics go: the broker is asked now and then, on a connection of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping

from contracts.errors import PlatformError
from contracts.kafka.log import ends_of, open_log
from streaming.job import Job
from streaming.telemetry.newest import Newest, Tails

ASK_EVERY = 2.0
"""Seconds."""

Held = Mapping[str, Mapping[int, tuple[int, int]]]
"""Topic to partition to its oldest offset and its next one."""


class Ends:
    """Tells `heard` what the job's topics hold, and `silent` when the broker does not answer.

    In real-time mode `published` is told how far each raw partition is published, too.
    """

    def __init__(
        self,
        job: Job,
        *,
        heard: Callable[[Held], None],
        silent: Callable[[], None],
        published: Callable[[Mapping[int, Newest]], None],
    ) -> None:
        """Ask for the topics of `job`; nothing is asked before `start`."""
        self.job, self.heard, self.silent, self.published = job, heard, silent, published
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, name="topic-ends", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def stop(self) -> None:
        """End; a question under way is not waited for."""
        self.done.set()

    def _run(self) -> None:
        while not self.done.is_set():
            with contextlib.suppress(PlatformError):
                self._ask()
            if not self.done.wait(ASK_EVERY):
                self.silent()

    def _ask(self) -> None:
        outputs = (self.job.final, self.job.quarantine)
        with open_log(self.job.kafka) as log, self._tails() as tails:
            while not self.done.is_set():
                held = log.watermarks(self.job.topic, *outputs)
                self.heard(held)
                if tails:
                    ends = {topic: ends_of(held[topic]) for topic in outputs}
                    self.published(tails.newest(ends))
                self.done.wait(ASK_EVERY)

    @contextlib.contextmanager
    def _tails(self) -> Iterator[Tails | None]:
        if not self.job.real_time:
            yield None
            return
        with contextlib.closing(Tails(self.job.kafka, self.job.topic)) as tails:
            yield tails
