"""Topics at the broker: lists and creates them, and says why a broker does not answer."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.cimpl import NewTopic

from contracts.errors import AccessRefused, PlatformError, ServiceFailed, Unreachable, UnusableSetting
from contracts.kafka.cluster import ANSWERS_WITHIN, Kafka

_LOOK_EVERY = 0.05
_ASK_FOR = 1.0
_REFUSES_WITHIN = 3.0

CLIENT_LOG = logging.getLogger("contracts.kafka")
"""The Kafka client's own log of its connections; silent unless the application gives it a handler."""
CLIENT_LOG.addHandler(logging.NullHandler())
CLIENT_LOG.propagate = False

NO_ANSWER = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._RESOLVE,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._TRANSPORT,
        KafkaError._WAIT_COORD,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.UNKNOWN_LEADER_EPOCH,
    }
)
"""Errors that say that a broker of the cluster is away: another question may be answered."""

_NOT_THERE = frozenset(
    {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError.TOPIC_EXCEPTION}
)
REFUSED = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError._SSL,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
    }
)
_ACCESS = re.compile(r"bootstrap\.servers|(broker|client|https|sasl|security|socket|ssl)\.|enable\.s|oauth")
"""The beginnings of the properties that every client takes; others are for readers or for writers only."""
_GIST = 200


class Broker:
    """The topics of one cluster."""

    def __init__(self, kafka: Kafka) -> None:
        """Connect lazily."""
        self._settings, self._within = kafka.client(), kafka.answers_within
        self._admin = AdminClient(self._settings, logger=CLIENT_LOG)

    def topics(self) -> dict[str, int]:
        """Name of every topic to its number of partitions; raises `Unreachable` or `AccessRefused`."""
        topics = metadata(self._settings, self._within).topics
        return {name: len(topic.partitions) for name, topic in topics.items()}

    def create(self, topic: str, partitions: int, settings: Mapping[str, str] | None = None) -> None:
        """Create `topic` with Kafka's topic `settings`, and wait until it is there.

        A topic that somebody else created meanwhile is left as it is. Raises `ServiceFailed` when the
        broker refuses.
        """
        new = NewTopic(topic, num_partitions=partitions, config=dict(settings or {}))
        made = self._admin.create_topics([new], operation_timeout=ANSWERS_WITHIN)[topic]
        try:
            made.result(timeout=2 * ANSWERS_WITHIN)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise ServiceFailed(f"topic {topic} cannot be created: {error.args[0].str()}") from None
        # The controller has created it; the broker that answers questions may learn of it a moment later.
        deadline = time.monotonic() + ANSWERS_WITHIN
        while topic not in self.topics():
            if time.monotonic() > deadline:
                raise ServiceFailed(f"topic {topic} was created but does not show: look at the broker's log.")
            time.sleep(_LOOK_EVERY)


def require_topics(kafka: Kafka, topics: Iterable[str], instead: str) -> None:
    """Raise `UnusableSetting` for the first topic that the broker lacks, with what to do `instead`.

    Raises `Unreachable` or `AccessRefused` as `Broker.topics`.
    """
    known = metadata(kafka.client(), kafka.answers_within).topics
    for topic in topics:
        if topic not in known:
            raise UnusableSetting(f"there is no topic {topic} at {kafka.bootstrap_servers}: {instead}.")


def metadata(settings: Mapping[str, Any], within: float = ANSWERS_WITHIN) -> ClusterMetadata:
    """The cluster's description of itself, for a client with these properties (`Kafka.client`).

    Raises `Unreachable`, and at once, rather than after `within` seconds, `AccessRefused`.
    """
    admin, check_access = admin_client(settings)
    deadline = time.monotonic() + within
    while (answer := _ask(admin, min(_ASK_FOR, within), settings)) is None:
        check_access()
        if time.monotonic() > deadline:
            raise _silence(settings)
    return answer


def admin_client(settings: Mapping[str, Any]) -> tuple[AdminClient, Callable[[], None]]:
    """A client with these properties, and a function that raises `AccessRefused` if the broker refused it.

    The client itself would go on trying, and report silence. Properties of a consumer are left out.
    """
    refusals: list[KafkaError] = []

    def listen(error: KafkaError) -> None:
        if error.code() in REFUSED:
            refusals.append(error)

    def check_access() -> None:
        admin.poll(0)
        if refusals:
            raise _access(refusals[0], settings)

    access = {name: value for name, value in settings.items() if _ACCESS.match(name)}
    listening: dict[str, Any] = {**access, "error_cb": listen}
    admin = AdminClient(listening, logger=CLIENT_LOG)
    return admin, check_access


def _ask(admin: AdminClient, within: float, settings: Mapping[str, Any]) -> ClusterMetadata | None:
    """Ask once; None where nobody answers."""
    try:
        return admin.list_topics(timeout=within)
    except KafkaException as error:
        if error.args[0].code() not in NO_ANSWER:
            raise broker_error(error, settings) from None
        return None


def broker_error(error: KafkaException, settings: Mapping[str, Any]) -> PlatformError:
    """The error for a person when a question fails that was asked with these properties of the client."""
    reason: KafkaError = error.args[0]
    if reason.code() not in NO_ANSWER:
        return refusal(reason, settings)
    # A client that is not let in keeps trying and reports only silence: so ask for the reason.
    try:
        metadata(settings, within=_REFUSES_WITHIN)
    except PlatformError as its_reason:
        return its_reason
    return Unreachable(
        f"the Kafka broker at {_address(settings)} answers, but not to this ({reason.str()}): "
        "see whether it is overloaded, or another broker of its cluster is away."
    )


def missing(topic: str, settings: Mapping[str, Any]) -> UnusableSetting:
    """The error for a topic that the broker does not have."""
    return UnusableSetting(
        f"there is no topic {topic} at the broker {_address(settings)}: "
        "run `python -m contracts apply`, or correct the topic's name."
    )


def refusal(reason: KafkaError, settings: Mapping[str, Any], topic: str = "") -> PlatformError:
    """The error for a person when the broker answers a question about `topic` with an error."""
    if reason.code() in REFUSED:
        return _access(reason, settings)
    if topic and reason.code() in _NOT_THERE:
        return missing(topic, settings)
    about = f" for the topic {topic}" if topic else ""
    return ServiceFailed(f"the Kafka broker at {_address(settings)} refuses{about}: {reason.str()}.")


def _silence(settings: Mapping[str, Any]) -> Unreachable:
    return Unreachable(
        f"no Kafka broker answers at {_address(settings)}: start it with `make up`, "
        "or correct KAFKA_BOOTSTRAP_SERVERS or KAFKA_SECURITY_PROTOCOL."
    )


def _access(reason: KafkaError, settings: Mapping[str, Any]) -> AccessRefused:
    what = (
        "certificates do not fit (KAFKA_SSL_…)"
        if reason.code() == KafkaError._SSL
        else "credentials are refused (KAFKA_SASL_…)"
        if reason.code() in {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}
        else "user lacks a right"
    )
    gist = " ".join(reason.str().split()).rstrip(".")[:_GIST]
    return AccessRefused(f"the Kafka broker at {_address(settings)} keeps us out, the {what}: {gist}.")


def _address(settings: Mapping[str, Any]) -> str:
    return str(settings["bootstrap.servers"])
