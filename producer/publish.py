"""Publishes raw records and dead letters to Kafka, under their registered and locked contracts."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import SchemaRegistryError, topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from contracts.broker import CLIENT_LOG, broker_error, metadata
from contracts.errors import PlatformError, RegistryMismatch, UnusableSetting
from contracts.kafka import Kafka
from contracts.model import Contract
from contracts.publishing import NotDelivered, Topic, Writer
from contracts.registry import Registry
from producer.parse import RawRecord

_CONNECT_WITHIN = 5.0
_ANSWERS_AT_ONCE = 1.0
DELIVER_WITHIN = 300.0
"""Seconds for which a record may be under way, or wait for room in a full local queue."""


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
        self.topic_ids = self._look_up(raw.topic, quarantine.topic)
        """Name of each topic to its id, which tells it from a former one of the same name."""
        self._writer = Writer(
            kafka,
            self.topic_ids,
            deliver_within=deliver_within,
            properties={"client.id": "weather-producer", "linger.ms": 5, "batch.size": 256 * 1024},
        )
        self.raw = Channel(self._writer.topics[raw.topic], registry, raw)
        self.quarantined = Channel(self._writer.topics[quarantine.topic], registry, quarantine)

    def send(self, record: RawRecord) -> None:
        """Hand over a record; waits while the local queue is full. Raises `NotDelivered`."""
        self.raw.out.send(self.raw.serialize(record), record["station"].encode())

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

    def _look_up(self, *topics: str) -> dict[str, str]:
        admin = AdminClient(self.kafka.client(), logger=CLIENT_LOG)
        asked = admin.describe_topics(TopicCollection(list(topics)), request_timeout=_CONNECT_WITHIN)
        return {topic: self._topic_id(topic, future) for topic, future in asked.items()}

    def _topic_id(self, topic: str, future: Future[Any]) -> str:
        try:
            return str(future.result().topic_id)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise UnusableSetting(
                    f"the topic {topic} does not exist: run `python -m contracts apply`."
                ) from None
            raise broker_error(error, self.kafka.client()) from None


class Channel:
    """One topic: its serializer, and the counts of what went there."""

    def __init__(self, out: Topic, registry: Registry, contract: Contract) -> None:
        """Prepare to write the newest version of `contract`."""
        self.topic = contract.topic
        self.out = out
        """Takes what is serialized here, and counts it."""
        self._taken_back = 0
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

    @property
    def sent(self) -> int:
        """Records handed over."""
        return self.out.handed_over - self._taken_back

    @property
    def delivered(self) -> int:
        """Records that are on the topic."""
        return self.out.acknowledged

    @property
    def failed(self) -> int:
        """Records that were given up."""
        return self.out.given_up - self._taken_back

    def take_back(self) -> None:
        """Uncount a record that was given up and is about to be handed over again."""
        self._taken_back += 1
