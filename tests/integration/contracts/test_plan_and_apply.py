"""`plan` shows what `apply` then does, and neither does half of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.evolution.apply import carry_out, look
from contracts.evolution.plan import plan
from contracts.folder.lock import FILE, lock_of, render
from contracts.folder.model import Mode, Version
from contracts.folder.read import HOME, load_contract, load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.topics import Broker
from contracts.registry.registry import connect
from tests.registries import APICURIO, CONFLUENT, KARAPACE, Dialect
from tests.registries import registry as kind_of_registry
from tests.spellings import SCHEMAS, spelled_anew
from tests.unit.contracts.folders import newest_alone

if TYPE_CHECKING:
    from tests.conftest import RunCli


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A locked folder with one contract of one version, under a name of the test's own."""
    topic = newest_alone("topic-weather-final", tmp_path / f"topic-test-{uuid4().hex[:8]}")
    relock(tmp_path)
    return topic


def relock(folder: Path) -> None:
    (folder / FILE).write_text(render(lock_of(load_contracts(folder).values())), encoding="utf-8")


def with_field(home: Path, **field: Any) -> str:
    """The newest version's text with one field more."""
    schema = load_contract(home).newest.schema
    schema["fields"].append({"name": "uv_index", "doc": "Ultraviolet index.", "unit": "1", **field})
    return json.dumps(schema)


def add_version(home: Path, **field: Any) -> None:
    (home / "v2.avsc").write_text(with_field(home, **field), encoding="utf-8")
    relock(home.parent)


