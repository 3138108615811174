"""How far the topics go, and in real-time mode how far they are published: asked of the broker every few
seconds.

Spark reports nothing before a real-time batch ends. Each published record names its raw record, so that the
newest records of the output topics tell how far each raw partition is published, and how long that took.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from confluent_kafka import Message

from contracts.avro.timestamps import CLOCKS_AGREE_WITHIN_MS, KAFKA_SINCE_MS
from contracts.errors import PlatformError, Unreachable
from contracts.kafka.coordinates import Coordinates, source_of
from contracts.kafka.log import Log, Partition, Span, open_log
from streaming.job import Job
from streaming.recovery.checkpoint import Offsets

ASK_EVERY = 2.0
"""Seconds."""

TAIL = 500
"""Records that are read, at most, at the end of each output partition."""

_TAIL_WITHIN = 1.0
"""Seconds for the records of a tail; what comes later is read the next time."""
_SMALL = {"queued.min.messages": TAIL, "queued.max.messages.kbytes": 4096}
"""What the client fetches ahead; its own choice is 64 MB."""

TopicSpans = Mapping[str, Mapping[int, Span]]
"""Topic to partition to the span from its oldest offset to its next one."""


class TopicWatch:
    """Asks in a thread of its own, and reports to three callbacks.

    `on_answer` takes the spans of the job's topics, and `on_silence` is called when the broker does not
    answer. In real-time mode `on_published` takes the next offset of each raw partition, and latencies in
    seconds.
    """

    def __init__(
        self,
        job: Job,
        *,
        on_answer: Callable[[TopicSpans], None],
        on_silence: Callable[[], None],
        on_published: Callable[[Offsets, Sequence[float]], None],
    ) -> None:
        """Watch the topics of `job`; nothing is asked before `start`."""
        self._job = job
        self._on_answer, self._on_silence, self._on_published = on_answer, on_silence, on_published
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="topic-ends", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a question under way is not waited for."""
        self._done.set()

    def _run(self) -> None:
        while not self._done.is_set():
            with contextlib.suppress(PlatformError):
                self._watch()
            if not self._done.wait(ASK_EVERY):
                self._on_silence()

    def _watch(self) -> None:
        job, outputs = self._job, self._job.outputs
        tails: dict[Partition, int] | None = None
        with contextlib.ExitStack() as stack:
            log, tail_log = stack.enter_context(open_log(job.kafka)), None
            if job.real_time:
                tail_log = Log({**job.kafka.client(), **_SMALL}, _TAIL_WITHIN)
                stack.callback(tail_log.close)
            while not self._done.is_set():
                spans = log.watermarks(job.topic, *outputs)
                self._on_answer(spans)
                if tail_log:
                    ends = {(topic, p): span.end for topic in outputs for p, span in spans[topic].items()}
                    # Records that were there before may be another stream's.
                    if tails is not None:
                        self._on_published(*_newest(tail_log, job.topic, tails, ends))
                    tails = ends
                self._done.wait(ASK_EVERY)


def _newest(
    log: Log, raw: str, before: Mapping[Partition, int], ends: Mapping[Partition, int]
) -> tuple[dict[int, int], list[float]]:
    """Next offset of each raw partition, and seconds that its newest record took, of records between the
    ends."""
    gained = {at: Span(max(end - TAIL, before.get(at, 0)), end) for at, end in ends.items()}
    published: dict[Coordinates, int] = {}
    for message in _read(log, gained):
        if source := source_of(message):
            published[source] = message.timestamp()[1]
    # In ascending order, so that the last offset of each partition stays.
    newest = dict(sorted(published))
    spans = {(raw, p): Span(offset, offset + 1) for p, offset in newest.items()}
    received = {(m.partition(), m.offset()): m.timestamp()[1] for m in _read(log, spans)}
    latencies = [latency(published[source], received.get(source)) for source in newest.items()]
    return {p: offset + 1 for p, offset in newest.items()}, [s for s in latencies if s is not None]


def _read(log: Log, spans: Mapping[Partition, Span]) -> Iterator[Message]:
    """The records of `spans`, as far as the broker gives them."""
    with contextlib.suppress(Unreachable):
        yield from log.read(spans)


def latency(published: int, received: int | None) -> float | None:
    """Seconds from when a record was `received` to when it was `published`, both in ms since 1970.

    None where the first is unknown, or no time at which a record can have been received.
    """
    if received is None or not KAFKA_SINCE_MS <= received <= published + CLOCKS_AGREE_WITHIN_MS:
        return None
    return (published - received) / 1000
