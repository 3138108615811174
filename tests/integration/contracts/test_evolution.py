"""A field is added to topic-weather while an old producer and an old typed consumer go on."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from contracts.avro.json_form import from_json
from contracts.consume import consume
from contracts.evolution.compatibility import parse
from contracts.folder.lock import FILE, lock_of, render
from contracts.folder.read import HOME, load_contract, load_contracts
from contracts.records.topic_weather_final import Observation
from contracts.registry.registry import Registry, connect

if TYPE_CHECKING:
    from tests.conftest import RunCli

TOPICS = ("topic-weather", "topic-weather-final", "topic-weather-quarantine")
SNOW_DEPTH = {
    "name": "snow_depth",
    "type": ["null", "double"],
    "doc": "Depth of the snow on the ground.",
    "unit": "cm",
    "default": None,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the platform's contracts."""
    copy = tmp_path / "contracts"
    for topic in TOPICS:
        shutil.copytree(HOME / topic, copy / topic)
    (copy / FILE).write_text(render(lock_of(load_contracts(copy).values())), encoding="utf-8")
    return copy


def under_names_of_its_own(folder: Path, names: dict[str, str], target: Path) -> Path:
    """The contracts on topics that no other test knows."""
    shutil.rmtree(target, ignore_errors=True)
    for topic, name in names.items():
        shutil.copytree(folder / topic, target / name)
    (target / FILE).write_text(render(lock_of(load_contracts(target).values())), encoding="utf-8")
    return target


def example_of_jfk(topic: str) -> dict[str, Any]:
    """The one of the newest version."""
    contract = load_contract(HOME / topic)
    file = contract.home / "examples" / f"v{contract.newest.number}" / "jfk-replay.json"
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return told


def old_producer(registry: Registry, topic: str, bootstrap_servers: str) -> Callable[..., None]:
    """A producer that writes the newest version that there is before the field is added."""
    return sender(registry, topic, bootstrap_servers, load_contract(HOME / "topic-weather").newest.text)


def sender(registry: Registry, topic: str, bootstrap_servers: str, schema: str) -> Callable[..., None]:
    """Sends the example of JFK, as a producer does that was started with `schema`."""
    serialize = AvroSerializer(registry.client, schema, conf={"auto.register.schemas": False})
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})
    node = parse(json.loads(schema))
    told = example_of_jfk("topic-weather")

    def send(station: str, **more: Any) -> None:
        value = from_json(node, {**told, "station": station, **more})
        producer.produce(
            topic, serialize(value, SerializationContext(topic, MessageField.VALUE)), key=station
        )
        assert producer.flush(30) == 0

    return send


def generated(folder: Path, output: Path, run_cli: RunCli) -> Any:
    """The typed record of the newest final version."""
    arguments = ["contracts", "generate", "--output", str(output)]
    assert run_cli(*arguments, env={"CONTRACTS_DIR": str(folder)}).returncode == 0
    spec = importlib.util.spec_from_file_location("newer_final", output / "topic_weather_final.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Observation


def test_a_new_field_reaches_the_final_topic_while_old_producers_and_consumers_go_on(
    folder: Path, tmp_path: Path, run_cli: RunCli, registry_url: str, bootstrap_servers: str
) -> None:
    names = {topic: f"{topic}-{uuid4().hex[:8]}" for topic in TOPICS}
    registry = connect(registry_url)

    def contracts(*arguments: str, where: Path = folder) -> Any:
        done = run_cli("contracts", *arguments, "--json", env={"CONTRACTS_DIR": str(where)})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    contracts("apply", where=under_names_of_its_own(folder, names, tmp_path / "own"))
    old = old_producer(registry, names["topic-weather"], bootstrap_servers)
    old("OLD-1")

    # The field is added to both contracts, and the stream declares that it reads it.
    for topic in TOPICS[:2]:
        file = Path(contracts("new-version", topic)["file"])
        schema = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**schema, "fields": [*schema["fields"], SNOW_DEPTH]}), encoding="utf-8")
    about = folder / "topic-weather" / "contract.yaml"
    about.write_text(
        about.read_text("utf-8").replace("reads: [source,", "reads: [source, snow_depth,"), "utf-8"
    )
    assert contracts("check")["compatible"] is True
    assert [change["words"] for change in contracts("diff", "topic-weather")["changes"]] == [
        "snow_depth was added: double or null"
    ]
    assert len(contracts("lock")["locked"]) == 2
    own = under_names_of_its_own(folder, names, tmp_path / "own")
    assert len(contracts("plan", where=own)["steps"]) == 2
    contracts("apply", where=own)

    newer = load_contracts(folder)["topic-weather"].newest.text
    sender(registry, names["topic-weather"], bootstrap_servers, newer)("NEW", snow_depth=4.0)
    old("OLD-2")
    streamed = run_cli(
        "streaming", "run", "--available-now", "--checkpoint", str(tmp_path / "checkpoint"),
        "--topic", names["topic-weather"], "--final", names["topic-weather-final"],
        "--quarantine", names["topic-weather-quarantine"], env={"CONTRACTS_DIR": str(folder)}, timeout=240,
    )  # fmt: skip
    assert streamed.returncode == 0, streamed.stderr

    newer_record = generated(folder, tmp_path / "records", run_cli)
    typed, newer_typed = (
        [
            message.value
            for message in consume(
                names["topic-weather-final"],
                record_type,
                bootstrap_servers=bootstrap_servers,
                registry_url=registry_url,
                stop_at_end=True,
            )
        ]
        for record_type in (Observation, newer_record)
    )
    seen = {value.station: value.snow_depth for value in newer_typed}
    assert seen == {"OLD-1": None, "OLD-2": None, "NEW": 4.0}
    assert not hasattr(typed[0], "snow_depth")
    assert sorted(value.station for value in typed) == ["NEW", "OLD-1", "OLD-2"]
    assert {value.temperature for value in typed} == {example_of_jfk("topic-weather-final")["temperature"]}
