"""The messages of one topic as they come from the broker, and how far their reading has come."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from contracts.errors import Unreachable, UnusableSetting
from contracts.kafka.cluster import ANSWERS_WITHIN
from contracts.kafka.log import NO_GROUP, SILENT_FACTOR, Log, check_reading, consumer, ends_of, usable
from contracts.kafka.notes import passed_in, with_passed
from contracts.kafka.topics import broker_error

log = logging.getLogger("contracts.consume")

_POLL = 0.5

_OWN = frozenset(
    {
        "auto.offset.reset",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.partition.eof",
        "group.id",
    }
)
"""Properties that `consume` sets by its own arguments."""


class TopicSource:
    """A topic's messages; grouped, the offsets of those that are done are committed now and then."""

    def __init__(
        self,
        topic: str,
        kafka: Mapping[str, Any],
        group: str | None,
        from_beginning: bool,
        *,
        starts: Mapping[int, int] | None = None,
        answers_within: float = ANSWERS_WITHIN,
        note: str = "",
    ) -> None:
        """Set up a client with the properties `kafka`, its address among them; raises `UnusableSetting`.

        `starts` are offsets by partition: nothing but these partitions is read, each from its offset.
        A broker has `answers_within` seconds for an answer. A group commits `note` beside each offset.
        """
        self._topic, self._kafka, self._grouped = topic, kafka, group is not None
        self._within, self._note = answers_within, note
        self._address = kafka["bootstrap.servers"]
        self._start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        self._starts = starts
        self._assigned: set[int] | None = None
        self._next: dict[int, int] = {}
        self._passed: dict[int, set[int]] = {}
        if taken := sorted(_OWN & kafka.keys()):
            raise UnusableSetting(f"{', '.join(taken)}: set by the arguments of `consume`, not in `kafka`.")
        settings = {**kafka, "auto.offset.reset": "earliest" if from_beginning else "latest"}
        name = group or f"unnamed-{uuid.uuid4()}"
        self._consumer = usable(lambda: consumer(settings, name, commits=self._grouped))

    def messages(self, stop_at_end: bool) -> Iterator[KafkaMessage]:
        """Every record as it comes; with `stop_at_end` up to where the topic ends now."""
        ends = self._ends()
        if self._grouped:
            self._consumer.subscribe([self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke)
        else:
            starts = self._starts or dict.fromkeys(ends, self._start)
            self._assigned = set(starts) & set(ends)
            self._consumer.assign([TopicPartition(self._topic, p, starts[p]) for p in self._assigned])
        silent_for, at_most = 0.0, SILENT_FACTOR * self._within
        while not (stop_at_end and self._reached(ends)):
            began = time.monotonic()
            message = self._consumer.poll(_POLL)
            if message is None:
                # The time that the caller takes for the records is not the broker's silence.
                silent_for += time.monotonic() - began
                if stop_at_end and silent_for > at_most:
                    raise Unreachable(
                        f"the Kafka broker at {self._address} has been silent for {at_most:.0f} s: "
                        f"see whether it runs; {self._topic} was not read to its end."
                    )
                continue
            silent_for = 0.0
            if self._is_record(message):
                partition, offset = place_of(message)
                end = ends.get(partition, 0)
                passed = offset in self._passed.get(partition, ())
                if not passed and (not stop_at_end or offset < end):
                    yield message
                self._next[partition] = offset + 1

    def done(self, message: KafkaMessage) -> None:
        """Note that a record is processed, so that the group does not get it again."""
        if not self._grouped:
            return
        try:
            self._consumer.store_offsets(offsets=[self._behind(message)])
        except KafkaException as error:
            # The group has given the partition to another member, who reads the record again.
            if error.args[0].code() != KafkaError._STATE:
                raise broker_error(error, self._kafka) from None

    def _behind(self, message: KafkaMessage) -> TopicPartition:
        partition, offset = place_of(message)
        # What is behind the offset need not be noted, nor looked at, again.
        passed = self._passed[partition] = {one for one in self._passed.get(partition, ()) if one > offset}
        note = with_passed(self._note, passed)
        return TopicPartition(self._topic, partition, offset + 1, note, message.leader_epoch())

    def close(self) -> None:
        """Commit what is done and leave the group."""
        self._consumer.close()

    def _is_record(self, message: KafkaMessage) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            partition, offset = place_of(message)
            self._next[partition] = offset
        elif error.code() == KafkaError._MAX_POLL_EXCEEDED:
            log.warning("%s: a record took longer than max.poll.interval.ms; joining again", self._topic)
        elif self._grouped or error.code() != NO_GROUP:
            check_reading(message, self._kafka)
        return False

    def _ends(self) -> dict[int, int]:
        # The client reads what is committed unless a property says otherwise: so do these questions.
        log = Log({"isolation.level": "read_committed", **self._kafka}, self._within)
        return ends_of(log.watermarks(self._topic)[self._topic])

    def _reached(self, ends: Mapping[int, int]) -> bool:
        return self._assigned is not None and all(
            self._next.get(p, 0) >= ends.get(p, 0) for p in self._assigned
        )

    # A cooperative group gives and takes some of a member's partitions, an eager one all at once.
    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # `translate-offsets` notes what the group has passed in another generation of the topic.
        try:
            committed = consumer.committed(partitions, timeout=self._within)
        except KafkaException as error:
            raise broker_error(error, self._kafka) from None
        for at in committed:
            self._passed[at.partition] = set(passed_in(at.metadata or ""))
        self._assigned = (self._assigned or set()) | {p.partition for p in partitions}

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        gone = {p.partition for p in partitions}
        self._assigned = ((self._assigned or set()) - gone) or None
        for partition in gone:
            self._next.pop(partition, None)


def place_of(message: KafkaMessage) -> tuple[int, int]:
    """The partition and the offset of a message that the broker gave."""
    return message.partition() or 0, message.offset() or 0
