"""Puts records from quarantine back onto their raw topic, bit for bit, once contract or code is mended.

Each record sent carries a mark, the header `replay-of`, with its place in quarantine: what is on the raw
topic with that mark is not sent again, whatever became of an earlier replay. The stream hands marks on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from contracts.broker import CLIENT_LOG, broker_error
from contracts.consume import consume
from contracts.errors import ServiceFailed
from contracts.kafka import Kafka
from contracts.records.topic_weather_quarantine import DeadLetter
from contracts.registry import SchemaRegistry
from streaming.encode import MARK
from streaming.offsets import Coordinates, header_values, watermarks

FATES = ("sent", "sent before", "never a raw record")
"""What becomes of a dead letter that was chosen. A body that a producer could not parse never was a raw
record, and has no topic to go back to."""

_DELIVERED_WITHIN = 30.0
_ROOM_WITHIN = 1.0
_LARGEST = 8 << 20
"""Bytes; the topic's own limit decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which dead letters are meant: those that fit all that is given. Nothing given means all of them."""

    reasons: Collection[str] = ()
    rules: Collection[str] = ()
    sources: Collection[Coordinates] = ()
    """Partition and offset on the raw topic."""
    since: datetime | None = None
    """Kafka's timestamp of the raw record."""
    until: datetime | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether `letter` is meant."""
        source = (letter.source_partition, letter.source_offset)
        return (
            (not self.reasons or letter.reason.value in self.reasons)
            and (not self.rules or not set(self.rules).isdisjoint(letter.rules))
            and (not self.sources or source in self.sources)
            and (self.since is None or letter.source_timestamp >= self.since)
            and (self.until is None or letter.source_timestamp < self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A dead letter that was chosen, and whether it was sent back before."""

    letter: DeadLetter
    mark: bytes
    """Value of its `MARK`."""
    sent_before: bool

    @property
    def fate(self) -> str:
        """One of `FATES`."""
        sent, before, never = FATES
        if self.letter.source_topic is None:
            return never
        return before if self.sent_before else sent


def choose(
    kafka: Kafka, registry: SchemaRegistry, *, quarantine: str, raw: str, selection: Selection
) -> Iterator[Chosen]:
    """Read `quarantine` up to its end and give the letters of the topic `raw` that `selection` takes.

    A letter without a topic, a body that never was a raw record, is given for any. Raises what
    `contracts.consume.consume` raises.
    """
    sent: Collection[bytes] | None = None
    letters = consume(
        quarantine,
        DeadLetter,
        bootstrap_servers=kafka.bootstrap_servers,
        registry_url=registry.url,
        stop_at_end=True,
        kafka=kafka.client(),
        registry=registry.client(),
    )
    with closing(letters):
        for message in letters:
            letter = message.value
            if letter.source_topic not in {raw, None} or not selection.takes(letter):
                continue
            if sent is None:
                sent = header_values(kafka, raw, MARK)
            mark = f"{message.partition}:{message.offset}".encode()
            yield Chosen(letter=letter, mark=mark, sent_before=mark in sent)


class Sender:
    """Sends letters to the raw topic, as a context: at its end every record sent has arrived."""

    def __init__(self, kafka: Kafka, raw: str) -> None:
        """Prepare to send to the topic `raw`."""
        self._kafka, self._raw = kafka, raw
        self._partitions = set(watermarks(kafka, raw))
        settings = {**kafka.client(), "enable.idempotence": True, "message.max.bytes": _LARGEST}
        self._producer = Producer(settings, logger=CLIENT_LOG)
        self._failure: KafkaError | None = None

    def __enter__(self) -> Sender:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until all has arrived; raises `Unreachable` or `ServiceFailed` when some has not."""
        left = self._producer.flush(_DELIVERED_WITHIN)
        self._check()
        if left:
            raise ServiceFailed(
                f"{left} records did not arrive at {self._raw} within {_DELIVERED_WITHIN:.0f} s: see whether "
                "the broker runs, and replay the same again; what has arrived is not sent twice."
            )

    def send(self, chosen: Chosen) -> None:
        """Send one letter's record: its own bytes, to its own partition where the topic still has it."""
        letter = chosen.letter
        headers: list[tuple[str, bytes | None]] = [(header.key, header.value) for header in letter.headers]
        own = letter.source_partition
        while True:
            try:
                self._producer.produce(
                    self._raw,
                    value=letter.value,
                    key=letter.key,
                    # -1 leaves the choice to the key.
                    partition=own if own is not None and own in self._partitions else -1,
                    headers=[*headers, (MARK, chosen.mark)],
                    on_delivery=self._delivered,
                )
                break
            except BufferError:
                self._producer.poll(_ROOM_WITHIN)
            except KafkaException as error:
                raise broker_error(error, self._kafka.client()) from None
        self._producer.poll(0)
        self._check()

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._failure = self._failure or error

    def _check(self) -> None:
        if self._failure:
            raise broker_error(KafkaException(self._failure), self._kafka.client())
