"""A review reads the newest records of a real topic with both versions, and counts as a plain reader does."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import fastavro
import pytest
import yaml
from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.avro.wire import frame
from contracts.folder.model import Mode
from contracts.registry.registry import connect
from tests.unit.contracts.checkouts import commit, git, lock

if TYPE_CHECKING:
    from tests.conftest import MakeTopic, RunCli

LIMIT = 30.0
SIZES = {0: 100, 1: 700, 2: 1200}
"""Partition to its number of records."""
NEWEST = {0: 100, 1: 400, 2: 400}
"""How many of each the newest 900 are."""


def schema(at: str, unit: str, symbols: list[str], *more: dict[str, Any]) -> dict[str, Any]:
    sign = {"type": "enum", "name": "Sign", "symbols": symbols}
    fields = [
        {"name": "station", "type": "string"},
        {"name": "at", "type": at},
        {"name": "humidity", "type": ["null", "double"], "default": None, "unit": unit},
        {"name": "sign", "type": sign},
        *more,
    ]
    return {"type": "record", "name": "Observation", "fields": fields}


NOTE = {"name": "note", "type": ["null", "string"], "default": None}
OLD = schema("long", "%", ["A", "B", "C"], NOTE)
NEW = schema("double", "1", ["A", "B"])
"""Numbers beyond 2^53 lose digits, the unit is another, a symbol and a field are gone."""


def rule(id_: str, maximum: int) -> dict[str, Any]:
    about = {"check": "range", "field": "humidity", "severity": "warning", "why": "So."}
    return {"id": id_, **about, "max": maximum}


def write(folder: Path, topic: str, rules: list[dict[str, Any]], **schemas: Any) -> None:
    home = folder / topic
    home.mkdir(parents=True, exist_ok=True)
    consumers = [
        {"name": "clock", "owner": "team-time", "reads": ["at"]},
        {"name": "notes", "owner": "team-text", "reads": ["note"]},
        {"name": "places", "owner": "team-map", "reads": ["station"]},
    ]
    about = {"description": "d", "owner": "me", "mode": "NONE", "consumers": consumers, "rules": rules}
    (home / "contract.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    for name, each in schemas.items():
        (home / f"{name}.avsc").write_text(json.dumps(each), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    return tmp_path / "contracts"


def values(ids: dict[str, int], count: int, random: Random) -> Iterator[bytes | None]:
    """Records of both writers, and some that are none."""
    for number in range(count):
        kind = random.random()
        if kind < 0.02:
            yield random.choice(
                [None, b"", b"not framed", frame(ids["old"], b"\xff"), frame(1 << 30, b"\x02")]
            )
            continue
        written = "old" if kind < 0.8 else "new"
        record: dict[str, Any] = {
            "station": f"S{number % 7}",
            "at": random.choice([number, 2**53 + 1]),
            "humidity": random.choice([None, 10.0, 55.0, 75.0, 101.0, float("nan")]),
            "sign": random.choice("ABC" if written == "old" else "AB"),
            "note": random.choice([None, "", "seen"]),
        }
        out = io.BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(OLD if written == "old" else NEW), record)
        yield frame(ids[written], out.getvalue())


def send(bootstrap_servers: str, topic: str, ids: dict[str, int]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all"})
    random = Random(19)
    for partition, count in SIZES.items():
        for value in values(ids, count, random):
            producer.produce(topic, value, partition=partition)
    assert producer.flush(LIMIT) == 0


def read_plainly(bootstrap_servers: str, topic: str) -> Iterator[tuple[int, int, bytes | None]]:
    """The newest records, by nothing but Kafka's client."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap_servers, "group.id": "plain", "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(topic, at, SIZES[at] - count) for at, count in NEWEST.items()])
    left = sum(NEWEST.values())
    while left:
        message = consumer.poll(LIMIT)
        assert message is not None, f"{left} records did not come"
        assert message.error() is None
        value: Any = message.value()
        yield message.partition() or 0, message.offset() or 0, value
        left -= 1
    consumer.close()


def as_read(value: bytes | None, writers: dict[int, Any], reader: Any) -> dict[str, Any] | None:
    try:
        assert value
        writer = writers[int.from_bytes(value[1:5], "big")]
        found = fastavro.schemaless_reader(
            io.BytesIO(value[5:]), fastavro.parse_schema(writer), fastavro.parse_schema(reader)
        )
        assert isinstance(found, dict)
    except Exception:
        return None
    return found


def is_moist(record: dict[str, Any] | None, maximum: int) -> bool:
    humidity = None if record is None else record["humidity"]
    return humidity is None or humidity <= maximum


