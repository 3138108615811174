"""Publishes raw records and dead letters to Kafka, under their registered and locked contracts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from confluent_kafka import KafkaError
from confluent_kafka.schema_registry import SchemaRegistryError, topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from contracts.broker import metadata
from contracts.errors import PlatformError, RegistryMismatch
from contracts.kafka import Kafka
from contracts.log import open_log
from contracts.model import Contract
from contracts.publishing import NotDelivered, Writer
from contracts.registry import Registry
from producer.parse import RawRecord

_ANSWERS_AT_ONCE = 1.0
DELIVER_WITHIN = 300.0
"""Seconds for which a record may be under way, or wait for room in a full local queue."""

Outcome = Callable[[bool], None]

_log = structlog.get_logger(__name__)


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
        for contract in (raw, quarantine):
            registry.id_of(contract)  # says what to do when it is not registered
        with open_log(kafka) as log:
            self.topic_ids = log.topic_ids(raw.topic, quarantine.topic)
        """Name of each topic to its id, which tells it from a former one of the same name."""
        self._writer = Writer(
            kafka,
            self.topic_ids,
            deliver_within=deliver_within,
            properties={"client.id": "weather-producer", "linger.ms": 5, "batch.size": 256 * 1024},
        )
        self.raw = Channel(self._writer, registry, raw)
        self.quarantined = Channel(self._writer, registry, quarantine)

    def send(self, record: RawRecord) -> None:
        """Hand over a record; waits while the local queue is full. Raises `NotDelivered`."""
        self.raw.produce(record["station"].encode(), self.raw.serialize(record))

    def serve(self) -> None:
        """Let the delivery reports of the last moments come in.

        Raises a `PlatformError` once the broker has refused a record for good: one that is too large, or
        whose topic is gone or is not for us.
        """
        self._writer.serve()
        self._refuse()

    def reachable(self) -> bool:
        """Whether a broker answers at once."""
        try:
            metadata(self.kafka.client(), within=_ANSWERS_AT_ONCE)
        except PlatformError:
            return False
        return True

    def flush(self, within: float) -> int:
        """Wait up to `within` seconds for the broker's word on every record; returns how many lack it.

        Raises what `serve` raises.
        """
        self._writer.flush(within)
        self._refuse()
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
        return self._writer.trouble()

    def _refuse(self) -> None:
        if refusal := self._writer.failure(refused_only=True):
            raise refusal


class Channel:
    """One topic: its serializer, and the counts of what went there."""

    def __init__(self, writer: Writer, registry: Registry, contract: Contract) -> None:
        """Prepare to write the newest version of `contract`."""
        self.contract = contract
        self.topic = contract.topic
        self.sent = self.delivered = self.failed = 0
        """Records handed over, acknowledged by the broker, and given up."""
        # Looked up once, as each record passes here.
        self._send, self._outcome = writer.send, self._count
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
        """Hand over a value; waits while there is no room. `outcome` learns whether it arrived.

        Raises what `Writer.send` raises.
        """
        self._send(
            self.topic,
            value,
            key,
            self._outcome if outcome is None else partial(self._count_and_tell, outcome),
        )
        self.sent += 1

    def take_back(self) -> None:
        """Uncount a record that was given up and is about to be handed over again."""
        self.sent -= 1
        self.failed -= 1

    def _count(self, error: KafkaError | None) -> None:
        if error is None:
            self.delivered += 1
        else:
            self.failed += 1
            _log.warning("not delivered", topic=self.topic, error=error.str())

    def _count_and_tell(self, outcome: Outcome, error: KafkaError | None) -> None:
        self._count(error)
        outcome(error is None)
