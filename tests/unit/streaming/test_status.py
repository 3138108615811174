"""What a stream is told is folded into one value: totals, lag, speed, and whether all is well."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from contracts.folder.product import product_named
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import SchemaRegistry
from streaming.engine.progress import Kept, Progress
from streaming.job import Job
from streaming.record.plan import Plan
from streaming.telemetry.metrics import StatusCollector, collected
from streaming.telemetry.shown import duration, facts, line, page
from streaming.telemetry.status import Outline, State, Status, Written, outline
from streaming.trends.run import stream_of

SERVICES = {
    "kafka": Kafka("broker:9092"),
    "registry": SchemaRegistry(url="http://registry"),
    "checkpoint": Path("cp"),
}
JOB = Job(product=product_named("weather"), **SERVICES)  # type: ignore[arg-type]
TRENDS = stream_of(product_named("weather"), **SERVICES)
KEPT = Kept(rows=70, disk_bytes=3 << 20, memory_bytes=1 << 20, watermark=90.0, late=2)
OUTLINE = Outline(
    reader=2,
    writers={7: 1, 9: None},
    final=Written(1, 8),
    quarantine=Written(3, 10),
    reasons=("RULE_BROKEN", "NULL_VALUE"),
    rules={"cold": "critical", "dim": "info"},
)
TRENDS_OUTLINE = Outline(reader=2, writers={8: 2}, final=Written(1, 11))
DOCS = Path(__file__).parents[3] / "docs" / "metrics.md"


def fresh() -> Status:
    return Status(job=JOB, pid=1, started_at=100.0)


def batch(
    number: int, rows: int, ends: dict[str, int], seconds: float = 1.0, quarantined: int = 0
) -> Progress:
    return Progress(
        batch=number,
        rows=rows,
        final=rows - quarantined,
        quarantined=quarantined,
        flagged=0,
        reasons={"RULE_BROKEN": quarantined} if quarantined else {},
        rules={"cold": quarantined} if quarantined else {},
        writers={"7": rows},
        end_offsets=ends,
        rows_per_second=rows / seconds,
        seconds=seconds,
        latency_max_seconds=2 * seconds,
        latency_mean_seconds=seconds,
    )


def trends() -> Status:
    """The trends, before their first batch."""
    status = replace(fresh(), job=TRENDS).after_plan(TRENDS_OUTLINE)
    return status.after_ends({TRENDS.topic: {0: 9}, TRENDS.final: {0: 3}}, 101.0).after_read({0: 4}, 101.0)


def samples(status: Status) -> dict[tuple[str, ...], float]:
    """The value of each sample, by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in collected(status, 103.0)
        for sample in family.samples
    }


def test_batches_add_up() -> None:
    status = fresh().after_plan(OUTLINE)
    status = status.after_batch(batch(0, 10, {"0": 10}, seconds=0.3, quarantined=4), 101.0)
    status = status.after_batch(batch(1, 30, {"0": 40}, seconds=700.0), 900.0)
    totals = status.totals
    assert (totals.batches, totals.final, totals.quarantined) == (2, 36, 4)
    assert (totals.reasons, totals.rules, totals.writers) == ({"RULE_BROKEN": 4}, {"cold": 4}, {"7": 40})
    assert sum(totals.durations) == 2
    assert totals.durations[-1] == 1
    assert totals.latency_seconds == pytest.approx(10 * 0.3 + 30 * 700)


def test_lag_is_unknown_until_both_ends_are_known_and_never_negative() -> None:
    status = fresh()
    assert status.lag == {}
    assert facts(status, 101.0)["lag"] is None
    status = status.after_ends({JOB.topic: {0: 50, 1: 5}}, 101.0).after_read({0: 20, 1: 5}, 101.0)
    assert status.lag == {0: 30, 1: 0}
    # The stream may be told of its batch before the broker is asked again.
    assert status.after_read({1: 9}, 102.0).lag == {0: 30, 1: 0}


def test_speed_is_that_of_the_last_ten_seconds() -> None:
    status = fresh().after_read({0: 1_000_000}, 100.0)
    assert status.speed(101.0) == 0
    for second in range(1, 21):
        status = status.after_read({0: 1_000_000 + second * 100}, 100.0 + second)
    assert status.speed(120.0) == pytest.approx(100)
    for second in range(21, 40):
        status = status.after_ends({}, 100.0 + second)
    assert status.speed(140.0) == 0
    assert len(status.steps) < 15


