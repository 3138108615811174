"""Sends dead letters back to their raw topic, bit for bit, once the contract or the code is mended.

Each record carries a mark, the header `replay-of`, with the partition and offset of its dead letter. A record
whose mark is on the raw topic already is not sent again, however the earlier run ended. The stream copies
marks to the records that it publishes, so that the output topics know them after the raw topic has deleted
them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from contracts.avro.timestamps import CLOCKS_AGREE_WITHIN_MS
from contracts.consume import consume
from contracts.errors import ServiceFailed
from contracts.folder.product import Product
from contracts.kafka.cluster import Kafka
from contracts.kafka.coordinates import Coordinates
from contracts.kafka.log import watermarks
from contracts.kafka.publishing import ANY, Writer
from contracts.records.topic_weather_quarantine import DeadLetter
from contracts.registry.registry import SchemaRegistry
from streaming.lease import DELIVERED_WITHIN, Lease
from streaming.record.encode import MARK
from streaming.recovery.offsets import header_values, remembers_since

SENT, _BEFORE, _NEVER, _TOO_OLD = "sent", "sent before", "never a raw record", "too old to tell"
FATES = (SENT, _BEFORE, _NEVER, _TOO_OLD)
"""What becomes of a chosen dead letter. A body that a producer could not parse never was a raw record, and
has no topic to go back to. A letter is too old when no topic reaches back far enough to tell whether it was
sent before."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Chooses the dead letters that fit all of its fields; an empty field fits every letter."""

    reasons: Collection[str] = ()
    rules: Collection[str] = ()
    sources: Collection[Coordinates] = ()
    """Partition and offset on the raw topic."""
    since: datetime | None = None
    """Kafka's timestamp of the raw record."""
    until: datetime | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether `letter` is chosen."""
        source = (letter.source_partition, letter.source_offset)
        return (
            (not self.reasons or letter.reason.value in self.reasons)
            and (not self.rules or not set(self.rules).isdisjoint(letter.rules))
            and (not self.sources or source in self.sources)
            and (self.since is None or letter.source_timestamp >= self.since)
            and (self.until is None or letter.source_timestamp < self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter in its place."""

    record: DeadLetter
    mark: bytes
    """Value of its `MARK`: partition and offset."""
    at: int
    """When it went to quarantine, ms since 1970, UTC."""


def choose(
    kafka: Kafka, registry: SchemaRegistry, product: Product, selection: Selection
) -> Iterator[tuple[Letter, str]]:
    """Give each chosen dead letter that is in quarantine now, with its fate: one of `FATES`.

    A letter that names no raw topic, because it never was a raw record, is among them. This reads the
    quarantine topic twice, so that the other topics are searched only from the oldest chosen letter on.
    Raises what `contracts.consume.consume` raises.
    """
    chosen, oldest = set[bytes](), 2**63
    for letter in _letters(kafka, registry, product, selection):
        chosen.add(letter.mark)
        oldest = min(oldest, letter.at)
    if not chosen:
        return
    sent, known_since = sent_marks(kafka, product, oldest)
    for letter in _letters(kafka, registry, product, selection):
        if letter.mark not in chosen:
            continue
        if letter.record.source_topic is None:
            yield letter, _NEVER
        elif letter.mark in sent:
            yield letter, _BEFORE
        else:
            yield letter, _TOO_OLD if letter.at < known_since else SENT


def sent_marks(kafka: Kafka, product: Product, oldest: int) -> tuple[set[bytes], int]:
    """Marks of the letters, put aside at `oldest` or later, that were sent; and the time since which all are
    known.

    Both times are ms since 1970. The raw topic has the marks. It is often kept for less long than the others:
    a record that it has deleted since has been read, so that its mark is on an output topic.
    """
    # The stream's clock stamps the dead letter, and this machine's the record that is sent for it.
    since = oldest - CLOCKS_AGREE_WITHIN_MS
    raw, outputs = [product.raw.topic], [product.published[0].topic, product.quarantine.topic]
    marks, known_since = header_values(kafka, raw, MARK, since), remembers_since(kafka, raw)
    if known_since > since:
        marks |= header_values(kafka, outputs, MARK, since)
        known_since = min(known_since, remembers_since(kafka, outputs))
    return marks, known_since


def _letters(
    kafka: Kafka, registry: SchemaRegistry, product: Product, selection: Selection
) -> Iterator[Letter]:
    letters = consume(
        product.quarantine.topic,
        DeadLetter,
        bootstrap_servers=kafka.bootstrap_servers,
        registry_url=registry.url,
        stop_at_end=True,
        kafka=kafka.client(),
        registry=registry.client(),
        answers_within=kafka.answers_within,
    )
    with closing(letters):
        for message in letters:
            if message.value.source_topic in {product.raw.topic, None} and selection.takes(message.value):
                yield Letter(
                    record=message.value,
                    mark=f"{message.partition}:{message.offset}".encode(),
                    at=int(message.timestamp.timestamp() * 1000) if message.timestamp else 0,
                )


class Sender:
    """Sends marked records to a topic while the `lease` is ours. When the context ends, all have arrived."""

    def __init__(self, kafka: Kafka, topic: str, lease: Lease) -> None:
        """Prepare to send to `topic`."""
        self._topic, self._lease = topic, lease
        self._partitions = set(watermarks(kafka, topic))
        # A process that took over does not know of records that are sent again: so the lease is asked first.
        self._writer = Writer(kafka, [topic], deliver_within=DELIVERED_WITHIN, before_again=lease.begin)
        self._in_lot = 0

    def __enter__(self) -> Sender:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait until all has arrived; raises what `send` raises."""
        with closing(self._writer):
            if kind is None:
                self._wait()
                self._lease.end()

    def send_letter(self, letter: DeadLetter, mark: bytes) -> None:
        """Send one letter's record, its own bytes, as `send` does."""
        headers = [(header.key, header.value) for header in letter.headers]
        self.send(letter.value, letter.key, letter.source_partition, headers, mark)

    def send(
        self,
        value: bytes | None,
        key: bytes | None,
        partition: int | None,
        headers: Sequence[tuple[str, bytes | None]],
        mark: bytes,
    ) -> None:
        """Send one record, to that partition where the topic has it.

        Raises `LeaseLost`, and another `PlatformError` when one before it has not arrived.
        """
        if self._in_lot == 0:
            self._lease.begin()
        there = partition if partition in self._partitions and partition is not None else ANY
        self._writer.topics[self._topic].send(value, key, partition=there, headers=[*headers, (MARK, mark)])
        self._in_lot += 1
        if self._in_lot == _AT_ONCE:
            self._wait()

    def _wait(self) -> None:
        left = self._writer.flush(2 * DELIVERED_WITHIN)
        if failure := self._writer.failure():
            raise failure
        if left:
            raise ServiceFailed(
                f"{left} records did not arrive at {self._topic} within {2 * DELIVERED_WITHIN:.0f} s: see "
                "whether the broker runs, and do the same again; what has arrived is not sent twice."
            )
        self._in_lot = 0
