"""Publishes raw records and dead letters to Kafka, under their registered and locked contracts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.schema_registry import SchemaRegistryError, topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from contracts.errors import PlatformError, RegistryMismatch, Unreachable
from contracts.kafka import Kafka
from contracts.log import open_log
from contracts.model import Contract
from contracts.registry import Registry
from producer.parse import RawRecord

_ANSWERS_AT_ONCE = 1.0
DELIVER_WITHIN = 300.0
"""Seconds for which a record may be under way, or wait for room in a full local queue."""
_POLL_EVERY = 500
"""Records between two looks at the delivery reports."""

Outcome = Callable[[bool], None]
_Report = Callable[["KafkaError | None", Message], None]

_log = structlog.get_logger(__name__)


class NotDelivered(PlatformError):
    """Records that were handed over and not acknowledged by the broker."""

    exit_code = Unreachable.exit_code


class Publisher:
    """Sends records, each keyed by its station; `close` waits until the broker has acknowledged them."""

    def __init__(
        self,
        kafka: Kafka,
        registry: Registry,
        raw: Contract,
        quarantine: Contract,
        *,
        deliver_within: float = DELIVER_WITHIN,
    ) -> None:
        """Connect, and make sure that both topics and both newest contract versions are there.

        A record that the broker does not acknowledge within `deliver_within` seconds is given up.
        """
        self.kafka = kafka
        self._last_error = ""
        self._producer = Producer(
            {
                **kafka.client(),
                "client.id": "weather-producer",
                "enable.idempotence": True,
                "acks": "all",
                "compression.type": "lz4",
                "linger.ms": 5,
                "batch.size": 256 * 1024,
                "message.timeout.ms": round(deliver_within * 1000),
                "error_cb": self._trouble,
                # Trouble reaches us by `error_cb`; the library would also write to stderr on its own.
                "log_level": 0,
            }
        )
        self.raw = Channel(self._producer, registry, raw, deliver_within)
        self.quarantined = Channel(self._producer, registry, quarantine, deliver_within)
        with open_log(kafka) as log:
            self.topic_ids = log.topic_ids(raw.topic, quarantine.topic)
        """Name of each topic to its id, which tells it from a former one of the same name."""

    def send(self, record: RawRecord) -> None:
        """Hand over a record; waits while the local queue is full. Raises `NotDelivered`."""
        self.raw.produce(record["station"].encode(), self.raw.serialize(record))

    def serve(self) -> None:
        """Let the delivery reports of the last moments come in."""
        self._producer.poll(0)

    def reachable(self) -> bool:
        """Whether a broker answers at once."""
        try:
            self._producer.list_topics(timeout=_ANSWERS_AT_ONCE)
        except KafkaException:
            return False
        return True

    def flush(self, within: float) -> int:
        """Wait up to `within` seconds for the broker's word on every record; returns how many lack it."""
        self._producer.flush(within)
        return sum(channel.sent - channel.delivered for channel in (self.raw, self.quarantined))

    def close(self, within: float = 60.0) -> None:
        """Wait up to `within` seconds for the broker's word on every record; raises `NotDelivered`."""
        lost = self.flush(within)
        if lost:
            raise NotDelivered(
                f"{lost} of {self.raw.sent + self.quarantined.sent} records were not acknowledged "
                f"within {within:.0f} s{self.trouble()}: see that the broker runs, and send them again."
            )

    def trouble(self) -> str:
        """What the broker's client last complained of, in brackets; empty when it did not."""
        return f" ({self._last_error})" if self._last_error else ""

    def _trouble(self, error: KafkaError) -> None:
        self._last_error = error.str()
        _log.warning("broker trouble", error=error.str(), fatal=error.fatal())


class Channel:
    """One topic: its serializer, and the counts of what went there."""

    def __init__(
        self, producer: Producer, registry: Registry, contract: Contract, room_within: float
    ) -> None:
        """Make sure that the newest version of `contract` is registered."""
        registry.id_of(contract)  # says what to do when it is not
        self.topic = contract.topic
        self.sent = self.delivered = self.failed = 0
        """Records handed over, acknowledged by the broker, and given up by the client."""
        self._producer = producer
        # Looked up once, as each record passes here.
        self._hand_over, self._report = producer.produce, self._count
        self._room_within = room_within
        self._context = SerializationContext(contract.topic, MessageField.VALUE)
        self._serialize = AvroSerializer(
            registry.client,
            contract.newest.text,
            conf={
                "auto.register.schemas": False,
                "use.latest.version": False,
                "subject.name.strategy": topic_subject_name_strategy,
            },
        )

    def serialize(self, record: Mapping[str, Any]) -> bytes:
        """Write a record in the wire format; raises `RegistryMismatch`."""
        try:
            value: bytes | None = self._serialize(record, self._context)
        except SchemaRegistryError as error:
            raise RegistryMismatch(
                f"the registry does not know the contract of {self.topic} ({error.error_message}): "
                "run `python -m contracts apply`."
            ) from None
        assert value is not None  # noqa: S101 - only None is written as None
        return value

    def produce(self, key: bytes | None, value: bytes, outcome: Outcome | None = None) -> None:
        """Hand over a value; waits while the local queue is full. `outcome` learns whether it arrived."""
        report = self._report if outcome is None else partial(self._count_and_tell, outcome)
        try:
            self._hand_over(self.topic, value, key, on_delivery=report)
        except BufferError:
            self._wait_for_room(key, value, report)
        except KafkaException as error:
            raise self._refusal(error) from None
        self.sent += 1
        if not self.sent % _POLL_EVERY:
            self._producer.poll(0)

    def take_back(self) -> None:
        """Uncount a record that was given up and is about to be handed over again."""
        self.sent -= 1
        self.failed -= 1

    def _wait_for_room(self, key: bytes | None, value: bytes, report: _Report) -> None:
        deadline = time.monotonic() + self._room_within
        while time.monotonic() < deadline:
            self._producer.poll(0.1)
            try:
                return self._hand_over(self.topic, value, key, on_delivery=report)
            except BufferError:
                continue
            except KafkaException as error:
                raise self._refusal(error) from None
        raise NotDelivered(f"the broker took no record for {self._room_within:.0f} s: see that it runs.")

    def _refusal(self, error: KafkaException) -> NotDelivered:
        return NotDelivered(f"a record for {self.topic} is refused: {error.args[0].str()}.")

    def _count(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.delivered += 1
        else:
            self.failed += 1
            _log.warning("not delivered", topic=self.topic, error=error.str())

    def _count_and_tell(self, outcome: Outcome, error: KafkaError | None, message: Message) -> None:
        self._count(error, message)
        outcome(error is None)
