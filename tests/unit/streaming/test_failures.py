"""What Spark throws becomes one sentence of its own kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.folder.product import product_named
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import SchemaRegistry
from streaming.engine.failures import translate, unregistered
from streaming.job import Job
from streaming.record.judge import UNREGISTERED

JOB = Job(
    product=product_named("weather"),
    kafka=Kafka("broker:9092"),
    registry=SchemaRegistry(url="http://registry"),
    checkpoint=Path("cp"),
)


def test_a_batch_that_failed_for_an_id_which_may_be_registered_by_now_is_told_from_others() -> None:
    thrown = f"[USER_RAISED_EXCEPTION] {UNREGISTERED} 4000000000 SQLSTATE: P0001"
    assert unregistered(thrown) == 4_000_000_000
    guid = "12345678-9abc-def0-1234-56789abcdef0"
    assert unregistered(f"[USER_RAISED_EXCEPTION] {UNREGISTERED} {guid} SQLSTATE: P0001") == guid
    assert unregistered("java.lang.IllegalStateException: 17") is None


@pytest.mark.parametrize(
    ("thrown", "exit_code", "told"),
    [
        ("java.io.IOException: No space left on device", 6, "disk"),
        ("[KAFKA_DATA_LOSS.START_OFFSET_RESET] Some data may have been lost", 12, "--checkpoint"),
        ("org.apache.kafka.common.errors.RecordTooLargeException: 9 bytes", 2, "max.message.bytes"),
        ("org.apache.kafka.common.errors.UnknownTopicOrPartitionException: gone", 2, "contracts apply"),
        ("org.apache.kafka.common.errors.TimeoutException: Timed out", 3, "broker:9092"),
        ("java.lang.ArithmeticException: long overflow", 2, "--available-now"),
        ("\n  java.lang.OddState: odd\n\tat a.b.C(D.java:1)", 9, ": java.lang.OddState: odd"),
        ("An error occurred while calling o1.sql.\n: a.Odd: why\n\tat a.b.C(D.java:1)", 9, ": a.Odd: why"),
    ],
)
def test_a_failure_is_told_with_its_own_exit_code(thrown: str, exit_code: int, told: str) -> None:
    failure = translate(thrown, JOB)
    assert failure.exit_code == exit_code
    assert told in str(failure)
    assert "\n" not in str(failure)