def test_speed_between_the_ends_of_long_batches_is_not_nothing() -> None:
    status = fresh().after_read({0: 0}, 100.0)
    status = status.after_batch(batch(0, 3000, {"0": 3000}, seconds=30.0), 130.0)
    for second in (140, 150, 159):
        status = status.after_ends({}, float(second))
    assert status.speed(160.0) == pytest.approx(50)


def test_a_partition_that_is_new_does_not_count_as_speed() -> None:
    status = fresh().after_read({0: 10}, 100.0).after_read({0: 10, 1: 5_000_000}, 101.0)
    assert status.speed(102.0) == 0


def test_trouble_is_told_when_records_wait_and_nothing_moves() -> None:
    status = fresh()
    assert status.trouble(100.0) == "The stream is starting."
    status = status.after_plan(OUTLINE).after_ends({JOB.topic: {0: 9}}, 101.0).after_read({0: 4}, 101.0)
    assert status.trouble(400.0) is None
    assert status.trouble(402.0) == "5 records wait, and nothing has moved for 301 s."
    assert status.after_silence().trouble(402.0) is None
    assert status.after_read({0: 9}, 402.0).trouble(9999.0) is None
    assert status.stopping().trouble(102.0) == "The stream is stopping."


def test_no_news_leads_back() -> None:
    status = fresh().after_read({0: 40, 1: 7}, 100.0).after_published({0: 35, 1: 9}, [0.25, 0.75], 101.0)
    assert status.read == {0: 40, 1: 9}
    assert (status.latency and status.latency.max, status.totals.latency_seconds) == (0.75, 1.0)
    assert status.after_published({}, [], 102.0).latency == status.latency
    # A batch that tells no latency, as in real-time mode, leaves what was sampled.
    silent = replace(batch(0, 5, {"0": 45}), latency_max_seconds=None, latency_mean_seconds=None)
    after = status.after_batch(silent, 103.0)
    assert (after.latency, after.totals.latency_records) == (status.latency, 2)
    # When a real-time batch ends, the next one has begun to publish.
    assert after.after_batch(batch(1, 5, {"0": 42, "1": 12}), 104.0).read == {0: 45, 1: 12}


def test_a_stream_that_stops_stays_so_when_a_plan_is_still_told() -> None:
    assert fresh().after_plan(OUTLINE).state is State.RUNNING
    assert fresh().stopping().after_plan(OUTLINE).state is State.STOPPING


def test_every_metric_is_in_the_documentation_with_its_type_and_labels() -> None:
    documented = {
        name: (kind, frozenset(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in re.findall(
            r"^\| `(weather_\w+)` \| (\w+) \| (.*?) ?\| ", DOCS.read_text(), re.M
        )
    }
    status = fresh().after_plan(OUTLINE).after_ends({JOB.topic: {0: 9}}, 101.0).after_read({0: 4}, 101.0)
    remembering = replace(batch(0, 10, {"0": 10}), kept=KEPT)
    found = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels) - {"le"},
        )
        for each in (status, trends())
        for family in collected(each.after_batch(remembering, 102.0), 103.0)
    }
    assert found == documented


def test_labels_come_from_the_plan_and_not_from_the_records() -> None:
    odd = replace(
        batch(0, 5, {"0": 5}), reasons={"MADE_UP": 1}, rules={"nobody's": 2}, writers={"7": 2, "4000": 1}
    )
    families = {f.name: f for f in collected(fresh().after_plan(OUTLINE).after_batch(odd, 101.0), 102.0)}

    def values(name: str) -> dict[tuple[str, ...], float]:
        return {tuple(s.labels.values()): s.value for s in families[f"weather_stream_{name}"].samples}

    assert values("quarantined_records") == {("RULE_BROKEN",): 0, ("NULL_VALUE",): 0}
    assert values("rule_broken_records") == {("cold", "critical"): 0, ("dim", "info"): 0}
    assert values("writer_records") == {("7", "1"): 2, ("9", "other"): 0, ("other", "other"): 3}


def test_metrics_are_valid_before_anything_is_known() -> None:
    registry = CollectorRegistry()
    registry.register(StatusCollector(fresh, lambda: 101.0))
    parsed = list(parse_openmetrics(generate_openmetrics(registry).decode()))  # type: ignore[no-untyped-call]
    assert {family.name for family in parsed} >= {"weather_stream_state", "weather_stream_lag_records"}
    assert b"NaN" not in generate_latest(registry)


