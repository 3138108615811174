"""The history of validations: the product's quality topic, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

from confluent_kafka import Message

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.encode import encoder
from contracts.errors import ServiceFailed, UnusableSetting
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import Span
from contracts.kafka.publishing import Writer
from contracts.records.topic_weather_quality import Validation, Verdict
from quality.sources import Sources
from quality.verdict import verdict

_WITHIN = 30.0
_RECENT = 200


class History:
    """The validations on the history's topic."""

    def __init__(self, sources: Sources) -> None:
        """Look that the topic is there and its contract registered; raises `PlatformError` where not."""
        if sources.product.quality is None:
            raise UnusableSetting(
                f"the product {sources.product.name} has no quality topic, which holds the history: give a "
                "contract `role: quality`."
            )
        self._sources, self._topic = sources, sources.product.quality.topic
        contract = sources.contract(self._topic)
        self._encode = encoder(contract.newest.schema, sources.registry.id_of(contract))
        self._decoder = Decoder(Validation.SCHEMA, sources.writers(self._topic).get)
        sources.log.watermarks(self._topic)

    def publish(self, validation: Validation) -> None:
        """Write a validation, and wait until the broker has it; raises `PlatformError`."""
        value = self._encode(validation.to_dict())
        _send(self._sources.kafka, self._topic, key=validation.topic.encode(), value=value)

    def recent(self, topic: str) -> tuple[Validation, ...]:
        """The newest validations of `topic`, oldest first, and enough of them to compare with."""
        # Other topics share the history: where they fill its end, all of it is read.
        return self.read(topic, newest=_RECENT) or self.read(topic)[-_RECENT:]

    def read(self, topic: str, newest: int | None = None) -> tuple[Validation, ...]:
        """Every validation of `topic`, oldest first; raises `PlatformError`.

        With `newest`, only those among as many records at the end of each partition.

        A record that cannot be read by the quality contract is no validation, and is passed over. A later one
        replaces an earlier one with the same id.
        """
        validations = {
            one.id: one
            for message in self._messages(newest)
            if message.key() == topic.encode() and (one := self._decoded(message))
        }
        return tuple(sorted(validations.values(), key=lambda one: one.validated_at))

    def _decoded(self, message: Message) -> Validation | None:
        try:
            return weighed(Validation.from_dict(self._decoder.decode(message.value())))
        except Undecodable:
            return None

    def _messages(self, newest: int | None) -> Iterator[Message]:
        log = self._sources.log
        spans = log.spans(self._topic)
        if newest:
            spans = {at: Span(max(begin, end - newest), end) for at, (begin, end) in spans.items()}
        return log.read(spans)


def weighed(validation: Validation) -> Validation:
    """The validation with a verdict of this release, where a newer one gave it a verdict of its own."""
    if validation.verdict is not Verdict.UNKNOWN:
        return validation
    found = verdict(rows=validation.rows, unreadable=validation.unreadable, rules=validation.rules)
    return replace(validation, verdict=found)


def _send(kafka: Kafka, topic: str, *, key: bytes, value: bytes) -> None:
    with closing(Writer(kafka, [topic], deliver_within=_WITHIN)) as writer:
        writer.topics[topic].send(value, key)
        left = writer.flush(_WITHIN + 5)
        if failure := writer.failure():
            raise failure
        if left:
            raise ServiceFailed(
                f"the verdict was not accepted on {topic} within {_WITHIN:.0f} s: is the broker well?"
            )
