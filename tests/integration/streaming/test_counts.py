"""What is counted inside the query, on records whose verdicts are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.streaming.listener import StreamingQueryProgress

from contracts.avro.wire import frame
from streaming.engine.progress import OBSERVATION, WRITERS_AT_MOST, counts, read, unpacked
from streaming.engine.spark import configure
from streaming.record.plan import Plan, judged
from streaming.record.source import named
from streaming.telemetry.status import outline
from tests.plans import KAFKA, RAW_ID

Counted = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def count(spark: SparkSession, plan: Plan) -> Callable[[Sequence[bytes | None]], Counted]:
    """Counts raw values as the query does."""
    session = configure(spark.newSession())

    def run(values: Sequence[bytes | None]) -> Counted:
        rows = [("raw", 0, i, None, None, v and bytearray(v), None) for i, v in enumerate(values)]
        kafka = session.createDataFrame(rows, KAFKA).selectExpr(
            "* except (timestamp)", "timestamp_millis(1700000000000 + offset * 1000) AS timestamp"
        )
        sums = [F.expr(sql).alias(name) for name, sql in counts(plan).items()]
        return unpacked(judged(named(kafka), plan).select(*sums).collect()[0].asDict())

    return run


def test_each_verdict_reason_rule_and_writer_is_counted(
    count: Callable[[Sequence[bytes | None]], Counted], raw_value: Callable[..., bytes]
) -> None:
    good = raw_value()
    found = count(
        [
            *[good] * 5,
            *[raw_value(wind_speed=9.0, wind_gust=3.0)] * 4,
            *[raw_value(visibility=-1.0)] * 3,
            raw_value(visibility=-1.0, humidity=140.0, pressure=1.0, station=" "),
            raw_value(temperature=None),
            None,
            b"\1" + good[1:],
            good[:-1],
            frame(1 << 30, good[5:]),
        ]
    )
    assert found["verdict"] == {"final": 13, "flagged": 4}
    assert found["reason"] == {
        "RULE_BROKEN": 1,
        "NULL_VALUE": 1,
        "WRONG_MAGIC": 1,
        "UNDECODABLE": 1,
        "UNKNOWN_SCHEMA": 1,
    }
    # The five that did not decode lack a temperature as well, and are not counted for it.
    assert found["rule"] == {
        "gust-at-least-wind": 4,
        "visibility-possible": 4,
        "humidity-possible": 1,
        "humidity-saturated": 1,
        "pressure-possible": 1,
        "station-present": 1,
        "temperature-present": 1,
    }
    assert found["writer"] == {str(RAW_ID): 15}
    assert found["time"] == {"oldest": 1_700_000_000_000, "newest": 1_700_000_017_000, "mean": 8500.0}


def test_a_batch_without_records_counts_nothing(
    count: Callable[[Sequence[bytes | None]], Counted],
) -> None:
    found = count([])
    assert found.pop("time") == {"oldest": None, "newest": None, "mean": None}
    assert not any(found.values())


def test_only_so_many_writers_are_counted_and_they_are_the_newest(plan: Plan) -> None:
    many = replace(plan, writers=dict.fromkeys(range(1000, 1200), plan.raw.newest.text))
    counted = [name for name in counts(many) if name.startswith("writer:")]
    assert counted == [f"writer:{number}" for number in range(1200 - WRITERS_AT_MOST, 1200)]


def test_what_is_counted_is_what_is_shown(plan: Plan) -> None:
    for again in ("", "DUPLICATE"):
        names = {name for names in counts(plan, again=again) for name in names.split("|")}
        shown = outline(plan, once=bool(again))
        assert {f"reason:{code}" for code in shown.reasons} == {n for n in names if n.startswith("reason:")}
        assert {f"rule:{rule}" for rule in shown.rules} == {n for n in names if n.startswith("rule:")}


def test_two_counts_of_one_sum_do_not_run_into_each_other() -> None:
    most = (1 << 31) - 1
    assert unpacked({"reason:A|reason:B": most + (5 << 31)})["reason"] == {"A": most, "B": 5}
    assert unpacked({"reason:A|reason:B": most << 31})["reason"] == {"B": most}


ENDED_MS = 1_700_000_002_000


@pytest.mark.parametrize(
    ("oldest_ms", "newest_ms", "longest", "mean"),
    [
        (ENDED_MS - 5000, ENDED_MS - 1000, 5.0, 3.0),
        (ENDED_MS - 5000, ENDED_MS + 60_000, 5.0, 3.0),
        (ENDED_MS - 5000, ENDED_MS + 60_001, 5.0, None),
        (ENDED_MS + 60_001, ENDED_MS + 60_001, None, None),
        (None, None, None, None),
    ],
    ids=["past", "clocks that agree", "one to come", "all to come", "none"],
)
def test_a_time_to_come_tells_nothing_of_how_old_the_records_are(
    oldest_ms: int | None, newest_ms: int | None, longest: float | None, mean: float | None
) -> None:
    since = ENDED_MS - 3000 - 1_700_000_000_000
    report = {
        "id": "00000000-0000-0000-0000-000000000000",
        "runId": "00000000-0000-0000-0000-000000000000",
        "name": "stream",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "batchId": 1,
        "batchDuration": 2000,
        "durationMs": {},
        "eventTime": {},
        "stateOperators": [],
        "sources": [
            {
                "description": "",
                "startOffset": "",
                "endOffset": "",
                "latestOffset": "",
                "numInputRows": 2,
                "inputRowsPerSecond": 1.0,
                "processedRowsPerSecond": 1.0,
            }
        ],
        "sink": {"description": "", "numOutputRows": 2},
        "observedMetrics": {
            OBSERVATION: {
                "time:oldest": oldest_ms,
                "time:newest": newest_ms,
                "time:mean": None if oldest_ms is None else float(since),
            }
        },
    }
    progress = read(StreamingQueryProgress.fromJson(report))
    assert (progress.latency_max_seconds, progress.latency_mean_seconds) == (longest, mean)
