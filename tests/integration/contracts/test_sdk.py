"""The wheel for other teams: one package with two dependencies, which reads records with nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from packaging.requirements import Requirement

from contracts.avro.json_form import from_json
from contracts.evolution.compatibility import parse
from contracts.folder.read import HOME, load_contracts
from contracts.generate import module_name
from contracts.registry.registry import connect
from contracts.sdk import hatch_build

if TYPE_CHECKING:
    from tests.conftest import Addresses, MakeTopic

CONTRACT = load_contracts()["topic-weather-final"]
READ = """
import json, logging, sys

import weather_records
from weather_records import Message, Observation, Poison, Undecodable, consume, topic_weather_final

topic, broker, registry = sys.argv[1:]
where = {"bootstrap_servers": broker, "registry_url": registry, "stop_at_end": True}
logged, poisons = [], []
handler = logging.Handler()
handler.emit = lambda line: logged.append(line.name)
logging.getLogger().addHandler(handler)

messages = list(consume(topic, Observation, on_poison="skip", **where))
assert all(type(m) is Message and type(m.value) is topic_weather_final.Observation for m in messages)
try:
    list(consume(topic, Observation, **where))
except Undecodable as error:
    raised = f"{type(error).__module__}.{type(error).__qualname__}"
loaded_before = "contracts" in sys.modules
import contracts
import importlib.util
print(json.dumps({
    "names": [message.value.name for message in messages],
    "types": [str(type(messages[0].value.source)), str(type(messages[0])), str(Poison), raised],
    "logged": logged,
    "home": weather_records.__file__,
    "loaded_before": loaded_before,
    "theirs": contracts.OWNER,
    "tools": [name for name in ("pydantic", "yaml", "typer", "pyspark") if importlib.util.find_spec(name)],
}))
"""
USE = """
from __future__ import annotations

from weather_records import DeadLetter, Kafka, Message, Observation, PlatformError, SchemaRegistry, consume
from weather_records.topic_weather_final import Source


def warm(message: Message[Observation]) -> bool:
    return message.value.temperature is not None and message.value.temperature > 20


def read(kafka: Kafka, registry: SchemaRegistry) -> list[Source]:
    try:
        found = consume(
            "topic-weather-final",
            Observation,
            bootstrap_servers=kafka.bootstrap_servers,
            registry_url=registry.url,
            kafka=kafka.client(),
            registry=registry.client(),
        )
        return [message.value.source for message in found if warm(message)]
    except PlatformError as error:
        raise SystemExit(str(error)) from None


def topic() -> str:
    return DeadLetter.TOPIC
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
    (packages / "contracts").mkdir()
    (packages / "contracts" / "__init__.py").write_text("OWNER = 'another team'\n", encoding="utf-8")
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
    assert wheel.stat().st_size < 120_000
    check = [sys.executable, "-m", "pip", "--python", str(python), "check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert "No broken requirements" in done.stdout, done.stdout + done.stderr


def test_it_installs_one_package_of_its_own_name_with_its_types(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"weather_records", wheel_info(wheel)}
    assert "weather_records/py.typed" in names
    for topic, contract in load_contracts().items():
        assert f"weather_records/{module_name(contract)}.py" in names, topic


def wheel_info(wheel: Path) -> str:
    return f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"


def test_a_topic_whose_module_would_hide_a_name_of_the_package_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = shutil.copytree(HOME, tmp_path / "contracts")
    monkeypatch.setattr(hatch_build, "HOUSE", house)
    assert "topic_weather.py" in hatch_build.files()
    (house / "records" / "topic_weather.py").rename(house / "records" / "consume.py")
    with pytest.raises(ValueError, match="module named consume"):
        hatch_build.files()


def test_every_module_of_it_is_found_without_another_package_called_contracts(python: Path) -> None:
    code = (
        "import pkgutil, importlib, sys, weather_records as w\n"
        "names = [m.name for m in pkgutil.walk_packages(w.__path__, 'weather_records.')]\n"
        "for name in names: importlib.import_module(name)\n"
        "assert all(getattr(w, name) for name in w.__all__)\n"
        "print(len(names), 'contracts' in sys.modules)"
    )
    done = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, loaded = done.stdout.split()
    assert int(count) > len(load_contracts())
    assert loaded == "False"


def test_a_strict_type_checker_knows_the_types_of_what_it_gives(python: Path, tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")
    (tmp_path / "misuse.py").write_text(
        USE.replace("value.temperature >", "value.temprature >"), encoding="utf-8"
    )
    check = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-executable",
        str(python),
        "--cache-dir=cache",
    ]
    right = subprocess.run([*check, "use.py"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert right.returncode == 0, right.stdout + right.stderr
    wrong = subprocess.run([*check, "misuse.py"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert '"Observation" has no attribute "temprature"' in wrong.stdout


def test_it_reads_typed_records_beside_another_package_called_contracts(
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
    producer.produce(name, b"no record")
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
    assert found["types"] == [
        "<enum 'Source'>",
        "<class 'weather_records.Message'>",
        "<class 'weather_records.Poison'>",
        "weather_records.Undecodable",
    ]
    assert found["logged"] == ["weather_records.consume"]
    assert Path(found["home"]).is_relative_to(python.parent.parent)
    assert not found["loaded_before"]
    assert found["theirs"] == "another team"
    assert found["tools"] == []