@pytest.fixture
def contracts(home: Path, run_cli: RunCli) -> Callable[..., Any]:
    """Runs a verb on the folder; gives what it printed, after a look at its exit code."""

    def call(*arguments: str, code: int = 0, env: dict[str, str] | None = None) -> Any:
        done = run_cli(
            "contracts", *arguments, env={"CONTRACTS_DIR": str(home.parent), **(env or {})}, timeout=60
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    return call


NULLABLE: dict[str, Any] = {"type": ["null", "double"], "default": None}


def test_apply_does_exactly_what_plan_showed_and_plan_changes_nothing(
    home: Path, contracts: Callable[..., Any], registry_url: str, bootstrap_servers: str
) -> None:
    registry, subject = connect(registry_url), f"{home.name}-value"
    shown = [contracts("plan", "--json")["steps"] for _ in range(2)]
    assert shown[0] == shown[1]
    assert [row["action"] for row in shown[0]] == ["set-mode", "register", "create-topic"]
    assert registry.versions(subject) == ()
    assert home.name not in Broker(Kafka(bootstrap_servers)).topics()
    assert contracts("apply", "--json")["done"] == [row["words"] for row in shown[0]]
    assert contracts("plan", "--json")["steps"] == []

    add_version(home, **NULLABLE)
    [row] = contracts("plan", "--json")["steps"]
    assert (row["action"], row["subject"], row["version"]) == ("register", subject, 2)
    assert row["compatible"] == {"offline": True, "registry": True}
    assert contracts("apply", "--json")["done"] == [row["words"]]
    assert len(registry.versions(subject)) == 2


def test_what_breaks_an_unknown_version_is_refused_with_adopt_and_without(
    home: Path, contracts: Callable[..., Any], registry_url: str
) -> None:
    contracts("apply", "--json")
    registry, contract = connect(registry_url), load_contract(home)
    foreign = with_field(home, type="string", default="")
    registry.register(contract.subject, foreign)
    add_version(home, **NULLABLE)
    told = contracts("plan", code=2)
    assert "apply --adopt" in told
    told = contracts("plan", "--adopt", code=1)
    assert "avro-union-branch" in told
    assert "Nothing was changed" in told
    contracts("apply", "--adopt", code=1)
    assert not (home / "adopted").exists()
    assert len(registry.versions(contract.subject)) == 2


def test_adopt_takes_unknown_versions_into_the_folder_and_later_runs_know_them(
    home: Path, contracts: Callable[..., Any], registry_url: str
) -> None:
    registry, contract = connect(registry_url), load_contract(home)
    foreign = with_field(home, **{**NULLABLE, "name": "pollen"})
    adopted_id = registry.register(contract.subject, foreign)
    contracts("apply", code=2)
    assert len(registry.versions(contract.subject)) == 1

    steps = contracts("plan", "--adopt", "--json")["steps"]
    assert [row["action"] for row in steps] == ["adopt", "set-mode", "register", "create-topic"]
    assert not (home / "adopted").exists()
    contracts("apply", "--adopt", "--json")
    [adopted] = load_contract(home).adopted
    assert adopted.schema == json.loads(foreign)
    assert adopted_id in registry.writer_schemas(contract)
    assert contracts("apply", "--json")["done"] == []
    assert contracts("check", "--json")["compatible"] is True

    # What was adopted is history: a version that cannot live with it is found.
    (home / "v2.avsc").write_text(with_field(home, **{"type": "string", "default": "", "name": "pollen"}))
    relock(home.parent)
    [row, *_] = contracts("check", "--json", code=1)["findings"]
    assert f"adopted {adopted.path.stem}" in row["message"]


class _FailingLater(BaseHTTPRequestHandler):
    """Hands requests on to the real registry, until the first one that registers a version."""

    target = ""
    failing = True
    refusing = False

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        if self.refusing and self.path.startswith("/compatibility/"):
            self._answer(200, b'{"is_compatible": false}')
            return
        if self.failing and self.command == "POST" and self.path.split("?")[0].endswith("/versions"):
            self._answer(500, b'{"error_code": 50001, "message": "disk full"}')
            return
        headers = {name: self.headers[name] for name in ("Accept", "Content-Type") if self.headers[name]}
        request = Request(self.target + self.path, data=body, method=self.command, headers=headers)
        try:
            with urlopen(request, timeout=20) as answer:
                self._answer(answer.status, answer.read())
        except OSError as error:  # an HTTPError is an answer
            self._answer(error.code, error.read())  # type: ignore[attr-defined]

    do_GET = do_POST = do_PUT = _hand_on  # noqa: N815 - the base class's names

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def fragile_registry(registry_url: str) -> Iterator[type[_FailingLater]]:
    """The real registry behind a proxy that fails when a version is registered; its `url` is the proxy's."""
    handler = type("Handler", (_FailingLater,), {"target": registry_url})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        handler.url = f"http://127.0.0.1:{server.server_address[1]}"  # type: ignore[attr-defined]
        try:
            yield handler
        finally:
            server.shutdown()


def test_a_failure_half_way_tells_what_was_done_and_the_next_run_completes_it(
    home: Path, contracts: Callable[..., Any], registry_url: str, fragile_registry: Any
) -> None:
    told = contracts("apply", code=2, env={"SCHEMA_REGISTRY_URL": fragile_registry.url})
    assert "1 of 3 steps were done" in told
    assert "hold to FULL_TRANSITIVE" in told
    registry, subject = connect(registry_url), f"{home.name}-value"
    assert registry.mode(subject) is Mode.FULL_TRANSITIVE
    assert registry.versions(subject) == ()
    fragile_registry.failing = False
    done = contracts("apply", "--json", env={"SCHEMA_REGISTRY_URL": fragile_registry.url})["done"]
    assert len(done) == 2
    assert len(registry.versions(subject)) == 1


def test_a_version_that_the_registry_alone_refuses_is_refused_before_the_first_write(
    home: Path, contracts: Callable[..., Any], registry_url: str, fragile_registry: Any
) -> None:
    contracts("apply", "--json")
    add_version(home, **NULLABLE)
    fragile_registry.failing, fragile_registry.refusing = False, True
    for verb in ("plan", "apply"):
        told = contracts(verb, code=1, env={"SCHEMA_REGISTRY_URL": fragile_registry.url})
        assert "register version 2: the schema registry says that it breaks a reader" in told
    assert len(connect(registry_url).versions(f"{home.name}-value")) == 1


@pytest.mark.parametrize("verb", ["plan", "apply"])
@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, b"{}", "refuses access (401): check its credentials"),
        (409, b'{"error_code": 409, "message": "incompatible"}', "refuses (409): incompatible"),
        (422, b'{"error_code": 42201, "message": "invalid"}', "refuses (422): invalid"),
        (500, b"oops", "fails (500): look into its log"),
        (200, b"<html>welcome</html>", "is no schema registry"),
    ],
)
def test_each_wrong_answer_of_a_registry_is_told_and_nothing_is_applied(
    verb: str, status: int, body: bytes, sentence: str, home: Path, contracts: Callable[..., Any],
    bootstrap_servers: str,
) -> None:  # fmt: skip
    answer = lambda self: self._answer(status, body)  # noqa: E731
    handler = type("Wrong", (_FailingLater,), {"do_GET": answer, "do_POST": answer, "do_PUT": answer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            told = contracts(verb, code=2, env={"SCHEMA_REGISTRY_URL": url})
        finally:
            server.shutdown()
    assert sentence in told
    assert home.name not in Broker(Kafka(bootstrap_servers)).topics()


def test_a_registry_that_is_down_is_told_and_no_topic_is_made(
    home: Path, contracts: Callable[..., Any], bootstrap_servers: str
) -> None:
    told = contracts("apply", code=2, env={"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"})
    assert "no schema registry answers at http://127.0.0.1:1" in told
    assert home.name not in Broker(Kafka(bootstrap_servers)).topics()


JSON_SCHEMA = '{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}}'


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("JSON", JSON_SCHEMA, "it is a JSON schema, not Avro"),
        ("PROTOBUF", 'syntax = "proto3"; message A { int32 a = 1; }', "it is a PROTOBUF schema, not Avro"),
        ("AVRO", '"string"', "it is of the type string"),
        ("AVRO", '{"type": "enum", "name": "E", "symbols": ["A"]}', "it is of the type enum"),
        ("AVRO", '["null", "string"]', "it is of the type union"),
        ("AVRO", '[{"type": "record", "name": "Other", "fields": []}]', "a union without one record"),
    ],
)
def test_a_subject_that_holds_no_record_is_told_in_a_sentence_and_nothing_is_applied(
    kind: str, text: str, why: str, home: Path, contracts: Callable[..., Any], registry_url: str
) -> None:
    registry, subject = connect(registry_url), f"{home.name}-value"
    registry.client.register_schema(subject, Schema(text, kind))
    for arguments in (("plan",), ("plan", "--adopt"), ("apply", "--adopt")):
        told = contracts(*arguments, code=2)
        assert f"{subject} holds a version 1 that cannot be adopted, since" in told
        assert why in told
    assert not (home / "adopted").exists()
    assert len(registry.versions(subject)) == 1


