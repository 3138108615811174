"""`python -m streaming replay` on real dead letters of a real stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from pyspark.sql import SparkSession

from contracts.wire import frame
from tests.streams import Place, raw_values, running

_SECONDS = 30.0


def test_what_is_replayed_goes_back_once_bit_for_bit_and_is_marked_wherever_it_goes(
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

    def replay(*choice: str) -> dict[str, Any]:
        where = ["--topic", place.raw, "--quarantine", place.quarantine, "--json"]
        done = run_cli("streaming", "replay", *where, *choice)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    with running(place, spark, tmp_path / "checkpoint") as stream:
        stream.wait_until_read(4)
        assert len(place.read(place.quarantine)) == 3
        every = {"UNKNOWN_SCHEMA": 1, "NULL_VALUE": 1, "UNDECODABLE": 1}
        assert replay("--all", "--dry-run")["sent"] == every
        assert len(place.read(place.raw)) == 4
        assert replay("--reason", "null_value")["sent"] == {"NULL_VALUE": 1}
        assert replay("--source", "1:0")["sent"] == {"UNKNOWN_SCHEMA": 1}
        stream.wait_until_read(6)
        assert replay("--all", "--dry-run")["sent_before"] == {"UNKNOWN_SCHEMA": 1, "NULL_VALUE": 1}
        # The third, and the two that came back as new dead letters.
        assert replay("--all")["sent"] == every
        stream.wait_until_read(9)

    raw = place.read(place.raw)
    marks: list[bytes] = []
    for message in raw[4:]:
        value, headers = poison[bytes(message.key() or b"")]
        found: Any = message.headers()
        assert message.value() == value
        assert message.partition() == 1
        assert found[: len(headers)] == headers
        assert {name for name, _ in found[len(headers) :]} == {"replay-of"}
        marks.append(found[-1][1])
    assert len(set(marks)) == len(marks) == 5
    published: Any = [message.headers() for message in place.read(place.quarantine)]
    handed_on = [value for headers in published for name, value in headers if name == "replay-of"]
    assert set(handed_on) == set(marks)
    assert place.lost_and_doubled() == ([], [])


def test_a_choice_that_cannot_be_meant_is_one_sentence(run_cli: Callable[..., Any]) -> None:
    for words, told in (
        ([], "nothing is chosen"),
        (["--source", "17"], "PARTITION:OFFSET"),
        (["--reason", "NO_SUCH"], "no reason code"),
    ):
        done = run_cli("streaming", "replay", *words)
        assert done.returncode == 2
        assert told in done.stderr
