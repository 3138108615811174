"""How far a real-time batch has come: read off the newest records that it has published.

Spark tells nothing before such a batch ends. Each published record names its raw record, so that the tails of
the output topics tell how far each raw partition is published, and how long its newest record took.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from confluent_kafka import Message

from contracts.avro.timestamps import CLOCKS_AGREE_WITHIN_MS, KAFKA_SINCE_MS
from contracts.errors import Unreachable
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import Log, Partition, Span
from streaming.recovery.offsets import Coordinates, source_of

TAIL = 500
"""Records that are looked at, at most, at the end of each output partition."""

_ANSWERS_WITHIN = 1.0
"""Seconds: what is late is looked at the next time."""
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
        self._log = Log({**kafka.client(), **_SMALL}, _ANSWERS_WITHIN)
        self._raw = raw
        self._seen: dict[tuple[str, int], int] | None = None

    def close(self) -> None:
        """Let go of the connection."""
        self._log.close()

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
        gained = {at: Span(max(end - TAIL, seen.get(at, 0)), end) for at, end in ends.items()}
        published: dict[Coordinates, int] = {}
        for message in self._read(gained):
            if source := source_of(message):
                published[source] = message.timestamp()[1]
        # In ascending order, so that the last one of each partition stays.
        newest = dict(sorted(published))
        raw = {(self._raw, p): Span(offset, offset + 1) for p, offset in newest.items()}
        came = {
            (message.partition() or 0, message.offset() or 0): message.timestamp()[1]
            for message in self._read(raw)
        }
        return {
            p: Newest(offset, latency(published[p, offset], came.get((p, offset))))
            for p, offset in newest.items()
        }

    def _read(self, spans: Mapping[Partition, Span]) -> Iterator[Message]:
        """The records of `spans`, as far as the broker gives them."""
        with suppress(Unreachable):
            yield from self._log.read(spans)


def latency(published: int, came: int | None) -> float | None:
    """Seconds from the time at which a record `came` to when it was `published`, both in ms since 1970.

    None where the first is unknown, or no time at which a record can have come.
    """
    if came is None or not KAFKA_SINCE_MS <= came <= published + CLOCKS_AGREE_WITHIN_MS:
        return None
    return (published - came) / 1000
