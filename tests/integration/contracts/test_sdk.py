"""The wheel for other teams: it installs with two dependencies, and reads real records with nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from packaging.requirements import Requirement

from contracts.compatibility import parse
from contracts.folder import HOME, load_contracts
from contracts.json_form import from_json
from contracts.registry import connect

if TYPE_CHECKING:
    from tests.conftest import Addresses, MakeTopic

CONTRACT = load_contracts()["topic-weather-final"]
READ = """
import importlib.util, json, sys
from contracts import Message
from contracts.consume import consume
from contracts.records.topic_weather_final import Observation

topic, broker, registry = sys.argv[1:]
messages = consume(topic, Observation, bootstrap_servers=broker, registry_url=registry, stop_at_end=True)
found = [message for message in messages]
assert all(type(m) is Message and type(m.value) is Observation for m in found)
print(json.dumps({
    "home": importlib.util.find_spec("contracts").origin,
    "names": [message.value.name for message in found],
    "tools": [name for name in ("pydantic", "yaml", "typer", "pyspark") if importlib.util.find_spec(name)],
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdk")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=HOME / "sdk", check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel and what it says it needs, copied from this one."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    (packages,) = home.glob("lib/python*/site-packages")
    installer = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install"]
    subprocess.run([*installer, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    (own,) = packages.glob("weather_records-*.dist-info")
    for needed in needs(Distribution.at(own), set(), {}):
        copy(needed, packages)
    return home / "bin" / "python"


def needs(of: Distribution, extras: set[str], known: dict[str, set[str]]) -> list[Distribution]:
    """What a distribution requires, with what that requires, each once."""
    found: dict[str, Distribution] = {}
    for row in map(Requirement, of.requires or ()):
        if row.marker and not any(row.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            continue
        if row.name in known and row.extras <= known[row.name]:
            continue
        known.setdefault(row.name, set()).update(row.extras)
        installed = distribution(row.name)
        found[row.name] = installed
        found |= {d.metadata["Name"]: d for d in needs(installed, set(row.extras), known)}
    return list(found.values())


def copy(installed: Distribution, packages: Path) -> None:
    for file in installed.files or ():
        source = Path(str(installed.locate_file(file)))
        if ".." not in file.parts and source.is_file():
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def test_the_wheel_needs_the_kafka_client_and_fastavro_only(python: Path, wheel: Path) -> None:
    (packages,) = python.parent.parent.glob("lib/python*/site-packages")
    (own,) = packages.glob("weather_records-*.dist-info")
    required = {Requirement(row).name for row in Distribution.at(own).requires or ()}
    assert required == {"confluent-kafka", "fastavro"}
    assert wheel.stat().st_size < 100_000
    check = [sys.executable, "-m", "pip", "--python", str(python), "check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert "No broken requirements" in done.stdout, done.stdout + done.stderr


def test_it_reads_typed_records_in_an_environment_of_its_own(
    python: Path, topic: MakeTopic, services: Addresses, tmp_path: Path
) -> None:
    name, registry = topic(), connect(services.schema_registry_url)
    registry.register(f"{name}-value", CONTRACT.newest.text)
    serialize = AvroSerializer(registry.client, CONTRACT.newest.text, conf={"auto.register.schemas": False})
    paths = sorted((HOME / CONTRACT.topic / "examples" / f"v{CONTRACT.newest.number}").glob("*.json"))
    told = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    producer = Producer({"bootstrap.servers": services.bootstrap_servers})
    for value in told:
        record = from_json(parse(CONTRACT.newest.schema), value)
        producer.produce(name, serialize(record, SerializationContext(name, MessageField.VALUE)))
    assert producer.flush(30) == 0
    done = subprocess.run(
        [str(python), "-I", "-c", READ, name, services.bootstrap_servers, services.schema_registry_url],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["names"] == [value["name"] for value in told]
    assert Path(found["home"]).is_relative_to(python.parent.parent)
    assert found["tools"] == []
