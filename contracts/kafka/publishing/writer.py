"""The writer: one client after another, as far as its users can see one that never gives up."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import partial
from operator import itemgetter
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from contracts.errors import PlatformError, ServiceFailed, Unreachable, UnusableSetting
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import Partition
from contracts.kafka.publishing.record import CLIENTS_OWN, Mark, NotDelivered, Record, mark_of, sentence
from contracts.kafka.publishing.tail import behind, ends
from contracts.kafka.publishing.topic import Topic
from contracts.kafka.topics import CLIENT_LOG, REFUSED, broker_error

log = logging.getLogger("contracts.publishing")

_LARGEST = 8 << 20
"""Bytes of a record; the topic's own limit decides."""
_KEPT_AT_MOST = 100_000
"""Records that wait here while there is no client; as many as fit into a client's own queue."""
_A_MOMENT = 0.1
_GIVES_BACK_WITHIN = 10.0
_LOOK_EVERY = 5.0


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
        """The first record that never can be sent, by True, and the first that took too long, by False."""
        self._left: list[Record] = []
        self._lost = False
        """Whether the client has given up, and no new one goes on yet."""
        self._why: KafkaError | None = None
        self._stuck_at, self._stuck_since = -1, 0.0
        """How many records were acknowledged when a new client was first tried, and when that was."""
        self._next_look = 0.0
        held = ends(kafka, topics, deliver_within)
        self.topics = {topic: Topic(self, topic, held[topic]) for topic in topics}
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
        """Tell that a record cannot be sent, or took too long."""
        record.topic.given_up += 1
        log.info("not delivered: a record for %s: %s", record.topic.name, error.str())
        self._failures.setdefault(error.code() != KafkaError._MSG_TIMED_OUT, (error, record))
        if record.outcome is not None:
            record.outcome(error)

    def lose(self, error: KafkaError, record: Record | None = None) -> None:
        """Note that the client is of no use any more; a `record` that came back waits for the next one."""
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
            if error.args[0].code() not in CLIENTS_OWN:
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
        """Begin a new client and send again what has not arrived; does nothing while no broker answers."""
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
        """Which of the records that are left are on their topics, and how often."""
        wanted = {mark for record in self._left if (mark := record.mark)}
        begins = {(name, at): self.topics[name].newest.get(at, -1) + 1 for name, at, *_ in wanted}
        found: Counter[Mark] = Counter()
        newest: dict[Partition, int] = {}
        for message in behind(self._kafka, begins):
            name, at = message.topic() or "", message.partition() or 0
            newest[name, at] = message.offset() or 0
            mark = mark_of(name, at, message.key(), message.value(), message.headers())
            if mark in wanted:
                found[mark] += 1
        for name, at in begins:
            found.subtract(self.topics[name].unplaced.pop(at, ()))
        for (name, at), offset in newest.items():
            self.topics[name].newest[at] = offset
        return found


def _no_client(*_: Any) -> None:
    raise BufferError
