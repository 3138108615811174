"""Publishes records, each once: where Kafka's client gives up, a new one goes on.

A client that meets its broker at the wrong moment (killed, halted, with a disk that forgot its last writes)
ends with a fatal error and takes no record any more. What it had under way may have arrived or not: the topic
itself tells, by the very bytes, and what is missing is sent again, in its order.
"""

from contracts.kafka.publishing.record import ANY, Headers, NotDelivered, Outcome
from contracts.kafka.publishing.topic import Topic
from contracts.kafka.publishing.writer import Writer

__all__ = ["ANY", "Headers", "NotDelivered", "Outcome", "Topic", "Writer"]
