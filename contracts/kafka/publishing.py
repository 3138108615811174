"""Publishes records, each once: where Kafka's client gives up, a new one goes on.

A client that meets its broker at the wrong moment (killed, halted, with a disk that forgot its last writes)
ends with a fatal error and takes no record any more. The records that it had under way may have arrived or
not. The topic itself shows which of them did, byte by byte; the others are sent again, in their order.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from contracts.errors import PlatformError, ServiceFailed, Unreachable, UnusableSetting
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import Log, NeverQuiet, Partition, Span, open_log, partition_of
from contracts.kafka.topics import CLIENT_LOG, REFUSED, broker_error, missing

log = logging.getLogger("contracts.publishing")

ANY = -1
"""The partition that Kafka's client chooses by the key."""

Headers = Sequence[tuple[str, bytes | None]]
Outcome = Callable[["KafkaError | None"], None]
"""Is called with what became of a record: None once the broker has acknowledged it, else the error."""

Mark = tuple[str, int, bytes | None, bytes | None, tuple[Any, ...]]
"""What identifies a record: its topic, partition, key, value and headers."""

_CLIENTS_OWN = frozenset(
    {
        KafkaError._FATAL,
        KafkaError._FENCED,
        KafkaError._GAPLESS_GUARANTEE,
        KafkaError._INCONSISTENT,
        KafkaError._PURGE_INFLIGHT,
        KafkaError._PURGE_QUEUE,
        KafkaError._STATE,
        KafkaError._TRANSPORT,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.UNKNOWN_PRODUCER_ID,
    }
)
"""Errors that are the client's fault and not the record's: another client may send it."""
_NO_TOPIC = frozenset(
    {KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART}
)
_TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})
_LARGEST = 8 << 20
"""Bytes of a record; the topic's own limit decides."""
_KEPT_AT_MOST = 100_000
"""Records that wait here while there is no client; as many as fit into a client's own queue."""
_A_MOMENT = 0.1
_GIVES_BACK_WITHIN = 10.0
_LOOK_EVERY = 5.0


_SERVE_EVERY = 500
"""Records between two looks at the delivery reports."""
_KNOWN_WITHIN = 3.0
"""Seconds for which a broker that has just started, or made a topic, may not know it."""
_QUIET_FOR = 1.0
"""Seconds without a record, after which all that a lost client had sent has arrived."""
_QUIET_WITHIN = 10.0
"""Seconds after which a topic that others keep writing to is taken as it is."""


class NotDelivered(PlatformError):
    """Records that were handed over and not acknowledged by the broker."""

    exit_code = Unreachable.exit_code


class Record(NamedTuple):
    """A record that no client has at the moment."""

    number: int
    """Its place in the order in which the records of its topic were handed over."""
    topic: Topic
    value: bytes | None
    key: bytes | None
    partition: int
    headers: Headers | None
    outcome: Outcome | None
    sent_to: int | None = None
    """The partition that it may have arrived at; None where it was never sent."""

    @property
    def mark(self) -> Mark | None:
        """What identifies it if it has arrived; None where it cannot have arrived."""
        if self.sent_to is None:
            return None
        return mark_of(self.topic.name, self.sent_to, self.key, self.value, self.headers)