def test_an_outline_names_versions_by_file_and_by_id(plan: Plan) -> None:
    told = outline(plan)
    assert told.writers == dict.fromkeys(plan.writers, plan.raw.newest.number)
    assert told.final == Written(plan.final.newest.number, plan.final_id)
    assert told.rules["gust-at-least-wind"] == "info"
    assert "observation-unique" not in told.rules
    assert {"RULE_BROKEN", "OVERSIZE"} <= set(told.reasons)
    once = outline(plan, once=True)
    assert set(once.reasons) - set(told.reasons) == {"DUPLICATE"}
    assert "gust-at-least-wind" not in once.rules


def test_the_line_fits_one_line_and_says_what_matters() -> None:
    status = fresh().after_plan(OUTLINE).after_ends({JOB.topic: {0: 5000}}, 101.0)
    status = status.after_batch(batch(3, 1500, {"0": 1500}, quarantined=2), 102.0).after_silence()
    told = line(facts(status, 160.0)).plain
    assert "\n" not in told
    for part in (
        "running 1 min 0 s",
        "lag 3,500",
        "1,498 published",
        "2 in quarantine",
        "broker does not answer",
    ):
        assert part in told


def test_in_real_time_the_line_counts_by_what_the_topics_gained() -> None:
    job = replace(JOB, real_time=True)
    status = replace(fresh(), job=job).after_plan(OUTLINE).after_ends({job.final: {0: 100, 1: 5}}, 101.0)
    status = status.after_ends({job.final: {0: 130, 1: 5}, job.quarantine: {0: 2}}, 103.0)
    told = line(facts(status, 104.0)).plain
    assert "30 published" in told
    assert "2 in quarantine" in told


def test_what_a_query_remembers_stays_known_behind_a_batch_that_does_not_tell() -> None:
    status = fresh().after_plan(OUTLINE)
    assert ("weather_stream_state_rows",) not in samples(status.after_batch(batch(0, 5, {"0": 5}), 101.0))
    status = status.after_batch(replace(batch(0, 5, {"0": 5}), kept=KEPT), 101.0)
    found = samples(status.after_batch(batch(1, 5, {"0": 10}), 102.0))
    assert found["weather_stream_state_rows",] == 70
    assert found["weather_stream_state_disk_bytes",] == 3 << 20


def test_trends_have_names_of_their_own_and_the_counts_of_their_batches() -> None:
    status = trends().after_batch(replace(batch(0, 3, {"0": 7}), final=2, kept=KEPT), 102.0)
    found = samples(status.after_batch(replace(batch(1, 1, {"0": 8}), final=5, kept=KEPT), 103.0))
    assert all(name.startswith("weather_trends_") for name, *_ in found)
    counts = {
        "read": found["weather_trends_read_records_total",],
        "published": found["weather_trends_published_records_total",],
        "late": found["weather_trends_late_records_total",],
    }
    assert counts == {"read": 4, "published": 7, "late": 4}
    assert found["weather_trends_watermark_time_seconds",] == 90
    assert found["weather_trends_lag_records", "0"] == 1
    assert found["weather_trends_topic_end_offset", "trends", TRENDS.final, "0"] == 3
    assert found["weather_trends_output_schema_info", "trends", TRENDS.final, "11", "1"] == 1
    assert ("weather_trends_watermark_time_seconds",) not in samples(trends())


def test_people_see_what_the_trends_read_publish_and_remember() -> None:
    status = trends().after_batch(replace(batch(0, 3, {"0": 7}), final=2, kept=KEPT), 102.0)
    now = facts(status, 103.0)
    assert now["topics"] == {"final": TRENDS.topic, "trends": TRENDS.final}
    text = " ".join(page(now).plain.split())
    for part in (
        f"{TRENDS.topic} → {TRENDS.final}",
        "3 read, 2 trends, 2 late",
        "watermark 1970-01-01T00:01:30",
        "70 rows: 3 MiB on disk, 1 MiB in memory",
        "reads versions 2 (schema 8)",
        "writes versions trends 1 (schema 11)",
    ):
        assert part in text
    assert "2 trends 2 late" in " ".join(line(now).plain.split())


@pytest.mark.parametrize(
    ("seconds", "told"), [(5.9, "5 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (90_000, "1 d 1 h")]
)
def test_a_duration_is_shown_in_two_units(seconds: float, told: str) -> None:
    assert duration(seconds) == told
