"""The writer: one client after another, as far as its users can see one that never gives up."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from contracts.broker import CLIENT_LOG, REFUSED, broker_error
from contracts.errors import PlatformError, Unreachable, UnusableSetting
from contracts.kafka import Kafka
from contracts.log import Partition, partition_of
from contracts.publishing.record import (
    ANY,
    CLIENTS_OWN,
    Headers,
    Mark,
    NotDelivered,
    Outcome,
    Record,
    mark_of,
    sentence,
)
from contracts.publishing.tail import behind, ends

log = logging.getLogger("contracts.publishing")

_LARGEST = 8 << 20
"""Bytes of a record; the topic's own limit decides."""
_SERVE_EVERY = 500
"""Records between two looks at the delivery reports."""
_KEPT_AT_MOST = 100_000
"""Records that wait here while there is no client; as many as fit into a client's own queue."""
_A_MOMENT = 0.1
_GIVES_BACK_WITHIN = 10.0
_LOOK_EVERY = 5.0

_Handed = tuple[int, int, Headers | None, Outcome]
"""What is kept of a record under way: its place in the order, partition and headers, and who is told."""


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
        """Connect, and see where each of `topics` ends; `properties` are further ones of Confluent's client.

        A record that is not acknowledged within `deliver_within` seconds is given up; a new client begins
        that time anew. `before_again` is called before records are sent again, and may raise. Raises
        `UnusableSetting` where a topic is missing, `Unreachable`, `AccessRefused`.
        """
        self.handed_over = self.acknowledged = self.given_up = 0
        """Records by what became of them; the others are under way."""
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
        self._failures: dict[bool, tuple[KafkaError, str, bytes | None]] = {}
        """The first record that never can be sent, by True, and the first that took too long, by False."""
        self._left: list[Record] = []
        self._lost = False
        """Whether the client has given up, and no new one goes on yet."""
        self._why: KafkaError | None = None
        self._stuck_at, self._stuck_since = -1, 0.0
        """How many records were acknowledged when a client was lost, and since when no more were."""
        self._next_look = 0.0
        self._known = ends(kafka, topics)
        """Offset behind all that is known, by partition."""
        self._unplaced: dict[Partition, list[Mark]] = {}
        """Records behind it that were acknowledged without an offset."""
        self._start()

    @property
    def under_way(self) -> int:
        """Records that were handed over and whose fate is open."""
        return self.handed_over - self.acknowledged - self.given_up

    def send(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None = None,
        outcome: Outcome = lambda _: None,
        *,
        partition: int = ANY,
        headers: Headers | None = None,
    ) -> None:
        """Hand over a record; waits while there is no room for it.

        Raises `NotDelivered` when there is none for long, and another `PlatformError` for a record that
        cannot be sent.
        """
        number = self.handed_over + 1
        report = partial(self._report, (number, partition, headers, outcome))
        try:
            # By position: each record passes here.
            self._produce(topic, value, key, partition, report, None, 0, headers)
        except (BufferError, KafkaException):
            self._wait_for_room(Record(number, topic, value, key, partition, headers, outcome))
        self.handed_over = number
        if not number % _SERVE_EVERY:
            self.serve()

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
        self._produce: Callable[..., None] = self._client.produce
        self._lost, self._why = False, None

    def _note_trouble(self, error: KafkaError) -> None:
        if error.str() != self._trouble:
            self._trouble = error.str()
            log.info("broker trouble: %s", self._trouble)

    def _report(self, handed: _Handed, error: KafkaError | None, message: Message) -> None:
        number, partition, headers, outcome = handed
        at = partition_of(message)
        if error is None:
            self.acknowledged += 1
            offset = message.offset()
            if offset is None:
                mark = mark_of(at, message.key(), message.value(), headers)
                self._unplaced.setdefault(at, []).append(mark)
            else:
                self._known[at] = offset + 1
                if self._unplaced:
                    self._unplaced.pop(at, None)
            outcome(None)
        elif error.code() in CLIENTS_OWN:
            value, key = message.value(), message.key()
            sent_to = message.partition()
            self._left.append(Record(number, at[0], value, key, partition, headers, outcome, sent_to))
            self._lose(error)
        else:
            self._give_up(error, at[0], message.value(), outcome)

    def _give_up(self, error: KafkaError, topic: str, value: bytes | None, outcome: Outcome) -> None:
        self.given_up += 1
        self._failures.setdefault(error.code() != KafkaError._MSG_TIMED_OUT, (error, topic, value))
        outcome(error)

    def _take(self, record: Record) -> bool:
        """Hand over a record, or keep it while there is no client; False where there is no room for it."""
        if self._lost:
            if len(self._left) < _KEPT_AT_MOST:
                self._left.append(record)
                return True
            return False
        number, topic, value, key, partition, headers, outcome, _ = record
        report = partial(self._report, (number, partition, headers, outcome))
        try:
            self._produce(topic, value, key, partition, report, None, 0, headers)
        except BufferError:
            return False
        except KafkaException as error:
            if error.args[0].code() not in CLIENTS_OWN:
                raise sentence(error.args[0], topic, value, self._settings) from None
            self._lose(error.args[0])
            return self._take(record)
        return True

    def _wait_for_room(self, record: Record) -> None:
        deadline = time.monotonic() + self._deliver_within
        while not self._take(record):
            if time.monotonic() > deadline:
                raise NotDelivered(
                    f"the broker took no record for {self._deliver_within:.0f} s: see that it runs."
                )
            self._wait()

    def _wait(self, within: float = _A_MOMENT) -> None:
        """Wait for what comes, where there is a client, or for a new one."""
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
                self._lose(error.args[0])

    def _lose(self, error: KafkaError) -> None:
        """Note that the client is of no use any more."""
        if error.fatal():
            self._why = error
        if not self._lost:
            self._lost, self._produce, self._next_look = True, _no_client, 0.0
            if self.acknowledged > self._stuck_at:
                self._stuck_at, self._stuck_since = self.acknowledged, time.monotonic()
            log.warning("Kafka's client has given up (%s): a new one goes on.", error.str())

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
        """Begin a new client and send again what has not arrived; does nothing while no broker answers."""
        self._next_look = time.monotonic() + _LOOK_EVERY
        if not self._take_back():
            return
        if self._why is not None and self._why.code() in REFUSED:
            raise broker_error(KafkaException(self._why), self._settings)
        try:
            arrived = self._arrived()
        except Unreachable as error:
            log.info("the new client waits: %s", error)
            if time.monotonic() - self._stuck_since > self._deliver_within:
                late, self._left = self._left, []
                for one in late:
                    self._give_up(KafkaError(KafkaError._MSG_TIMED_OUT), one.topic, one.value, one.outcome)
                self._start()
            return
        waited, self._left = sorted(self._left), []
        for record in waited:
            if arrived[record.mark] > 0:
                arrived[record.mark] -= 1
                self.acknowledged += 1
                record.outcome(None)
            else:
                self._left.append(record)
        log.warning("%d of %d records under way have arrived.", len(waited) - len(self._left), len(waited))
        if self._left:
            self._before_again()
        missing, self._left = self._left, []
        self._start()
        for record in missing:
            while not self._take(record):
                self._poll(_A_MOMENT)

    def _arrived(self) -> Counter[Mark]:
        """Which of the records that are left are on their topics, and how often."""
        wanted = {record.mark for record in self._left if record.sent_to is not None}
        parts = {at for at, *_ in wanted}
        found: Counter[Mark] = Counter()
        known = {at: self._known.get(at, 0) for at in parts}
        for message in behind(self._kafka, known):
            at = partition_of(message)
            known[at] = (message.offset() or 0) + 1
            mark = mark_of(at, message.key(), message.value(), message.headers())
            if mark in wanted:
                found[mark] += 1
        for at in parts:
            found.subtract(self._unplaced.pop(at, ()))
        self._known.update(known)
        return found


def _no_client(*_: Any) -> None:
    raise BufferError
