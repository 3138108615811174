"""Finds out, from the broker and the registry, what a plan depends on. Nothing here needs Spark."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from contracts.errors import PlatformError, RegistryMismatch, Unreachable, UnusableSetting
from contracts.registry import Registry
from streaming.job import Job, contracts_of
from streaming.offsets import watermarks
from streaming.plan import Plan

_ANSWER_WITHIN = 5.0
_ASK_AGAIN_AFTER = 0.2
_SUBJECTS_AT_MOST = 50


def learn(job: Job, registry: Registry, gave_up: threading.Event) -> Plan:
    """Make the plan of `job` from what is registered now.

    Tries for `job.wait` seconds or until someone `gave_up`, then raises the last reason why not:
    `Unreachable` for the broker or the registry, `UnusableSetting` for a topic that is not there,
    `RegistryMismatch` for a contract that is not registered.
    """
    deadline = time.monotonic() + job.wait
    while True:
        try:
            check_topics(job.bootstrap_servers, (job.topic, job.final, job.quarantine))
            return _from_registry(job, registry)
        except PlatformError:  # noqa: PERF203 - it waits anyway
            left = deadline - time.monotonic()
            if left <= 0 or gave_up.wait(min(_ASK_AGAIN_AFTER, left)):
                raise


def foreign_ids(registry: Registry, plan: Plan) -> dict[int, str]:
    """Ids that other subjects have and that of the raw contract has not, each with such a subject.

    Empty where the registry holds very many subjects: then their records count as of an unknown schema.
    """
    others = [name for name in registry.subjects() if name != plan.raw.subject]
    if len(others) > _SUBJECTS_AT_MOST:
        return {}
    held = {version.id: subject for subject in others for version in registry.versions(subject)}
    return {schema_id: subject for schema_id, subject in held.items() if schema_id not in plan.writers}


def check_topics(bootstrap_servers: str, topics: Collection[str]) -> None:
    """Raise `Unreachable` or `UnusableSetting` unless a broker answers and holds all `topics`."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
    try:
        held = admin.list_topics(timeout=_ANSWER_WITHIN).topics
    except KafkaException as error:
        raise Unreachable(
            f"no Kafka broker answers at {bootstrap_servers} ({error.args[0].str()}): "
            "start it with `make up`, or correct KAFKA_BOOTSTRAP_SERVERS."
        ) from None
    if missing := [topic for topic in topics if topic not in held]:
        raise UnusableSetting(
            f"there is no topic {missing[0]} at {bootstrap_servers}: run `python -m contracts apply`."
        )


def _from_registry(job: Job, registry: Registry) -> Plan:
    raw, final, quarantine = contracts_of(job)
    # Before the registry is asked: whoever sent a record that is there by now has registered its schema.
    settled = {p: end for p, (_, end) in watermarks(job.bootstrap_servers, job.topic).items()}
    writers = registry.writer_schemas(raw)
    if not writers:
        raise RegistryMismatch(
            f"{raw.subject} is not registered at {job.registry_url}: run `python -m contracts apply`."
        )
    return Plan(
        raw=raw,
        final=final,
        quarantine=quarantine,
        writers=writers,
        settled=settled,
        final_id=registry.id_of(final),
        quarantine_id=registry.id_of(quarantine),
    )
