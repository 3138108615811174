"""Records that Kafka stamped with times that nobody can mean: in nanoseconds, or the highest number."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from pyspark.sql import SparkSession

from contracts.consume import consume
from contracts.kafka.cluster import Kafka
from contracts.records.topic_weather_quarantine import DeadLetter
from streaming.recovery.offsets import remembers_since
from streaming.telemetry.topics import latency
from tests.conftest import RunCli
from tests.poison import alter_topics
from tests.streams import Place, raw_values, running

_NOW_MS = 1_760_000_000_000
_STAMPS = {
    "ordinary": _NOW_MS,
    "in seconds": _NOW_MS // 1000,
    "in microseconds": _NOW_MS * 1000,
    "in nanoseconds": _NOW_MS * 1_000_000,
    "the last of the year 9999": 253_402_300_799_999,
    "the first of the year 10000": 253_402_300_800_000,
    "the last that Spark's arithmetic holds": (2**63 - 1) // 1000,
    "the first that it does not": (2**63 - 1) // 1000 + 1,
    "the highest number": 2**63 - 1,
    "before 1970": -86_400_000,
    "before the year 1": -62_135_596_800_001,
    "the lowest number": -(2**63),
}
_ANY = {"message.timestamp.after.max.ms": str(2**63 - 1), "message.timestamp.before.max.ms": str(2**63 - 1)}


@pytest.mark.parametrize(
    "way", [{}, {"real_time": True}, {"once_within": "1h"}], ids=["batches", "real time", "once"]
)
def test_a_record_goes_its_way_whatever_time_kafka_stamped_it_with(
    place: Place, spark: SparkSession, tmp_path: Path, way: dict[str, Any]
) -> None:
    alter_topics(place.bootstrap_servers, [place.raw], {**_ANY, "retention.ms": "-1"})
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    good, bad = raw_values(len(_STAMPS), place.raw_id), raw_values(1, place.raw_id, station=" ")[0]
    for number, stamp in enumerate(_STAMPS.values()):
        producer.produce(place.raw, good[number], partition=0, timestamp=stamp)
        producer.produce(place.raw, bad, partition=1, timestamp=stamp)
    assert producer.flush(30) == 0
    with running(place, spark, tmp_path / "checkpoint", **way) as stream:
        place.wait_until_published(2 * len(_STAMPS))
        if "real_time" not in way:
            stream.wait_until_read(2 * len(_STAMPS))
    assert len(place.read(place.final)) == len(_STAMPS)
    letters = consume(
        place.quarantine,
        DeadLetter,
        bootstrap_servers=place.bootstrap_servers,
        registry_url=place.registry_url,
        stop_at_end=True,
    )
    assert len([letter.value for letter in letters]) == len(_STAMPS)
    assert place.lost_and_doubled() == ([], [])
    # The one stamp that can be a time of arrival is the one that tells how long records took.
    told = [batch.latency_max_seconds for batch in stream.batches if batch.latency_max_seconds is not None]
    assert all(abs(time.time() - _NOW_MS / 1000 - seconds) < 600 for seconds in told), told
    assert bool(told) == ("real_time" not in way)


def test_a_topic_whose_oldest_record_has_a_time_to_come_remembers_since_the_one_behind_it(
    place: Place,
) -> None:
    alter_topics(place.bootstrap_servers, [place.raw], {**_ANY, "retention.ms": "-1"})
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    for stamp in (_NOW_MS, _NOW_MS * 1000, _NOW_MS + 1):
        producer.produce(place.raw, b"", partition=0, timestamp=stamp)
    assert producer.flush(30) == 0
    admin = AdminClient({"bootstrap.servers": place.bootstrap_servers})
    for answer in admin.delete_records([TopicPartition(place.raw, 0, 1)]).values():
        answer.result(timeout=30)
    assert remembers_since(Kafka(place.bootstrap_servers), [place.raw]) == _NOW_MS + 1


@pytest.mark.parametrize(
    ("came", "seconds"),
    [
        (_NOW_MS, 1.5),
        (_NOW_MS + 2500, -1.0),
        (_NOW_MS * 1000, None),
        (0, None),
        (-(2**63), None),
        (None, None),
    ],
)
def test_only_a_record_that_can_have_come_then_has_a_latency(came: int | None, seconds: float | None) -> None:
    assert latency(_NOW_MS + 1500, came) == seconds


def test_the_command_ends_well_on_a_topic_with_such_a_record(
    place: Place, run_cli: RunCli, tmp_path: Path
) -> None:
    alter_topics(place.bootstrap_servers, [place.raw], {**_ANY, "retention.ms": "-1"})
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    producer.produce(place.raw, raw_values(1, place.raw_id)[0], timestamp=2**63 - 1)
    assert producer.flush(30) == 0
    ended = run_cli(*place.arguments(tmp_path / "checkpoint"), "--available-now")
    assert ended.returncode == 0, ended.stderr
    assert len(place.read(place.final)) == 1
