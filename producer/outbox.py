"""Sends each observation once, whatever stops the producer or the broker in between.

A record is noted on disk before it is handed over and forgotten when the broker has acknowledged it. What is
still noted when the producer starts, or when the broker comes back, may or may not have arrived: the topic
itself tells, by the very bytes.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Literal

import structlog
from confluent_kafka import KafkaError

from contracts.kafka.publishing import NotDelivered
from producer.observation import News, Shape, news
from producer.parse import RawRecord
from producer.publish import Channel, Publisher
from producer.state import State, Waiting
from producer.tail import fingerprint, on_topic

OnOutage = Literal["spool", "refuse"]
"""What to do when the broker has been away for too long: go on and keep records on disk, or stop."""

_TRY_EVERY = 5.0
"""Seconds between two looks for a broker that was away."""

_log = structlog.get_logger(__name__)


class Outbox:
    """Publishes what is new; close it before its publisher and its state."""

    def __init__(self, publisher: Publisher, state: State, on_outage: OnOutage = "spool") -> None:
        """Send what a former run left; see `settle`."""
        self._shape = Shape.of(publisher.raw.contract)
        self.publisher = publisher
        self.recovered = 0
        """Records of a former run that were sent now."""
        self._state = state
        self._on_outage = on_outage
        self._channels = {one.topic: one for one in (publisher.raw, publisher.quarantined)}
        self._delivered: list[int] = []
        self._given_up: set[int] = set()
        self._next_try = 0.0
        left = state.waiting()
        if left:
            self.recovered = self._settle(left)

    def offer(self, record: RawRecord) -> News:
        """Send an observation unless it is unchanged; one whose values changed is marked as a correction."""
        observation, now = self._shape.identity(record), self._shape.digest(record)
        found = news(self._state.seen(observation), now)
        if found is not News.UNCHANGED:
            record["correction"] = found is News.CORRECTION
            raw = self.publisher.raw
            key, value = record["station"].encode(), raw.serialize(record)
            number = self._state.hand_over(
                topic=raw.topic, since=record["received_at"], key=key, value=value, seen=(observation, now)
            )
            self._produce(raw, number, key, value)
        return found

    def quarantine(self, body: bytes, received_at: int, explanation: str) -> None:
        """Put a body that cannot become a record aside, with its exact bytes."""
        letter = {
            "reason": "UNPARSABLE_BODY",
            "explanation": explanation,
            "stage": "PRODUCER",
            "source_timestamp": received_at,
            "value": body,
        }
        quarantine = self.publisher.quarantined
        value = quarantine.serialize(letter)
        number = self._state.hand_over(
            topic=quarantine.topic, since=received_at, key=None, value=value, seen=None
        )
        self._produce(quarantine, number, None, value)

    def tend(self) -> None:
        """Take in delivery reports, and send again what an outage kept back.

        Raises `NotDelivered` when an outage is to be refused.
        """
        self.publisher.serve()
        self._forget_delivered()
        self._refuse_outage()
        if not self._given_up:
            return
        now = time.monotonic()
        if now >= self._next_try:
            self._next_try = now + _TRY_EVERY
            if self.publisher.reachable():
                self._settle([row for row in self._state.waiting() if row.id in self._given_up])

    def close(self, within: float) -> None:
        """Wait up to `within` seconds for the broker's word; raises `NotDelivered` when some lacks."""
        self._refuse_outage()
        try:
            self.publisher.flush(within)
        finally:
            self._forget_delivered()
        waiting = self._state.count_waiting()
        if waiting:
            raise NotDelivered(
                f"{waiting} records were not acknowledged within {within:.0f} s{self.publisher.trouble()}: "
                f"they are kept in {self._state.file} and sent at the next start."
            )

    def _refuse_outage(self) -> None:
        if self._given_up and self._on_outage == "refuse":
            raise NotDelivered(
                f"the broker has been away for too long{self.publisher.trouble()}: {len(self._given_up)} "
                f"records are kept in {self._state.file} and sent at the next start; --on-outage spool would "
                "go on polling."
            )

    def _settle(self, rows: list[Waiting]) -> int:
        """Forget those of `rows` that are on their topic, and send the others; returns how many they were."""
        sent = 0
        for topic, channel in self._channels.items():
            of_topic = [row for row in rows if row.topic == topic]
            if not of_topic:
                continue
            earliest = min(row.since for row in of_topic)
            there = on_topic(self.publisher.kafka, topic, earliest)
            for row in of_topic:
                if row.id in self._given_up:
                    self._given_up.remove(row.id)
                    channel.take_back()
                mark = fingerprint(row.value)
                if there[mark]:
                    there[mark] -= 1
                    self._delivered.append(row.id)
                else:
                    self._produce(channel, row.id, row.key, row.value)
                    sent += 1
        self._forget_delivered()
        _log.info("sent what was waiting", waited=len(rows), sent=sent)
        return sent

    def _produce(self, channel: Channel, number: int, key: bytes | None, value: bytes) -> None:
        channel.out.send(value, key, partial(self._outcome, channel.topic, number, fingerprint(value)))

    def _outcome(self, topic: str, number: int, mark: bytes, error: KafkaError | None) -> None:
        if error is None:
            self._delivered.append(number)
            _log.debug("delivered", topic=topic, value=mark.hex())
        else:
            self._given_up.add(number)

    def _forget_delivered(self) -> None:
        if self._delivered:
            numbers, self._delivered = self._delivered, []
            self._state.delivered(numbers)
