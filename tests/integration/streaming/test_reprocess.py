"""`python -m streaming reprocess` on real dead letters of a real stream."""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import fastavro
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from pyspark.sql import SparkSession

from contracts.avro.wire import frame
from contracts.folder.read import HOME, load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import watermarks
from contracts.registry.registry import connect
from streaming import lease
from streaming.lease import Lease, LeaseLost
from tests.streams import QUARANTINE, Place, raw_values, running

_SECONDS = 30.0
_RULE = "station-present"


def put_aside(place: Place, count: int) -> None:
    """Fill quarantine with letters of records that were on the raw topic."""
    contract = load_contracts()[QUARANTINE]
    parsed = fastavro.parse_schema(contract.newest.schema)
    registry = connect(place.registry_url)
    letters_id = registry.register(f"{place.quarantine}-value", contract.newest.text)
    registry.close()
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    for number in range(count):
        body = io.BytesIO()
        letter = {
            "reason": "RULE_BROKEN",
            "explanation": "It breaks a rule.",
            "stage": "STREAMING",
            "source_topic": place.raw,
            "source_partition": number % 2,
            "source_offset": number,
            "source_timestamp": 1_700_000_000_000,
            "value": b"x",
        }
        fastavro.schemaless_writer(body, parsed, letter)
        producer.produce(place.quarantine, frame(letters_id, body.getvalue()), partition=number % 2)
        producer.poll(0)
    assert producer.flush(_SECONDS) == 0


def arguments(place: Place, *choice: str) -> list[str]:
    where = ["--topic", place.raw, "--quarantine", place.quarantine, "--final", place.final, "--json"]
    return ["streaming", "reprocess", *where, *choice]


