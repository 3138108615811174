"""Which offsets a window has: asked of the broker once, so that reading is bounded and repeatable."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from contracts.log import Log
from quality.places import Slice, Window
from quality.times import now


def find_window(log: Log, topic: str, since: datetime | None = None, until: datetime | None = None) -> Window:
    """Fix the offsets of the records of `topic` whose Kafka timestamp lies in [since, until).

    Raises what `Log.watermarks` raises: `UnusableSetting` when there is no such topic.
    """
    asked_at = now()
    held = log.watermarks(topic)[topic]
    starts = _offsets_at(log, topic, since) if since else {}
    ends = _offsets_at(log, topic, until) if until else {}
    slices = (
        Slice(
            partition=partition,
            start=(start := min(starts.get(partition, low), high)),
            end=max(start, min(ends.get(partition, high), high)),
        )
        for partition, (low, high) in sorted(held.items())
    )
    return Window(topic=topic, since=since, until=until, slices=tuple(slices), asked_at=asked_at)


def going_on(window: Window, done: Iterable[Slice]) -> Window:
    """What of `window` lies behind `done`; a partition whose topic was made again begins anew."""
    ends = {part.partition: part.end for part in done}
    slices = (
        part
        if ends.get(part.partition, 0) > part.end
        else replace(part, start=max(part.start, ends.get(part.partition, 0)))
        for part in window.slices
    )
    return replace(window, slices=tuple(slices))


def at_most(window: Window, records: int) -> Window:
    """The beginning of `window`: about as many offsets of each partition as make `records` together."""
    if window.span <= records:
        return window
    part_of = records / window.span
    slices = (
        replace(part, end=part.start + math.ceil((part.end - part.start) * part_of)) for part in window.slices
    )
    return replace(window, slices=tuple(slices))


def _offsets_at(log: Log, topic: str, moment: datetime) -> dict[int, int]:
    """For each partition, the first offset whose record is not older than `moment`; its end where none is."""
    spans = log.since([topic], int(moment.timestamp() * 1000))
    return {partition: begin for (_, partition), (begin, _) in spans.items()}