class Topic:
    """A topic of a writer."""

    def __init__(self, writer: Writer, name: str) -> None:
        """Begin without records; `Writer` makes it."""
        self.name = name
        self.handed_over = self.acknowledged = self.given_up = 0
        """Records by what became of them; the others are under way."""
        self.newest: dict[int, int] = {}
        """Partition to the offset of the newest known record."""
        self.unplaced: dict[int, list[Mark]] = {}
        """Partition to the later records, which were acknowledged without an offset."""
        self._writer = writer

    @property
    def under_way(self) -> int:
        """Records that were handed over and whose fate is open."""
        return self.handed_over - self.acknowledged - self.given_up

    def send(
        self,
        value: bytes | None,
        key: bytes | None = None,
        outcome: Outcome | None = None,
        *,
        partition: int = ANY,
        headers: Headers | None = None,
    ) -> None:
        """Hand over a record; waits while there is no room for it.

        Raises `NotDelivered` when there is none for long, and another `PlatformError` for a record that
        cannot be sent.
        """
        number = self.handed_over + 1
        # Each record passes here: this is all that is kept of it until its report comes.
        report = partial(self.report, number, partition, headers, outcome)
        try:
            self._writer.produce(self.name, value, key, partition, report, None, 0, headers)
        except (BufferError, KafkaException):
            self._writer.wait_for_room(Record(number, self, value, key, partition, headers, outcome))
        self.handed_over = number
        if not number % _SERVE_EVERY:
            self._writer.serve()

    def report(  # noqa: PLR0917 - Kafka's client calls it so
        self,
        number: int,
        partition: int,
        headers: Headers | None,
        outcome: Outcome | None,
        error: KafkaError | None,
        message: Message,
    ) -> None:
        """Take note of what Kafka's client says of a record."""
        if error is None:
            self.acknowledged += 1
            offset = message.offset()
            if offset is None or self.unplaced:
                self._place(headers, message)
            else:
                self.newest[message.partition() or 0] = offset
            if outcome is not None:
                outcome(None)
            return
        value, key, sent_to = message.value(), message.key(), message.partition()
        record = Record(number, self, value, key, partition, headers, outcome, sent_to)
        if error.code() in _CLIENTS_OWN:
            self._writer.lose(error, record)
        else:
            self._writer.give_up(error, record)

    def _place(self, headers: Headers | None, message: Message) -> None:
        at, offset = message.partition() or 0, message.offset()
        if offset is None:
            mark = mark_of(self.name, at, message.key(), message.value(), headers)
            self.unplaced.setdefault(at, []).append(mark)
        else:
            self.newest[at] = offset
            self.unplaced.pop(at, None)


