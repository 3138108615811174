"""Puts records from quarantine back onto their raw topic, bit for bit, once contract or code is mended.

Each record sent carries a mark, the header `replay-of`, with its place in quarantine: what is on the raw
topic with that mark is not sent again, whatever became of an earlier replay. The stream hands marks on, so
that the topics that it publishes to know them when the raw topic has forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from contracts.consume import consume
from contracts.errors import ServiceFailed, UnusableSetting
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import watermarks
from contracts.kafka.publishing import ANY, Writer
from contracts.kafka.topics import Broker
from contracts.records.topic_weather_quarantine import DeadLetter
from contracts.registry.registry import SchemaRegistry
from streaming.lease import DELIVERED_WITHIN, Lease
from streaming.record.encode import MARK
from streaming.recovery.offsets import Coordinates, header_values, remembers_since

SENT, _BEFORE, _NEVER, _TOO_OLD = "sent", "sent before", "never a raw record", "too old to tell"
FATES = (SENT, _BEFORE, _NEVER, _TOO_OLD)
"""What becomes of a dead letter that was chosen. A body that a producer could not parse never was a raw
record, and has no topic to go back to. One is too old when no topic reaches back far enough to tell whether
it was sent before."""

_AT_ONCE = 500
_CLOCKS_AGREE_WITHIN_MS = 60_000
"""Of the stream, which stamps the dead letter, and of a replay, which stamps the record sent for it."""


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
class Letter:
    """A dead letter in its place."""

    record: DeadLetter
    mark: bytes
    """Value of its `MARK`: partition and offset."""
    at: int
    """When it was put aside, ms since 1970, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of earlier replays."""

    marks: Collection[bytes]
    since: int
    """Of letters that are older, in ms since 1970, UTC, nobody knows."""

    def fate(self, letter: Letter) -> str:
        """What becomes of `letter`: one of `FATES`."""
        if letter.record.source_topic is None:
            return _NEVER
        if letter.mark in self.marks:
            return _BEFORE
        return _TOO_OLD if letter.at < self.since else SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """The topics of the stream whose letters are replayed."""

    raw: str
    final: str
    quarantine: str

    def check(self, kafka: Kafka) -> None:
        """Raise `Unreachable`, `AccessRefused` or `UnusableSetting` unless a broker has them."""
        held = Broker(kafka).topics()
        if missing := [topic for topic in (self.raw, self.final, self.quarantine) if topic not in held]:
            raise UnusableSetting(
                f"there is no topic {missing[0]} at {kafka.bootstrap_servers}: correct its name."
            )


def choose(
    kafka: Kafka, registry: SchemaRegistry, topics: Topics, selection: Selection
) -> Iterator[tuple[DeadLetter, bytes, str]]:
    """Give each dead letter that is there now, was on the raw topic and is meant: with its mark and its fate.

    A letter without a topic, a body that never was a raw record, is given for any. Reads the quarantine
    topic twice: what is older than the oldest letter chosen is no matter to earlier replays. Raises what
    `contracts.consume.consume` raises.
    """
    chosen: set[bytes] = set()
    oldest: int | None = None
    for letter in _letters(kafka, registry, topics, selection):
        chosen.add(letter.mark)
        oldest = letter.at if oldest is None else min(oldest, letter.at)
    if oldest is None:
        return
    past = look_back(kafka, topics, oldest)
    for letter in _letters(kafka, registry, topics, selection):
        if letter.mark in chosen:
            yield letter.record, letter.mark, past.fate(letter)


def look_back(kafka: Kafka, topics: Topics, oldest: int) -> Past:
    """What is known of replays of letters that were put aside at `oldest`, ms since 1970, or later.

    The raw topic tells. It is often kept for less long than the others: where it has forgotten, a record that
    was sent has been read, and is on one of them.
    """
    since = oldest - _CLOCKS_AGREE_WITHIN_MS
    marks, known = header_values(kafka, [topics.raw], MARK, since), remembers_since(kafka, [topics.raw])
    if known > since:
        outputs = [topics.final, topics.quarantine]
        marks |= header_values(kafka, outputs, MARK, since)
        known = min(known, remembers_since(kafka, outputs))
    return Past(marks=marks, since=known)


def _letters(
    kafka: Kafka, registry: SchemaRegistry, topics: Topics, selection: Selection
) -> Iterator[Letter]:
    letters = consume(
        topics.quarantine,
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
            if message.value.source_topic in {topics.raw, None} and selection.takes(message.value):
                yield Letter(
                    record=message.value,
                    mark=f"{message.partition}:{message.offset}".encode(),
                    at=int(message.timestamp.timestamp() * 1000) if message.timestamp else 0,
                )


class Sender:
    """Sends letters to the raw topic while the `lease` is ours: a context, at whose end all have arrived."""

    def __init__(self, kafka: Kafka, raw: str, lease: Lease) -> None:
        """Prepare to send to the topic `raw`."""
        self._raw, self._lease = raw, lease
        self._partitions = set(watermarks(kafka, raw))
        # Whoever took over meanwhile knows nothing of records that are sent again: so the lease is asked.
        self._writer = Writer(kafka, [raw], deliver_within=DELIVERED_WITHIN, before_again=lease.begin)
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

    def send(self, letter: DeadLetter, mark: bytes) -> None:
        """Send one letter's record: its own bytes, to its own partition where the topic still has it.

        Raises `LeaseLost`, and another `PlatformError` when one before it has not arrived.
        """
        if self._in_lot == 0:
            self._lease.begin()
        headers: list[tuple[str, bytes | None]] = [(header.key, header.value) for header in letter.headers]
        own = letter.source_partition
        self._writer.topics[self._raw].send(
            letter.value,
            letter.key,
            partition=own if own in self._partitions else ANY,
            headers=[*headers, (MARK, mark)],
        )
        self._in_lot += 1
        if self._in_lot == _AT_ONCE:
            self._wait()

    def _wait(self) -> None:
        left = self._writer.flush(2 * DELIVERED_WITHIN)
        if failure := self._writer.failure():
            raise failure
        if left:
            raise ServiceFailed(
                f"{left} records did not arrive at {self._raw} within {2 * DELIVERED_WITHIN:.0f} s: see "
                "whether the broker runs, and replay the same again; what has arrived is not sent twice."
            )
        self._in_lot = 0
