"""Topics at the broker: which there are, and making those that are missing."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from contracts.errors import PlatformError, ServiceFailed, Unreachable

ANSWERS_WITHIN = 10.0
"""Seconds."""

_LOOK_EVERY = 0.05

CLIENT_LOG = logging.getLogger("contracts.kafka")
"""Where the Kafka client tells of its connections; silent unless the application gives it a handler."""
CLIENT_LOG.addHandler(logging.NullHandler())
CLIENT_LOG.propagate = False

_NO_ANSWER = frozenset(
    {KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}
)


class Broker:
    """The topics of one cluster."""

    def __init__(self, bootstrap_servers: str) -> None:
        """Connect lazily to `bootstrap_servers`."""
        self.address = bootstrap_servers
        self._admin = AdminClient({"bootstrap.servers": bootstrap_servers}, logger=CLIENT_LOG)

    def topics(self) -> dict[str, int]:
        """Name of every topic to its number of partitions; raises `Unreachable`."""
        try:
            found = self._admin.list_topics(timeout=ANSWERS_WITHIN)
        except KafkaException as error:
            raise broker_error(error, self.address) from None
        return {name: len(topic.partitions) for name, topic in found.topics.items()}

    def create(self, topic: str, partitions: int, settings: Mapping[str, str] | None = None) -> None:
        """Create `topic` with Kafka's topic `settings`, and wait until it is there.

        One that another made meanwhile is left as it is. Raises `ServiceFailed` when the broker refuses.
        """
        new = NewTopic(topic, num_partitions=partitions, config=dict(settings or {}))
        made = self._admin.create_topics([new], operation_timeout=ANSWERS_WITHIN)[topic]
        try:
            made.result(timeout=2 * ANSWERS_WITHIN)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise ServiceFailed(f"topic {topic} cannot be created: {error.args[0].str()}") from None
        # The controller has made it; the broker that answers questions may learn of it a moment later.
        deadline = time.monotonic() + ANSWERS_WITHIN
        while topic not in self.topics():
            if time.monotonic() > deadline:
                raise ServiceFailed(f"topic {topic} was created but does not show: look at the broker's log.")
            time.sleep(_LOOK_EVERY)


def broker_error(error: KafkaException, address: str) -> PlatformError:
    """What a failed question to the broker means for a person."""
    reason: KafkaError = error.args[0]
    if reason.code() in _NO_ANSWER:
        return Unreachable(
            f"no Kafka broker answers at {address}: start it with `make up`, "
            "or correct KAFKA_BOOTSTRAP_SERVERS."
        )
    return ServiceFailed(f"the Kafka broker at {address} refuses: {reason.str()}.")
