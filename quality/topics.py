"""Which offsets a window has: asked of the broker once, so that reading is bounded and repeatable."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from confluent_kafka import Consumer, KafkaException, TopicPartition

from contracts.broker import ANSWERS_WITHIN, CLIENT_LOG, broker_error
from contracts.errors import ServiceFailed, UnusableSetting
from contracts.kafka import Kafka
from quality.places import Slice, Window
from quality.times import now


@contextmanager
def consumer_of(kafka: Kafka) -> Iterator[Consumer]:
    """Open a consumer that joins no group and commits nothing; the client's errors become sentences."""
    consumer = Consumer(
        {
            **kafka.client(),
            "group.id": "quality",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "logger": CLIENT_LOG,
        }
    )
    try:
        yield consumer
    except KafkaException as error:
        raise broker_error(error, kafka.client()) from None
    finally:
        consumer.close()


def find_window(
    consumer: Consumer, topic: str, since: datetime | None = None, until: datetime | None = None
) -> Window:
    """Fix the offsets of the records of `topic` whose Kafka timestamp lies in [since, until).

    Raises `UnusableSetting` when there is no such topic.
    """
    asked_at = now()
    held = watermarks(consumer, topic)
    starts = _offsets_at(consumer, topic, held, since) if since else {}
    ends = _offsets_at(consumer, topic, held, until) if until else {}
    slices = (
        Slice(
            partition=partition,
            start=(start := starts.get(partition, low)),
            end=max(start, ends.get(partition, high)),
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


def held_part(consumer: Consumer, window: Window) -> Window:
    """What the topic still holds of a window that was found earlier; the rest has passed its retention."""
    held = watermarks(consumer, window.topic)
    firsts = {partition: low for partition, (low, _) in held.items()}
    slices = (
        replace(part, start=max(part.start, first), end=max(part.end, first))
        for part in window.slices
        if (first := firsts.get(part.partition)) is not None
    )
    return replace(window, slices=tuple(slices))


def watermarks(consumer: Consumer, topic: str) -> Mapping[int, tuple[int, int]]:
    """First offset held and next offset of each partition; raises `UnusableSetting` without such a topic."""
    # Asked for all topics, since asking for one by name may create it.
    found = consumer.list_topics(timeout=ANSWERS_WITHIN).topics.get(topic)
    if found is None:
        raise UnusableSetting(
            f"there is no topic {topic} at the broker: create it with `python -m contracts apply`."
        )
    if found.error is not None:
        raise ServiceFailed(f"topic {topic} cannot be read: {found.error.str()}.")
    return {
        partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWERS_WITHIN)
        for partition in found.partitions
    }


def _offsets_at(
    consumer: Consumer, topic: str, held: Mapping[int, tuple[int, int]], moment: datetime
) -> dict[int, int]:
    """For each partition, the first offset whose record is not older than `moment`; its end where none is."""
    milliseconds = int(moment.timestamp() * 1000)
    asked = [TopicPartition(topic, partition, milliseconds) for partition in held]
    found = consumer.offsets_for_times(asked, timeout=ANSWERS_WITHIN)
    return {at.partition: at.offset if at.offset >= 0 else held[at.partition][1] for at in found}
