"""A group leaves at the broker what it reads, and `contracts consumers` holds its word against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from contracts.avro.wire import frame
from contracts.consume import consume
from contracts.folder.lock import FILE, lock_of, render
from contracts.folder.read import HOME, load_contract, load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import open_log
from contracts.kafka.notes import EVERYTHING, reads_in
from contracts.records.topic_weather_final import Observation
from contracts.registry.registry import connect
from tests.integration.contracts.test_consume import send
from tests.unit.contracts.folders import examples, newest_alone
from tests.unit.contracts.generated import encoded

if TYPE_CHECKING:
    from tests.conftest import MakeTopic, RunCli

READS = ("station", "observed_at", "temperature")


@pytest.fixture
def home(tmp_path: Path, topic: MakeTopic, registry_url: str, bootstrap_servers: str) -> Path:
    """The final contract under a name of the test's own, with its examples as records in two partitions."""
    home = newest_alone("topic-weather-final", tmp_path / topic(partitions=2))
    contract = load_contract(home)
    schema_id = connect(registry_url).register(contract.subject, contract.newest.text)
    schema = json.loads(contract.newest.text)
    send(
        bootstrap_servers,
        home.name,
        [frame(schema_id, encoded(schema, one)) for one in examples(contract)] * 2,
    )
    return home


def declaring(home: Path, **reads: tuple[str, ...]) -> None:
    """Have these consumers alone declare these reads, and one field be deprecated."""
    text = (HOME / "topic-weather-final" / "contract.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("consumers:\n")
    rows = [{"name": name, "owner": "team-sky", "reads": list(names)} for name, names in reads.items()]
    gone = {"temperature": {"reason": "Old.", "until": "2999-01-01", "successor": "feels_like"}}
    kept = rest[rest.index("service_level:") :]
    about = f"{head}consumers: {json.dumps(rows)}\ndeprecated: {json.dumps(gone)}\n{kept}"
    (home / "contract.yaml").write_text(about, encoding="utf-8")
    (home.parent / FILE).write_text(render(lock_of(load_contracts(home.parent).values())), encoding="utf-8")


def told(run_cli: RunCli, home: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    ran = run_cli("contracts", "consumers", *arguments, "--json", env={"CONTRACTS_DIR": str(home.parent)})
    assert not ran.stderr, ran.stderr
    return ran.returncode, {row["name"]: row for row in json.loads(ran.stdout)["consumers"]}


def test_a_consumer_is_told_where_it_reads_other_fields_than_it_declares(
    home: Path, registry_url: str, bootstrap_servers: str, run_cli: RunCli
) -> None:
    where: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers,
        "registry_url": registry_url,
        "stop_at_end": True,
    }
    names = {name: f"{name}-{home.name}" for name in ("honest", "secret", "whole", "idle", "foreign")}
    for name, reads in (("honest", READS), ("secret", (*READS, "pressure")), ("whole", None)):
        found = list(consume(home.name, Observation, group=names[name], reads=reads, **where))
        assert len(found) == 2 * len(examples(load_contract(home)))
        assert all(hasattr(one.value, "pressure") is (name != "honest") for one in found)
    foreign = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": names["foreign"]})
    foreign.commit(offsets=[TopicPartition(home.name, 0, 1)], asynchronous=False)
    foreign.close()
    declaring(home, **{names[name]: (*READS, "humidity") if name == "secret" else READS for name in names})

    code, rows = told(run_cli, home)
    assert code == 1
    assert [(row["undeclared"], row["unread"]) for name, row in rows.items() if "whole" not in name] == [
        ([], []),
        (["pressure"], ["humidity"]),
        ([], []),
        ([], []),
    ]
    assert rows[names["whole"]]["reads"] == [EVERYTHING]
    assert "pressure" in rows[names["whole"]]["undeclared"]
    assert not {*READS} & {*rows[names["whole"]]["undeclared"]}
    assert rows[names["honest"]]["reads"] == sorted(READS)
    assert (rows[names["idle"]]["reads"], rows[names["foreign"]]["reads"]) == (None, None)
    words = "temperature is deprecated and stays until 2999-01-01: Old. Read feels_like instead."
    assert all(row["deprecated"] == [words] for row in rows.values())

    text = run_cli("contracts", "consumers", env={"CONTRACTS_DIR": str(home.parent)}).stdout
    assert "READS pressure, which it does not declare" in text
    assert "DOES NOT READ humidity" in text
    assert "READS whole records, and so source, replay" in text
    assert f"no group {names['idle']} says at the broker what it reads" in text
    declaring(home, **{names["honest"]: READS})
    assert told(run_cli, home, home.name)[0] == 0


def test_members_that_read_different_fields_are_taken_together_and_their_offsets_are_kept(
    home: Path, registry_url: str, bootstrap_servers: str
) -> None:
    group = f"group-{home.name}"
    where: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers,
        "registry_url": registry_url,
        "group": group,
    }
    first = consume(home.name, Observation, reads=["station"], limit=3, stop_at_end=True, **where)
    seen = [(one.partition, one.offset) for one in first]
    rest = consume(home.name, Observation, reads=["temperature"], stop_at_end=True, **where)
    seen += [(one.partition, one.offset) for one in rest]
    count = 2 * len(examples(load_contract(home)))
    assert len(seen) == len(set(seen)) == count
    with open_log(Kafka(bootstrap_servers)) as log:
        notes = {at: held.note for at, held in log.committed(group).items()}
        assert set(notes) == {(home.name, 0), (home.name, 1)}
        assert (reads_in(notes.values()) or set()) <= {"station", "temperature"}
        assert log.committed(f"nobody-{home.name}") == {}


def test_a_broker_that_is_away_is_told_in_a_sentence(run_cli: RunCli) -> None:
    nowhere = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA_ANSWERS_WITHIN": "2"}
    ran = run_cli("contracts", "consumers", "topic-weather-final", env=nowhere)
    assert ran.returncode == 2
    assert "no Kafka broker answers at 127.0.0.1:1" in ran.stderr
