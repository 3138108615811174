"""Publishes raw records and dead letters to Kafka, under their registered and locked contracts."""

from __future__ import annotations

from contracts.avro.encode import encoder
from contracts.errors import PlatformError
from contracts.folder.model import Contract
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import open_log
from contracts.kafka.publishing import NotDelivered, Topic, Writer
from contracts.kafka.topics import metadata
from contracts.registry.registry import Registry
from producer.parse import RawRecord

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
        ids = [registry.id_of(contract) for contract in (raw, quarantine)]
        with open_log(kafka) as log:
            self.topic_ids = log.topic_ids(raw.topic, quarantine.topic)
        """Name of each topic to its id, which tells it from a former one of the same name."""
        self._writer = Writer(
            kafka,
            self.topic_ids,
            deliver_within=deliver_within,
            properties={"client.id": "weather-producer", "linger.ms": 5, "batch.size": 256 * 1024},
        )
        self.raw = Channel(self._writer.topics[raw.topic], raw, ids[0])
        self.quarantined = Channel(self._writer.topics[quarantine.topic], quarantine, ids[1])

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


class Channel:
    """One topic: its serializer, and the counts of what went there."""

    def __init__(self, out: Topic, contract: Contract, schema_id: int) -> None:
        """Prepare to write the newest version of `contract`, which has this id in the registry."""
        self.contract = contract
        self.topic = contract.topic
        self.out = out
        """Takes what is serialized here, and counts it."""
        self._taken_back = 0
        self.serialize = encoder(contract.newest.schema, schema_id)
        """Writes a record in the wire format."""

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
