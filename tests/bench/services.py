"""Broker, registry and topics of a benchmark's own."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import psutil
from confluent_kafka.admin import AdminClient

from contracts.folder.model import Role
from contracts.folder.product import product_named
from contracts.kafka.cluster import Kafka
from contracts.kafka.topics import Broker
from contracts.registry.registry import Registry, SchemaRegistry, connect
from embedded import Services
from streaming.job import Job
from tests.bench.raw_records import evolved

CORES = 2
"""Of all that a benchmark starts, broker included: a machine with more lends two."""


@dataclass
class Ground:
    """Running services, and the topics that are made on them."""

    kafka: Kafka
    registry: SchemaRegistry
    folder: Path
    _client: Registry
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def environment(self) -> dict[str, str]:
        """The addresses as the command lines take them."""
        return {
            **os.environ,
            "PRODUCT": "weather",
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": self.registry.url,
        }

    def raw_topic(self, name: str, partitions: int, versions: int = 1) -> list[int]:
        """Make a raw topic; gives the ids of its writers: the newest version, then `evolved` ones."""
        Broker(self.kafka).create(name, partitions)
        return [
            self._client.register(f"{name}-value", json.dumps(evolved(number))) for number in range(versions)
        ]

    def bytes_of(self, topic: str) -> int:
        """What a topic takes on the broker's disk, indexes left out."""
        logs = (self.folder / "data").rglob("*.log")
        return sum(log.stat().st_size for log in logs if log.parent.name.rpartition("-")[0] == topic)

    @contextmanager
    def job(
        self, topic: str, partitions: int, settings: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator[Job]:
        """A job over `topic` with outputs, of these `settings`, and a checkpoint, deleted in the end."""
        product = product_named("weather")
        outputs = {
            contract.role: replace(contract, topic=f"{contract.topic}-{next(self._numbers)}")
            for contract in (product.final, product.quarantine)
            if contract.role
        }
        for ours in outputs.values():
            Broker(self.kafka).create(ours.topic, partitions, {**ours.topic_settings, **settings})
            self._client.register(ours.subject, ours.newest.text)
        topics = {role: ours.topic for role, ours in outputs.items()}
        with tempfile.TemporaryDirectory(dir=self.folder) as checkpoint:
            yield Job(
                product=product.on_topics({Role.RAW: topic, **topics}),
                kafka=self.kafka,
                registry=self.registry,
                checkpoint=Path(checkpoint),
            )
        admin = AdminClient(self.kafka.client())
        for future in admin.delete_topics(list(topics.values())).values():
            future.result(30)


@contextmanager
def ground() -> Iterator[Ground]:
    """Start broker and registry for one benchmark, on two cores with all that it starts."""
    psutil.Process().cpu_affinity(list(range(min(CORES, os.cpu_count() or 1))))
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        Services(data_dir=Path(name) / "data", log_dir=Path(name) / "logs") as own,
    ):
        registry = SchemaRegistry(url=own.schema_registry_url)
        client = connect(registry)
        try:
            yield Ground(Kafka(own.bootstrap_servers), registry, Path(name), client)
        finally:
            client.close()
