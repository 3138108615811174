"""One topic that is written to: what was handed over for it, and what became of that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, KafkaException, Message

from contracts.kafka.publishing.record import ANY, CLIENTS_OWN, Headers, Mark, Outcome, Record, mark_of

if TYPE_CHECKING:
    from contracts.kafka.publishing.writer import Writer

_SERVE_EVERY = 500
"""Records between two looks at the delivery reports."""


class Topic:
    """A topic of a writer."""

    def __init__(self, writer: Writer, name: str, ends: dict[int, int]) -> None:
        """Begin where its partitions have their `ends`; `Writer` makes it."""
        self.name = name
        self.handed_over = self.acknowledged = self.given_up = 0
        """Records by what became of them; the others are under way."""
        self.newest = {partition: end - 1 for partition, end in ends.items()}
        """Offset of the newest record that is known of, by partition."""
        self.unplaced: dict[int, list[Mark]] = {}
        """Records behind it that were acknowledged without an offset, by partition."""
        self._writer = writer

    @property
    def under_way(self) -> int:
        """Records that were handed over and whose fate is open."""
        return self.handed_over - self.acknowledged - self.given_up

    def send(
        self,
        value: bytes | None,
        key: bytes | None = None,
        outcome: Outcome | None = None,
        *,
        partition: int = ANY,
        headers: Headers | None = None,
    ) -> None:
        """Hand over a record; waits while there is no room for it.

        Raises `NotDelivered` when there is none for long, and another `PlatformError` for a record that
        cannot be sent.
        """
        number = self.handed_over + 1
        # Each record passes here: this is all that is kept of it until its report comes.
        report = partial(self.report, number, partition, headers, outcome)
        try:
            self._writer.produce(self.name, value, key, partition, report, None, 0, headers)
        except (BufferError, KafkaException):
            self._writer.wait_for_room(Record(number, self, value, key, partition, headers, outcome))
        self.handed_over = number
        if not number % _SERVE_EVERY:
            self._writer.serve()

    def report(  # noqa: PLR0917 - Kafka's client calls it so
        self,
        number: int,
        partition: int,
        headers: Headers | None,
        outcome: Outcome | None,
        error: KafkaError | None,
        message: Message,
    ) -> None:
        """Take note of what Kafka's client says of a record."""
        if error is None:
            self.acknowledged += 1
            offset = message.offset()
            if offset is None or self.unplaced:
                self._place(headers, message)
            else:
                self.newest[message.partition() or 0] = offset
            if outcome is not None:
                outcome(None)
            return
        value, key, sent_to = message.value(), message.key(), message.partition()
        record = Record(number, self, value, key, partition, headers, outcome, sent_to)
        if error.code() in CLIENTS_OWN:
            self._writer.lose(error, record)
        else:
            self._writer.give_up(error, record)

    def _place(self, headers: Headers | None, message: Message) -> None:
        at, offset = message.partition() or 0, message.offset()
        if offset is None:
            mark = mark_of(self.name, at, message.key(), message.value(), headers)
            self.unplaced.setdefault(at, []).append(mark)
        else:
            self.newest[at] = offset
            self.unplaced.pop(at, None)
