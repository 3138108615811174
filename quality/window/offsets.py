"""Which offsets a window has: the broker is asked once, so that reading is bounded and repeatable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from confluent_kafka import Consumer, KafkaException, TopicPartition

from contracts.broker import ANSWERS_WITHIN, CLIENT_LOG, broker_error
from contracts.errors import ServiceFailed, UnusableSetting
from contracts.kafka import Kafka
from contracts.records.topic_weather_quality import Slice
from quality.window.extent import Window
from quality.window.times import now


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
    """Find the offsets of the records of `topic` whose Kafka timestamp lies in [since, until).

    Raises `UnusableSetting` when there is no such topic.
    """
    asked_at = now()
    marks = watermarks(consumer, topic)
    starts = _offsets_at(consumer, topic, marks, since) if since else {}
    ends = _offsets_at(consumer, topic, marks, until) if until else {}
    slices = (
        Slice(
            partition=partition,
            start=(start := starts.get(partition, low)),
            end=max(start, ends.get(partition, high)),
        )
        for partition, (low, high) in sorted(marks.items())
    )
    return Window(topic=topic, since=since, until=until, slices=tuple(slices), asked_at=asked_at)


def watermarks(consumer: Consumer, topic: str) -> Mapping[int, tuple[int, int]]:
    """First offset held and next offset of each partition; raises `UnusableSetting` without such a topic."""
    # All topics are listed, since a question for one by name may create it.
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
    consumer: Consumer, topic: str, marks: Mapping[int, tuple[int, int]], moment: datetime
) -> dict[int, int]:
    """For each partition, the first offset whose record is not older than `moment`; else its end."""
    # A negative time means something else to Kafka.
    milliseconds = max(0, int(moment.timestamp() * 1000))
    asked = [TopicPartition(topic, partition, milliseconds) for partition in marks]
    found = consumer.offsets_for_times(asked, timeout=ANSWERS_WITHIN)
    return {at.partition: at.offset if at.offset >= 0 else marks[at.partition][1] for at in found}
