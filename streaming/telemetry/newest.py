"""How far a real-time batch has come: read off the newest records that it has published.

Spark tells nothing before such a batch ends. Each published record names its raw record, so that the tails of
the output topics tell how far each raw partition is published, and how long its newest record took.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from contracts.broker import CLIENT_LOG
from contracts.kafka import Kafka
from contracts.timestamps import CLOCKS_AGREE_WITHIN_MS, KAFKA_SINCE_MS
from streaming.offsets import Coordinates, source_of

TAIL = 500
"""Records that are looked at, at most, at the end of each output partition."""

_READ_WITHIN = 2.0
_SMALL = {"queued.min.messages": TAIL, "queued.max.messages.kbytes": 4096}
"""What the client fetches ahead; its own choice is 64 MB."""

Ends = Mapping[str, Mapping[int, int]]
"""Topic to partition to its end."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest published record of a raw partition: its raw offset, and the seconds from topic to topic."""

    offset: int
    latency: float | None


class Tails:
    """Looks at the ends of topics, on a connection of its own; a broker that is silent gives nothing."""

    def __init__(self, kafka: Kafka, raw: str) -> None:
        """Connect lazily; `raw` is where the published records come from."""
        fixed = {"group.id": "weather-stream", "enable.auto.commit": False, "enable.partition.eof": True}
        self._consumer = Consumer({**kafka.client(), **fixed, **_SMALL}, logger=CLIENT_LOG)
        self._raw = raw
        self._seen: dict[tuple[str, int], int] | None = None

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def newest(self, outputs: Ends) -> dict[int, Newest]:
        """Raw partition to its newest record among those that `outputs` gained since the last call.

        The first call gives none: what is there already may be another stream's.
        """
        ends = {
            (topic, partition): end for topic, parts in outputs.items() for partition, end in parts.items()
        }
        seen, self._seen = self._seen, ends
        if seen is None:
            return {}
        gained = {at: max(end - TAIL, seen.get(at, 0)) for at, end in ends.items() if end > seen.get(at, 0)}
        published: dict[Coordinates, int] = {}
        for message in self._read(gained):
            if source := source_of(message):
                published[source] = message.timestamp()[1]
        # In ascending order, so that the last one of each partition stays.
        newest = dict(sorted(published))
        came = {
            (message.partition() or 0, message.offset() or 0): message.timestamp()[1]
            for message in self._read({(self._raw, p): offset for p, offset in newest.items()}, one_each=True)
        }
        return {
            p: Newest(offset, latency(published[p, offset], came.get((p, offset))))
            for p, offset in newest.items()
        }

    def _read(self, begins: Mapping[tuple[str, int], int], *, one_each: bool = False) -> Iterator[Message]:
        """Records of the partitions from where each `begins` to its end, or the first of each."""
        if not begins:
            return
        self._consumer.assign([TopicPartition(t, p, offset) for (t, p), offset in begins.items()])
        left = set(begins)
        deadline = time.monotonic() + _READ_WITHIN
        while left and time.monotonic() < deadline:
            for message in _whole(self._consumer.consume(TAIL, timeout=0.2), left):
                yield message
                if one_each:
                    left.discard((message.topic() or "", message.partition() or 0))
        self._consumer.unassign()


def latency(published: int, came: int | None) -> float | None:
    """Seconds from the time at which a record `came` to when it was `published`, both in ms since 1970.

    None where the first is unknown, or no time at which a record can have come.
    """
    if came is None or not KAFKA_SINCE_MS <= came <= published + CLOCKS_AGREE_WITHIN_MS:
        return None
    return (published - came) / 1000


def _whole(messages: Iterable[Message], left: set[tuple[str, int]]) -> Iterator[Message]:
    """Records among `messages`; a partition that has no more is taken out of `left`."""
    for message in messages:
        error = message.error()
        if error is None:
            yield message
        elif error.code() == KafkaError._PARTITION_EOF:
            left.discard((message.topic() or "", message.partition() or 0))