def counted(
    records: Iterator[tuple[int, int, bytes | None]], ids: dict[str, int]
) -> tuple[Counter[Any], Any]:
    """What a plain reader counts, and where it saw each first."""
    writers = {ids["old"]: OLD, ids["new"]: NEW}
    counts: Counter[Any] = Counter()
    places: dict[Any, list[tuple[int, int]]] = {}
    for partition, offset, value in records:
        was, is_ = as_read(value, writers, OLD), as_read(value, writers, NEW)
        seen = set()
        if was and is_:
            fields = {
                "at": was["at"] != is_["at"],
                "humidity": was["humidity"] is not None,
                "note": was["note"] is not None,
            }
            seen |= {("field", name) for name, differs in fields.items() if differs}
            seen |= {("consumer", name) for name, of in (("clock", "at"), ("notes", "note")) if fields[of]}
            seen |= {("differ", "")} if any(fields.values()) else set()
        elif was:
            seen |= {("breaks", ""), *(("consumer", name) for name in ("clock", "notes", "places"))}
        else:
            seen.add(("mended", "") if is_ else ("unreadable", ""))
        for id_, before, now in (("humid", 100, 70), ("dry", 50, 60), ("same", 60, 60)):
            kept, keeps = is_moist(was, before), is_moist(is_, now)
            if kept and not keeps:
                seen |= {("rule", id_), ("fail", "")}
            elif keeps and not kept:
                seen.add(("kept", id_))
        counts.update(seen)
        for one in seen:
            places.setdefault(one, []).append((partition, offset))
    return counts, places


def test_counts_equal_those_of_a_plain_reader(
    folder: Path, topic: MakeTopic, run_cli: RunCli, registry_url: str, bootstrap_servers: str
) -> None:
    name = topic(partitions=len(SIZES))
    registry = connect(registry_url)
    registry.set_mode(f"{name}-value", Mode.NONE)
    ids = {
        version: registry.register(f"{name}-value", json.dumps(each))
        for version, each in (("old", OLD), ("new", NEW))
    }
    send(bootstrap_servers, name, ids)
    write(folder, name, [rule("humid", 100), rule("dry", 50), rule("same", 60)], v1=OLD)
    lock(folder)
    commit(folder.parent)
    write(folder, name, [rule("humid", 70), rule("dry", 60), rule("same", 60)], v2=NEW)

    ran = run_cli("contracts", "review", "--records", "900", "--json", env={"CONTRACTS_DIR": str(folder)})
    assert ran.returncode == 1, ran.stderr
    [told] = json.loads(ran.stdout)["topics"]
    seen = {(row["kind"], row["about"]): row for row in told["records"]["seen"]}
    counts, places = counted(read_plainly(bootstrap_servers, name), ids)
    assert told["records"]["count"] == 900
    assert {one: row["count"] for one, row in seen.items()} == dict(counts)
    assert counts["differ", ""] > 100
    assert min(counts.values()) > 0
    for one, row in seen.items():
        first = [f"{partition}:{offset}" for partition, offset in sorted(places[one])[:3]]
        assert [example.split(" ")[0] for example in row["examples"]] == first

    page = run_cli(
        "contracts", "review", "--broker", bootstrap_servers, "--registry", registry_url,
        env={"CONTRACTS_DIR": str(folder), "KAFKA_BOOTSTRAP_SERVERS": "", "SCHEMA_REGISTRY_URL": ""},
    ).stdout  # fmt: skip
    assert "- 2000 were read, with the version that was the newest and with the one that is." in page
    assert "read at differently, such as 0:" in page


def test_a_topic_that_the_broker_lacks_is_told_and_changes_no_verdict(folder: Path, run_cli: RunCli) -> None:
    write(folder, "topic-nobody-made", [], v1=OLD)
    lock(folder)
    commit(folder.parent)
    write(folder, "topic-nobody-made", [rule("humid", 70)])
    ran = run_cli("contracts", "review", "--records", "10", env={"CONTRACTS_DIR": str(folder)})
    assert ran.returncode == 0, ran.stderr
    assert "Not read: the broker has no topic topic-nobody-made." in ran.stdout


def test_a_broker_that_does_not_answer_is_one_sentence(folder: Path, run_cli: RunCli) -> None:
    write(folder, "topic-nobody-made", [], v1=OLD)
    lock(folder)
    commit(folder.parent)
    write(folder, "topic-nobody-made", [rule("humid", 70)])
    nowhere = {"CONTRACTS_DIR": str(folder), "KAFKA_ANSWERS_WITHIN": "2"}
    ran = run_cli("contracts", "review", "--broker", "127.0.0.1:1", env=nowhere)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "127.0.0.1:1" in ran.stderr
    assert "Traceback" not in ran.stderr