def begin(place: Place) -> subprocess.Popen[str]:
    """A run over everything, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", *arguments(place, "--all")],
        env=place.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def marks(place: Place, topic: str) -> Counter[bytes]:
    """How often each mark is on a topic."""
    headers: list[Any] = [message.headers() or () for message in place.read(topic)]
    return Counter(value for each in headers for name, value in each if name == "replay-of")


def empty(place: Place, topics: Collection[str]) -> None:
    """Delete all records of topics, as their retention does."""
    admin = AdminClient({"bootstrap.servers": place.bootstrap_servers})
    ends = [
        TopicPartition(topic, partition, end)
        for topic in topics
        for partition, (_, end) in watermarks(Kafka(place.bootstrap_servers), topic).items()
    ]
    for deleted in admin.delete_records(ends).values():
        deleted.result(timeout=_SECONDS)


def test_what_is_reprocessed_goes_back_once_bit_for_bit_and_is_marked_wherever_it_goes(
    place: Place, spark: SparkSession, run_cli: Callable[..., Any], tmp_path: Path
) -> None:
    [good] = raw_values(1, place.raw_id)
    poison: dict[bytes, tuple[Any, Any]] = {
        b"unknown": (frame(1 << 30, b"x"), [("trace", b"\xff\x00"), ("empty", None)]),
        b"null": (None, []),
        b"torn": (good[:-1], [("trace", b"1"), ("trace", b"2")]),
    }
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    producer.produce(place.raw, good, key=b"good", partition=0)
    for key, (value, headers) in poison.items():
        producer.produce(place.raw, value, key=key, headers=headers, partition=1)
    assert producer.flush(_SECONDS) == 0

    def reprocess(*choice: str) -> dict[str, Any]:
        done = run_cli(*arguments(place, *choice))
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    with running(place, spark, tmp_path / "checkpoint") as stream:
        stream.wait_until_read(4)
        assert len(place.read(place.quarantine)) == 3
        every = {"UNKNOWN_SCHEMA": 1, "NULL_VALUE": 1, "UNDECODABLE": 1}
        assert reprocess("--all", "--dry-run")["sent"] == every
        assert len(place.read(place.raw)) == 4
        assert reprocess("--reason", "null_value")["sent"] == {"NULL_VALUE": 1}
        assert reprocess("--source", "1:0")["sent"] == {"UNKNOWN_SCHEMA": 1}
        stream.wait_until_read(6)
        assert reprocess("--all", "--dry-run")["sent_before"] == {"UNKNOWN_SCHEMA": 1, "NULL_VALUE": 1}
        # The third, and the two that came back as new dead letters.
        assert reprocess("--all")["sent"] == every
        stream.wait_until_read(9)

    first = {(0, 0), *((1, offset) for offset in range(len(poison)))}
    raw = place.read(place.raw)
    found_marks: list[bytes] = []
    for message in raw:
        if (message.partition(), message.offset()) in first:
            continue
        value, headers = poison[bytes(message.key() or b"")]
        found: Any = message.headers()
        assert message.value() == value
        assert message.partition() == 1
        assert found[: len(headers)] == headers
        assert {name for name, _ in found[len(headers) :]} == {"replay-of"}
        found_marks.append(found[-1][1])
    assert len(set(found_marks)) == len(found_marks) == 5
    published: Any = [message.headers() for message in place.read(place.quarantine)]
    handed_on = [value for headers in published for name, value in headers if name == "replay-of"]
    assert set(handed_on) == set(found_marks)
    assert place.lost_and_doubled() == ([], [])


def test_a_record_is_published_once_the_contract_is_mended_and_never_sent_again(
    place: Place,
    spark: SparkSession,
    run_cli: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checkpoint = tmp_path / "checkpoint"
    place.produce([*raw_values(3, place.raw_id), *raw_values(2, place.raw_id, station=" ")])
    with running(place, spark, checkpoint) as stream:
        stream.wait_until_read(5)
    assert len(place.read(place.quarantine)) == 2

    mended = tmp_path / "contracts"
    shutil.copytree(HOME, mended, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = mended / "topic-weather-final" / "contract.yaml"
    text = file.read_text()
    rule = f"- id: {_RULE}\n    check: matches\n    field: station\n    pattern: "
    assert f"{rule}'\\S'" in text
    file.write_text(text.replace(f"{rule}'\\S'", f"{rule}'.'"))
    monkeypatch.setenv("CONTRACTS_DIR", str(mended))

    def reprocess() -> dict[str, Any]:
        done = run_cli(*arguments(place, "--rule", _RULE), env={"CONTRACTS_DIR": str(mended)})
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    assert reprocess()["sent"] == {"RULE_BROKEN": 2}
    with running(place, spark, checkpoint) as stream:
        stream.wait_until_read(7)
    assert len(place.read(place.quarantine)) == 2
    assert len(place.read(place.final)) == 5
    assert marks(place, place.final) == marks(place, place.raw)
    # The raw topic forgets first; what was published remembers.
    empty(place, [place.raw])
    again = reprocess()
    assert (again["sent"], again["sent_before"]) == ({}, {"RULE_BROKEN": 2})


def test_where_every_topic_has_forgotten_nothing_is_sent(place: Place, run_cli: Callable[..., Any]) -> None:
    put_aside(place, 4)
    place.produce([b"something"] * 4)
    empty(place, [place.raw])
    dry = [*arguments(place, "--all"), "--dry-run"]
    assert json.loads(run_cli(*dry).stdout)["sent"] == {"RULE_BROKEN": 4}
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    producer.produce(place.final, b"something")
    assert producer.flush(_SECONDS) == 0
    empty(place, [place.final])
    told = json.loads(run_cli(*dry).stdout)
    assert (told["sent"], told["too_old_to_tell"]) == ({}, {"RULE_BROKEN": 4})


def test_a_run_that_is_killed_is_gone_on_with_and_each_record_goes_once(
    place: Place, run_cli: Callable[..., Any]
) -> None:
    count = 20_000
    put_aside(place, count)
    with begin(place) as first:
        deadline = time.monotonic() + _SECONDS * 2
        while not any(end for _, end in watermarks(Kafka(place.bootstrap_servers), place.raw).values()):
            assert first.poll() is None, first.communicate()
            assert time.monotonic() < deadline, "nothing was sent"
        first.send_signal(signal.SIGKILL)
    left = count - len(place.read(place.raw))
    done = run_cli(*arguments(place, "--all"))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    print(f"{left} of {count} records were left when it was killed")
    assert left > 0, "it was done before it was killed: the test has proved nothing"
    assert told["sent"]["RULE_BROKEN"] <= left
    assert set(marks(place, place.raw).values()) == {1}
    assert len(marks(place, place.raw)) == count


def test_of_two_runs_at_once_the_later_goes_on_and_each_record_goes_once(place: Place) -> None:
    count = 5_000
    put_aside(place, count)
    both = [begin(place), begin(place)]
    told = [run.communicate(timeout=_SECONDS * 4) for run in both]
    codes = [run.returncode for run in both]
    assert set(codes) <= {0, 2}, told
    assert 0 in codes
    for code, (_, words) in zip(codes, told, strict=True):
        assert ("another process has begun to reprocess" in words) == (code == 2), words
    assert set(marks(place, place.raw).values()) == {1}
    assert len(marks(place, place.raw)) == count


def test_who_takes_over_waits_for_what_is_under_way_and_the_one_before_may_send_no_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "DELIVERED_WITHIN", 2.0)
    kafka = Kafka(place.bootstrap_servers)
    entered: list[float] = []
    leave = threading.Event()

    def take_over() -> None:
        with Lease(kafka, place.quarantine) as second:
            entered.append(time.monotonic())
            second.begin()
            second.end()
            leave.wait(_SECONDS)

    with Lease(kafka, place.quarantine) as first:
        first.begin()
        first.end()
        first.begin()
        began = time.monotonic()
        other = threading.Thread(target=take_over)
        other.start()
        deadline = time.monotonic() + _SECONDS
        with pytest.raises(LeaseLost, match=r"another process has begun to reprocess"):
            while time.monotonic() < deadline:
                first.begin()
        leave.set()
        other.join(_SECONDS)
    assert entered
    assert entered[0] - began >= 2.0
    with Lease(kafka, place.quarantine):
        assert time.monotonic() - entered[0] < _SECONDS


def test_a_choice_that_cannot_be_meant_is_one_sentence(run_cli: Callable[..., Any]) -> None:
    for words, told in (
        ([], "nothing is chosen"),
        (["--source", "17"], "PARTITION:OFFSET"),
        (["--reason", "NO_SUCH"], "no reason code"),
    ):
        done = run_cli("streaming", "reprocess", *words)
        assert done.returncode == 2
        assert told in done.stderr