def test_of_a_union_adopt_takes_the_record_of_the_contract(
    home: Path, contracts: Callable[..., Any], registry_url: str
) -> None:
    registry, subject = connect(registry_url), f"{home.name}-value"
    other = {"type": "record", "name": "Other", "fields": []}
    foreign = json.loads(with_field(home, **{**NULLABLE, "name": "pollen"}))
    union = registry.register(subject, json.dumps([other, foreign]))
    registry.client.set_compatibility(subject, "NONE")
    assert "apply --adopt" in contracts("plan", code=2)
    told = contracts("apply", "--adopt", code=2)
    assert "which no record can read as FULL_TRANSITIVE demands" in told
    assert not (home / "adopted").exists()
    file = home / "contract.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("mode: FULL_", "mode: FORWARD_"), encoding="utf-8")
    contracts("apply", "--adopt", "--json")
    contract = load_contract(home)
    [adopted] = contract.adopted
    assert adopted.schema == foreign
    assert contracts("plan", "--json")["steps"] == []
    assert list(registry.writer_schemas(load_contract(home))) == [union, registry.id_of(contract)]


def test_a_version_with_references_is_the_one_of_the_folder_that_means_the_same(
    home: Path, contracts: Callable[..., Any], registry_url: str
) -> None:
    registry, contract = connect(registry_url), load_contract(home)
    schema = json.loads(contract.newest.text)
    place = next(
        n for n, f in enumerate(schema["fields"]) if isinstance(f["type"], dict) and "name" in f["type"]
    )
    part = {"namespace": schema["namespace"], **schema["fields"][place]["type"]}
    schema["fields"][place]["type"] = name = f"{part['namespace']}.{part['name']}"
    registry.register(f"{home.name}-part", json.dumps(part))
    reference = SchemaReference(name, f"{home.name}-part", 1)
    referring = Schema(json.dumps(schema), "AVRO", [reference])
    made = registry.client.register_schema(contract.subject, referring)
    assert [row["action"] for row in contracts("plan", "--json")["steps"]] == ["set-mode", "create-topic"]
    contracts("apply", "--json")
    assert connect(registry_url).id_of(contract) == made
    assert contracts("plan", "--json")["steps"] == []


