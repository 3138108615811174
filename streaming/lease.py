"""The right to reprocess a quarantine topic: one process has it at a time, and a later one takes it over.

The broker keeps it, as the one static member of a consumer group: when a process joins by the same name, the
earlier one can commit nothing more. So a commit before each lot of records tells whether they may still be
sent. The commit also notes that records are under way. A process that takes over, whether the earlier one
lives or was killed, waits until these have arrived or never will.
"""

from __future__ import annotations

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from contracts.errors import PlatformError, ServiceFailed, UnusableSetting
from contracts.kafka.cluster import Kafka
from contracts.kafka.topics import CLIENT_LOG, broker_error

DELIVERED_WITHIN = 10.0
"""Seconds within which a record that was handed to a Kafka client is on its topic, or is given up."""

_JOINED_WITHIN = 30.0
_ANSWER_WITHIN = 10.0
_A_MOMENT = 0.01
_UNDER_WAY, _AT_REST = "under way", "at rest"
_TAKEN_OVER = frozenset(
    {
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError._FATAL,
    }
)


class LeaseLost(UnusableSetting):
    """Another process has taken the lease over."""


class Lease:
    """The right to reprocess `quarantine`, as a context."""

    def __init__(self, kafka: Kafka, quarantine: str) -> None:
        """Prepare; nothing is taken yet."""
        self._kafka, self._quarantine = kafka, quarantine
        self._joined = False
        self._note = _AT_REST
        self._unanswered = 0
        """Commits that the broker has not answered yet."""
        self._refusals: list[KafkaError] = []
        self._consumer = Consumer(
            {
                **kafka.client(),
                # Older versions of the code take the same lease: so the names stay.
                "group.id": f"weather-replay-{quarantine}",
                "group.instance.id": "replay",
                "enable.auto.commit": False,
                "on_commit": self._answered,
            },
            logger=CLIENT_LOG,
        )

    def __enter__(self) -> Lease:
        """Take it, from another process if one has it, and wait for the records that are under way.

        Raises `LeaseLost` when yet another process takes it meanwhile, and else what `broker_error` gives.
        """
        try:
            self._join()
            if self._noted() == _UNDER_WAY:
                time.sleep(DELIVERED_WITHIN)
        except KafkaException as error:
            self._consumer.close()
            raise self._failure(error) from None
        except BaseException:
            self._consumer.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Give it up. The note that records are under way stays if they have not arrived."""
        self._consumer.close()

    def begin(self) -> None:
        """Note that records are under way, if the lease is still ours; else raises `LeaseLost`."""
        self._commit(_UNDER_WAY)

    def end(self) -> None:
        """Note that all have arrived; raises `LeaseLost` when another has taken over meanwhile."""
        if self._note == _UNDER_WAY:
            self._commit(_AT_REST)

    def _join(self) -> None:
        def assigned(consumer: Consumer, parts: list[TopicPartition]) -> None:
            consumer.assign(parts)
            # It is never read: the letters are read by a consumer of their own.
            consumer.pause(parts)
            self._joined = True

        self._consumer.subscribe([self._quarantine], on_assign=assigned)
        deadline = time.monotonic() + _JOINED_WITHIN
        while not self._joined:
            message = self._consumer.poll(0.1)
            if message is not None and (error := message.error()):
                raise KafkaException(error)
            if time.monotonic() > deadline:
                raise ServiceFailed(
                    f"the broker did not give the right to reprocess {self._quarantine} within "
                    f"{_JOINED_WITHIN:.0f} s: look at its log, then try again."
                )

    def _noted(self) -> str | None:
        [place] = self._consumer.committed([self._place()], _ANSWER_WITHIN)
        return place.metadata

    def _commit(self, note: str) -> None:
        # Not `asynchronous=False`, which waits for ever for a broker that is away.
        self._consumer.commit(offsets=[self._place(note)])
        self._unanswered += 1
        deadline = time.monotonic() + _ANSWER_WITHIN
        while self._unanswered:
            # Serves the heartbeats as well: the broker drops a member that does not poll for minutes.
            self._consumer.poll(_A_MOMENT)
            if time.monotonic() > deadline:
                raise self._failure(KafkaException(KafkaError(KafkaError._TIMED_OUT)))
        refusals, self._refusals = self._refusals, []
        if refusals:
            raise self._failure(KafkaException(refusals[0]))
        self._note = note

    def _answered(self, error: KafkaError | None, places: list[TopicPartition]) -> None:
        self._unanswered -= 1
        self._refusals += filter(None, [error, *(place.error for place in places)])

    def _failure(self, error: KafkaException) -> PlatformError:
        if error.args[0].code() not in _TAKEN_OVER:
            return broker_error(error, self._kafka.client())
        return LeaseLost(
            f"another process has begun to reprocess {self._quarantine}, and goes on; this one ends: what it "
            "has sent is not sent again, and the rest is left to the other one."
        )

    def _place(self, note: str = "") -> TopicPartition:
        return TopicPartition(self._quarantine, 0, 0, note)
