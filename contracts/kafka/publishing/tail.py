"""What came to some partitions of late."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from confluent_kafka import Message

from contracts.errors import UnusableSetting
from contracts.kafka.cluster import ANSWERS_WITHIN, Kafka
from contracts.kafka.log import Log, NeverQuiet, Partition, Span, open_log

_THERE_WITHIN = 3.0
"""Seconds for which a broker that has just started, or made a topic, may not know it."""
_LOOK_EVERY = 0.1
_QUIET_FOR = 1.0
"""Seconds without a record, after which what a lost client's connection still carried has arrived."""
_QUIET_WITHIN = 10.0
"""Seconds after which a topic that others keep writing to is taken as it is."""


def ends(kafka: Kafka, topics: Collection[str], within: float = ANSWERS_WITHIN) -> dict[str, dict[int, int]]:
    """Each of `topics` to the next offset of its partitions; waits `within` seconds for the broker.

    Raises what `Log.watermarks` raises.
    """
    with open_log(replace(kafka, answers_within=within)) as log:
        held = _held(log, topics)
    return {topic: {p: span.end for (t, p), span in held.items() if t == topic} for topic in topics}


def behind(kafka: Kafka, known: Mapping[Partition, int]) -> Iterator[Message]:
    """Give the records from these offsets on, by partition, until no more come; raises as `Log.read`."""
    if not known:
        return
    with open_log(kafka) as log, suppress(NeverQuiet):
        held = _held(log, {topic for topic, _ in known})
        spans = {
            at: Span(min(max(offset, held[at].begin), held[at].end), held[at].end)
            for at, offset in known.items()
            if at in held
        }
        yield from log.read(spans, quiet=_QUIET_FOR, quiet_within=_QUIET_WITHIN)


def _held(log: Log, topics: Collection[str]) -> dict[Partition, Span]:
    deadline = time.monotonic() + _THERE_WITHIN
    while True:
        try:
            return log.spans(*topics)
        except UnusableSetting:  # noqa: PERF203 - it waits anyway
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_EVERY)