def test_a_version_that_was_deleted_is_registered_again_under_its_old_id(
    home: Path, contracts: Callable[..., Any], registry_url: str
) -> None:
    add_version(home, **NULLABLE)
    contracts("apply", "--json")
    registry, contract = connect(registry_url), load_contract(home)
    first = registry.id_of(contract, 1)
    registry.client.delete_version(contract.subject, 1)
    assert first in connect(registry_url).writer_schemas(contract)
    [row] = contracts("plan", "--json")["steps"]
    assert row["words"] == f"{contract.subject}: register version 1 again, since it was deleted there"
    contracts("apply", "--json")
    assert connect(registry_url).id_of(contract, 1) == first
    assert contracts("plan", "--json")["steps"] == []


def test_a_subject_that_was_deleted_whole_is_restored(
    home: Path, contracts: Callable[..., Any], registry_url: str
) -> None:
    add_version(home, **NULLABLE)
    contracts("apply", "--json")
    registry, contract = connect(registry_url), load_contract(home)
    ids = registry.writer_schemas(contract)
    registry.client.delete_subject(contract.subject)
    assert connect(registry_url).writer_schemas(contract).keys() == ids.keys()
    contracts("apply", "--json")
    assert [connect(registry_url).id_of(contract, number) for number in (1, 2)] == list(ids)
    assert contracts("plan", "--json")["steps"] == []


def test_a_version_that_the_registry_takes_for_an_older_one_is_told_and_the_next_plan_is_empty(
    home: Path, contracts: Callable[..., Any], registry_url: str
) -> None:
    schema = load_contract(home).newest.schema
    schema["fields"][0]["doc"] += " In other words."
    (home / "v2.avsc").write_text(json.dumps(schema), encoding="utf-8")
    relock(home.parent)
    done = contracts("apply", "--json")
    registry, contract = connect(registry_url), load_contract(home)
    assert contracts("plan", "--json")["steps"] == []
    one_id = registry.id_of(contract, 1) == registry.id_of(contract, 2)
    assert [row["taken_for"] for row in done["overlooked"]] == [1] * one_id
    assert ("takes version 2 for version 1" in contracts("plan")) == one_id


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_whatever_its_spelling_a_version_is_applied_once(data: st.DataObject, registry_url: str) -> None:
    # Of its own name: registries know content, not subjects.
    schema = {**data.draw(SCHEMAS), "name": f"R{uuid4().hex}"}
    spellings = [spelled_anew(data, schema) for _ in range(2)]
    grown = {**spellings[1], "fields": [*spellings[1]["fields"], {"name": "z", **NULLABLE}]}
    versions = tuple(
        Version(number=n, path=Path(f"t/v{n}.avsc"), text=json.dumps(text), schema=text)
        for n, text in enumerate([spellings[0], grown], start=1)
    )
    base = load_contract(HOME / "topic-weather-final")
    contract = replace(base, topic=f"topic-test-{uuid4().hex[:8]}", versions=versions)
    registry = connect(registry_url)
    for _ in range(2):
        for step in plan([contract], look(registry, [contract]), [contract.topic], 1):
            assert list(carry_out([step], registry, None)) == [step]  # type: ignore[arg-type]
    assert plan([contract], look(connect(registry_url), [contract]), [contract.topic], 1) == ()
    assert len(registry.versions(contract.subject)) == 2
    assert registry.version_numbers(contract) == {registry.id_of(contract, n): n for n in (1, 2)}


@pytest.mark.parametrize(
    ("dialect", "against"),
    [
        (KARAPACE, "each version by itself"),
        (CONFLUENT, "all that its mode names"),
        (APICURIO, "all that its mode names"),
    ],
    ids=["karapace", "confluent", "apicurio"],
)
def test_on_each_registry_a_history_is_planned_applied_and_judged(
    dialect: Dialect, against: str, home: Path, contracts: Callable[..., Any]
) -> None:
    with kind_of_registry(dialect) as store:
        env = {"SCHEMA_REGISTRY_URL": store.url}
        contracts("apply", "--json", env=env)
        add_version(home, **NULLABLE)
        [row] = contracts("plan", "--json", env=env)["steps"]
        assert (row["compatible"], row["held_against"]) == ({"offline": True, "registry": True}, against)
        store.breaks = {1}
        told = contracts("apply", code=1, env=env)
        assert f"the schema registry says that it breaks a reader, held against {against}" in told
        store.breaks = set()
        assert len(contracts("apply", "--json", env=env)["done"]) == 1
        assert contracts("plan", "--json", env=env)["steps"] == []
