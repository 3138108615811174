"""Counts read back from the broker itself, never from who sent the records."""

from __future__ import annotations

import time
from collections import Counter

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import ClusterMetadata  # type: ignore[attr-defined]

from contracts.errors import ServiceFailed
from contracts.wire import NotFramed, schema_id

_ANSWER_WITHIN = 10.0
_READ_WITHIN = 60.0


class Topics:
    """Reads offsets and records of topics at one broker; close it after use."""

    def __init__(self, bootstrap_servers: str) -> None:
        """Connect lazily to `bootstrap_servers`."""
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "pipeline-summary",
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                "auto.offset.reset": "earliest",
            }
        )

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def cluster_id(self) -> str:
        """Identity of the cluster, which its offsets belong to."""
        return str(self._metadata("").cluster_id)

    def end_offsets(self, topic: str) -> dict[int, int]:
        """The next offset of each partition of `topic`."""
        return {partition: high for partition, (_, high) in self._watermarks(topic).items()}

    def count(self, topic: str) -> int:
        """How many records `topic` has been given."""
        return sum(self.end_offsets(topic).values())

    def writer_versions(self, topic: str) -> dict[str, int]:
        """Read all of `topic` and count its records by the schema id in their header."""
        ids: Counter[str] = Counter()
        watermarks = self._watermarks(topic)
        left = sum(high - low for low, high in watermarks.values())
        self._consumer.assign([TopicPartition(topic, p, low) for p, (low, _) in watermarks.items()])
        deadline = time.monotonic() + _READ_WITHIN
        while left > 0:
            if time.monotonic() > deadline:
                raise ServiceFailed(
                    f"{topic} could not be read back within {_READ_WITHIN:.0f} s: {left} missing."
                )
            for message in self._consumer.consume(num_messages=5000, timeout=1.0):
                if message.error():
                    raise ServiceFailed(f"{topic} could not be read back: {message.error()}.")
                ids[_writer(message.value())] += 1
                left -= 1
        self._consumer.unassign()
        return dict(sorted(ids.items()))

    def _watermarks(self, topic: str) -> dict[int, tuple[int, int]]:
        found = self._metadata(topic).topics[topic]
        if found.error is not None:
            raise ServiceFailed(f"{topic} cannot be looked up at the broker: {found.error}.")
        try:
            return {
                p: self._consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=_ANSWER_WITHIN)
                for p in found.partitions
            }
        except KafkaException as error:
            raise ServiceFailed(f"the broker does not tell the offsets of {topic}: {error}.") from error

    def _metadata(self, topic: str) -> ClusterMetadata:
        try:
            found: ClusterMetadata = self._consumer.list_topics(topic or None, timeout=_ANSWER_WITHIN)
        except KafkaException as error:
            raise ServiceFailed(f"the broker does not answer: {error}.") from error
        return found


def _writer(value: bytes | None) -> str:
    try:
        return str(schema_id(value or b""))
    except NotFramed:
        return "not framed"