class Writer:
    """Sends records to some topics of a cluster; one thread uses it, and closes it."""

    def __init__(
        self,
        kafka: Kafka,
        topics: Collection[str],
        *,
        deliver_within: float,
        properties: Mapping[str, Any] | None = None,
        before_again: Callable[[], None] = lambda: None,
    ) -> None:
        """See where each of `topics` ends; `properties` are further ones of Confluent's client.

        A broker that does not answer within `deliver_within` seconds is not there, and a record that is not
        acknowledged within them is given up; a new client begins that time anew. `before_again` is called
        before records are sent again, and may raise. Raises `UnusableSetting` where a topic is missing,
        `Unreachable`, `AccessRefused`.
        """
        self._kafka, self._deliver_within, self._before_again = kafka, deliver_within, before_again
        self._settings: dict[str, Any] = {
            **kafka.client(),
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "message.max.bytes": _LARGEST,
            "message.timeout.ms": round(deliver_within * 1000),
            **(properties or {}),
            "error_cb": self._note_trouble,
        }
        self._trouble = ""
        self._failures: dict[bool, tuple[KafkaError, Record]] = {}
        """True to the first record that can never be sent, False to the first that took too long."""
        self._left: list[Record] = []
        self._lost = False
        """Whether the client has given up, and no new one goes on yet."""
        self._why: KafkaError | None = None
        self._stuck_at, self._stuck_since = -1, 0.0
        """How many records were acknowledged when a new client was first tried, and when that was."""
        self._next_look = 0.0
        with open_log(replace(kafka, answers_within=deliver_within)) as its_log:
            spans = known_spans(its_log, topics)
        self.topics = {topic: Topic(self, topic) for topic in topics}
        for (topic, partition), span in spans.items():
            self.topics[topic].newest[partition] = span.end - 1
        self._start()

    @property
    def under_way(self) -> int:
        """Records that were handed over and whose fate is open."""
        return sum(topic.under_way for topic in self.topics.values())

    def serve(self) -> None:
        """Let the delivery reports of the last moments come in; takes seconds where a client was lost.

        Raises `AccessRefused` or `UnusableSetting` where no new client can go on.
        """
        self._wait(0)

    def flush(self, within: float) -> int:
        """Wait up to `within` seconds for the broker's word on every record; returns how many lack it.

        Raises what `serve` raises.
        """
        deadline = time.monotonic() + within
        while self.under_way and time.monotonic() < deadline:
            self._wait()
        return self.under_way

    def failure(self, *, refused_only: bool = False) -> PlatformError | None:
        """Why a record was given up: one that can never be sent, else one that took too long."""
        first = self._failures.get(True) or (None if refused_only else self._failures.get(False))
        return sentence(*first, self._settings) if first else None

    def trouble(self) -> str:
        """What Kafka's client last complained of, in brackets; empty when it did not."""
        return f" ({self._trouble})" if self._trouble else ""

    def close(self) -> None:
        """Let go of the connections; what is under way is not waited for."""
        self._lost = True
        self._take_back()

    def _start(self) -> None:
        try:
            self._client: Producer | None = Producer(self._settings, logger=CLIENT_LOG)
        except KafkaException as error:
            raise UnusableSetting(f"the Kafka client cannot be set up: {error.args[0].str()}.") from None
        self.produce: Callable[..., None] = self._client.produce
        self._lost, self._why = False, None

    def _note_trouble(self, error: KafkaError) -> None:
        if error.str() != self._trouble:
            self._trouble = error.str()
            log.info("broker trouble: %s", self._trouble)

    def give_up(self, error: KafkaError, record: Record) -> None:
        """Report that a record cannot be sent, or took too long."""
        record.topic.given_up += 1
        log.info("not delivered: a record for %s: %s", record.topic.name, error.str())
        self._failures.setdefault(error.code() != KafkaError._MSG_TIMED_OUT, (error, record))
        if record.outcome is not None:
            record.outcome(error)

    def lose(self, error: KafkaError, record: Record | None = None) -> None:
        """Note that the client is of no use any more; a `record` that it gave back waits for the next one."""
        if record is not None:
            self._left.append(record)
        if error.fatal():
            self._why = error
        if not self._lost:
            self._lost, self.produce, self._next_look = True, _no_client, 0.0
            log.warning("Kafka's client has given up (%s): a new one goes on.", error.str())

    def wait_for_room(self, record: Record) -> None:
        """Hand over a record that the client did not take at once; raises as `Topic.send`."""
        deadline = time.monotonic() + self._deliver_within
        try:
            while len(self._left) >= _KEPT_AT_MOST or not self._take(record):
                if time.monotonic() > deadline:
                    raise NotDelivered(
                        f"the broker took no record for {self._deliver_within:.0f} s: see that it runs."
                    )
                self._wait()
        except KafkaException as error:
            raise sentence(error.args[0], record, self._settings) from None

    def _take(self, record: Record) -> bool:
        """Hand over a record, or keep it while there is no client; False where the client has no room for it.

        Raises `KafkaException` where it can never be sent.
        """
        if self._lost:
            self._left.append(record)
            return True
        number, topic, value, key, partition, headers, outcome, _ = record
        report = partial(topic.report, number, partition, headers, outcome)
        try:
            self.produce(topic.name, value, key, partition, report, None, 0, headers)
        except BufferError:
            return False
        except KafkaException as error:
            if error.args[0].code() not in _CLIENTS_OWN:
                raise
            self.lose(error.args[0])
            return self._take(record)
        return True

    def _send_again(self, record: Record) -> None:
        try:
            while not self._take(record):
                self._poll(_A_MOMENT)
        except KafkaException as error:
            self.give_up(error.args[0], record)

    def _wait(self, within: float = _A_MOMENT) -> None:
        """Wait for delivery reports, or for a new client where the old one is lost."""
        if not self._lost:
            self._poll(within)
        if self._lost and time.monotonic() >= self._next_look:
            self._go_on()
        elif self._lost:
            time.sleep(within)

    def _poll(self, within: float) -> None:
        # The client raises its fatal error from here. `flush` would go on to call reports with that error
        # pending, which fail for it.
        if self._client is not None:
            try:
                self._client.poll(within)
            except KafkaException as error:
                self.lose(error.args[0])

    def _take_back(self) -> bool:
        """Get all records back from the client, and end it; False while it keeps some."""
        if self._client is not None:
            self._client.purge()
            deadline = time.monotonic() + _GIVES_BACK_WITHIN
            while len(self._client) and time.monotonic() < deadline:
                self._poll(_A_MOMENT)
            if len(self._client):
                return False
            self._client.close()
            self._client = None
        return True

    def _go_on(self) -> None:
        """Start a new client and send again what has not arrived; do nothing while no broker answers."""
        began, acknowledged = time.monotonic(), sum(one.acknowledged for one in self.topics.values())
        self._next_look = began + _LOOK_EVERY
        if acknowledged > self._stuck_at:
            self._stuck_at, self._stuck_since = acknowledged, began
        if not self._take_back():
            return
        if self._why is not None and self._why.code() in REFUSED:
            raise broker_error(KafkaException(self._why), self._settings)
        if began - self._stuck_since > self._deliver_within:
            late, self._left = self._left, []
            self._start()
            for one in late:
                self.give_up(KafkaError(KafkaError._MSG_TIMED_OUT), one)
            return
        try:
            arrived = self._arrived()
        except (Unreachable, ServiceFailed) as error:
            log.info("the new client waits: %s", error)
            return
        waited, self._left = sorted(self._left, key=itemgetter(0)), []
        for record in waited:
            mark = record.mark
            if mark is not None and arrived[mark] > 0:
                arrived[mark] -= 1
                record.topic.acknowledged += 1
                if record.outcome is not None:
                    record.outcome(None)
            else:
                self._left.append(record)
        log.warning("%d of %d records under way have arrived.", len(waited) - len(self._left), len(waited))
        if self._left:
            self._before_again()
        missing, self._left = self._left, []
        self._start()
        for record in missing:
            self._send_again(record)

    def _arrived(self) -> Counter[Mark]:
        """The marks of the records that are left and have arrived, and how often each did."""
        wanted = {mark for record in self._left if (mark := record.mark)}
        begins = {(name, at): self.topics[name].newest.get(at, -1) + 1 for name, at, *_ in wanted}
        counts: Counter[Mark] = Counter()
        newest: dict[Partition, int] = {}
        for message in behind(self._kafka, begins):
            where = partition_of(message)
            newest[where] = message.offset() or 0
            mark = mark_of(*where, message.key(), message.value(), message.headers())
            if mark in wanted:
                counts[mark] += 1
        for name, at in begins:
            counts.subtract(self.topics[name].unplaced.pop(at, ()))
        for (name, at), offset in newest.items():
            self.topics[name].newest[at] = offset
        return counts


