"""A service that is away is waited for, with words; and a checkpoint is a folder of known topics."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.errors import CheckpointMismatch, Unreachable, UnusableSetting
from contracts.folder.product import product_named
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import SchemaRegistry
from streaming.job import Job
from streaming.recovery.recover import compare_ids, emptied
from streaming.running.outage import StillAway, outlast

JOB = Job(
    product=product_named("weather"),
    kafka=Kafka("broker:9092"),
    registry=SchemaRegistry(url="http://registry"),
    checkpoint=Path("cp"),
)


def test_an_outage_is_told_of_once_and_waited_out(caplog: pytest.LogCaptureFixture) -> None:
    silences = [Unreachable("no broker answers."), Unreachable("no broker answers.")]

    def ask() -> str:
        if silences:
            raise silences.pop()
        return "an answer"

    with caplog.at_level(logging.WARNING, "streaming"):
        assert outlast(ask, threading.Event()) == "an answer"
    first, last = caplog.messages
    assert "no broker answers. The stream waits" in first
    assert "goes on after" in last


def test_a_stream_that_is_told_to_stop_waits_no_longer() -> None:
    def ask() -> str:
        raise Unreachable("no broker answers.")

    stopping = threading.Event()
    stopping.set()
    assert outlast(ask, stopping) is None


def test_an_outage_that_lasts_too_long_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask() -> str:
        raise Unreachable("no broker answers.")

    monkeypatch.setattr("streaming.running.outage.BACK_WITHIN", 0.1)
    with pytest.raises(StillAway, match="no broker answers"):
        outlast(ask, threading.Event())


@pytest.mark.parametrize("address", ["hdfs://name/cp", "s3a://bucket/cp", "file:///tmp/cp"])
def test_a_checkpoint_that_is_an_address_is_refused(address: str) -> None:
    with pytest.raises(UnusableSetting, match="is an address"):
        replace(JOB, checkpoint=Path(address))


def test_a_topic_under_another_id_is_another_topic() -> None:
    compare_ids({}, {"raw": "a"}, JOB)
    compare_ids({"raw": "a", "gone": "x"}, {"raw": "a", "new": "b"}, JOB)
    with pytest.raises(CheckpointMismatch, match="raw was deleted and made again"):
        compare_ids({"raw": "a"}, {"raw": "b"}, JOB)


@pytest.mark.parametrize(
    ("held", "told"), [({0: (0, 0), 1: (0, 0)}, False), ({0: (5, 5), 1: (0, 0)}, True), ({0: (4, 5)}, False)]
)
def test_a_topic_that_was_emptied_is_told_from_a_new_one(
    held: dict[int, tuple[int, int]], told: bool
) -> None:
    assert emptied(held) is told
