"""Which offsets a window has: the broker is asked once, so that reading is bounded and repeatable."""

from __future__ import annotations

from datetime import datetime

from contracts.kafka.log import Log
from contracts.records.topic_weather_quality import Slice
from quality.window.extent import Window
from quality.window.times import now


def find_window(log: Log, topic: str, since: datetime | None = None, until: datetime | None = None) -> Window:
    """Find the offsets of the records of `topic` whose Kafka timestamp lies in [since, until).

    Raises what `Log.watermarks` raises: `UnusableSetting` when there is no such topic.
    """
    asked_at = now()
    marks = log.watermarks(topic)[topic]
    starts = _offsets_at(log, topic, since) if since else {}
    ends = _offsets_at(log, topic, until) if until else {}
    slices = (
        Slice(
            partition=partition,
            start=(start := min(starts.get(partition, low), high)),
            end=max(start, min(ends.get(partition, high), high)),
        )
        for partition, (low, high) in sorted(marks.items())
    )
    return Window(topic=topic, since=since, until=until, slices=tuple(slices), asked_at=asked_at)


def _offsets_at(log: Log, topic: str, moment: datetime) -> dict[int, int]:
    """For each partition, the first offset whose record is not older than `moment`; else its end."""
    spans = log.since([topic], int(moment.timestamp() * 1000))
    return {partition: span.begin for (_, partition), span in spans.items()}