def _no_client(*_: Any) -> None:
    raise BufferError


def behind(kafka: Kafka, offsets: Mapping[Partition, int]) -> Iterator[Message]:
    """Give the records from these offsets on, by partition, until no more come; raises as `Log.read`."""
    if not offsets:
        return
    with open_log(kafka) as its_log, suppress(NeverQuiet):
        spans = known_spans(its_log, {topic for topic, _ in offsets})
        wanted = {
            at: Span(min(max(offset, spans[at].begin), spans[at].end), spans[at].end)
            for at, offset in offsets.items()
            if at in spans
        }
        yield from its_log.read(wanted, quiet=_QUIET_FOR, quiet_within=_QUIET_WITHIN)


def known_spans(its_log: Log, topics: Collection[str]) -> dict[Partition, Span]:
    """As `Log.spans`; waits a little where the broker does not know a topic yet."""
    deadline = time.monotonic() + _KNOWN_WITHIN
    while True:
        try:
            return its_log.spans(*topics)
        except UnusableSetting:  # noqa: PERF203 - it waits anyway
            if time.monotonic() > deadline:
                raise
            time.sleep(_A_MOMENT)


def mark_of(topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Any) -> Mark:
    """What identifies a record; `headers` are as Kafka's client takes and gives them."""
    return topic, partition, key, value, tuple(headers or ())


def sentence(error: KafkaError, record: Record, settings: Mapping[str, Any]) -> PlatformError:
    """Why a client with these `settings` gave a record up, for a person."""
    topic = record.topic.name
    if error.code() in _TOO_LARGE:
        size = len(record.value or b"")
        return UnusableSetting(
            f"a record of {size:,} bytes is larger than {topic} takes: raise its max.message.bytes."
        )
    if error.code() in _NO_TOPIC:
        return missing(topic, settings)
    if error.code() == KafkaError._MSG_TIMED_OUT:
        error = KafkaError(KafkaError._TIMED_OUT)
    return broker_error(KafkaException(error), settings)
