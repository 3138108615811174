"""Publishes raw records and dead letters to Kafka, under their registered and locked contracts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.schema_registry import SchemaRegistryError, topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from contracts.errors import PlatformError, RegistryMismatch, Unreachable, UnusableSetting
from contracts.model import Contract
from contracts.registry import Registry
from producer.parse import RawRecord
from producer.reading import Unparsable

_CONNECT_WITHIN = 5.0
_ROOM_WITHIN = 300.0
"""Seconds to wait for room in a full local queue: as long as a record may be under way at all."""
_POLL_EVERY = 500
"""Records between two looks at the delivery reports."""

_log = structlog.get_logger(__name__)


class NotDelivered(PlatformError):
    """Records that were handed over and not acknowledged by the broker."""

    exit_code = Unreachable.exit_code


@dataclass(slots=True)
class Counts:
    """Records handed over, acknowledged by the broker, and given up by the client."""

    sent: int = 0
    delivered: int = 0
    failed: int = 0


class Publisher:
    """Sends records, each keyed by its station; `close` waits until the broker has acknowledged them."""

    def __init__(
        self, bootstrap_servers: str, registry: Registry, raw: Contract, quarantine: Contract
    ) -> None:
        """Connect, and make sure that both topics and both newest contract versions are there."""
        self.raw, self.quarantined = Counts(), Counts()
        self._last_error = ""
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "client.id": "weather-producer",
                "enable.idempotence": True,
                "acks": "all",
                "compression.type": "lz4",
                "linger.ms": 5,
                "batch.size": 256 * 1024,
                "error_cb": self._trouble,
                # Trouble reaches us by `error_cb`; the library would also write to stderr on its own.
                "log_level": 0,
            }
        )
        self._raw = _Channel(self._producer, registry, raw, self.raw)
        self._quarantine = _Channel(self._producer, registry, quarantine, self.quarantined)
        self._look_up(bootstrap_servers, raw.topic, quarantine.topic)

    def send(self, record: RawRecord) -> None:
        """Hand over a record; waits while the local queue is full. Raises `NotDelivered`."""
        self._raw.send(record["station"].encode(), record)

    def quarantine(self, body: bytes, received_at: int, why: Unparsable) -> None:
        """Hand over a body that cannot become a record, with its exact bytes."""
        letter = {
            "reason": "UNPARSABLE_BODY",
            "explanation": f"{why.reason}: {why}",
            "stage": "PRODUCER",
            "source_timestamp": received_at,
            "value": body,
        }
        self._quarantine.send(None, letter)

    def close(self, within: float = 60.0) -> None:
        """Wait up to `within` seconds for the broker's word on every record; raises `NotDelivered`."""
        self._producer.flush(within)
        lost = [counts.sent - counts.delivered for counts in (self.raw, self.quarantined)]
        if any(lost):
            why = f" ({self._last_error})" if self._last_error else ""
            raise NotDelivered(
                f"{sum(lost)} of {self.raw.sent + self.quarantined.sent} records were not acknowledged "
                f"within {within:.0f} s{why}: see that the broker runs, and send them again."
            )

    def _look_up(self, bootstrap_servers: str, *topics: str) -> None:
        try:
            known = self._producer.list_topics(timeout=_CONNECT_WITHIN).topics
        except KafkaException:
            raise Unreachable(
                f"no broker answers at {bootstrap_servers}: start it with `make up`, or correct "
                "KAFKA_BOOTSTRAP_SERVERS."
            ) from None
        for topic in topics:
            if topic not in known:
                raise UnusableSetting(f"the topic {topic} does not exist: run `python -m contracts apply`.")

    def _trouble(self, error: KafkaError) -> None:
        self._last_error = error.str()
        _log.warning("broker trouble", error=error.str(), fatal=error.fatal())


class _Channel:
    """One topic: its serializer, and the counts of what went there."""

    def __init__(self, producer: Producer, registry: Registry, contract: Contract, counts: Counts) -> None:
        registry.id_of(contract)  # says what to do when the newest version is not registered
        self._producer = producer
        self._topic = contract.topic
        self._counts = counts
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

    def send(self, key: bytes | None, record: Mapping[str, Any]) -> None:
        try:
            value = self._serialize(record, self._context)
        except SchemaRegistryError as error:
            raise RegistryMismatch(
                f"the registry does not know the contract of {self._topic} ({error.error_message}): "
                "run `python -m contracts apply`."
            ) from None
        self._produce(key, value)
        self._counts.sent += 1
        if self._counts.sent % _POLL_EVERY == 0:
            self._producer.poll(0)

    def _produce(self, key: bytes | None, value: bytes | None) -> None:
        deadline = time.monotonic() + _ROOM_WITHIN
        while not self._taken(key, value):
            if time.monotonic() > deadline:
                raise NotDelivered(f"the broker took no record for {_ROOM_WITHIN:.0f} s: see that it runs.")
            self._producer.poll(0.1)

    def _taken(self, key: bytes | None, value: bytes | None) -> bool:
        """Hand over to the local queue; False while that is full."""
        try:
            self._producer.produce(self._topic, value, key, on_delivery=self._delivered)
        except BufferError:
            return False
        except KafkaException as error:
            raise NotDelivered(f"a record for {self._topic} is refused: {error.args[0].str()}.") from None
        return True

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self._counts.delivered += 1
        else:
            self._counts.failed += 1
            _log.warning("not delivered", topic=self._topic, error=error.str())
