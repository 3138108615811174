"""The status of the stream, or of the trends, as Prometheus metrics: a row for each, as in `docs/metrics.md`.

The values of labels come from contracts, registered versions and partitions only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from streaming.engine.progress import WRITERS_AT_MOST, Kept, Progress
from streaming.telemetry.status import DURATIONS, State, Status

STREAM, TRENDS = "stream", "trends"
"""What a metric is about, by `Job.kind`."""
OTHER = "other"
"""Id and version of all writers that have no count of their own."""

Row = tuple[tuple[str, ...], float]
"""Values of the labels, in order, and the value."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric without its samples, which `rows` takes from a status. A name that ends in `_total`
    counts."""

    name: str
    help: str
    rows: Callable[[Status, float], Iterable[Row]]
    labels: tuple[str, ...] = ()
    of: tuple[str, ...] = (STREAM, TRENDS)


def _one(value: Callable[[Status], float | None]) -> Callable[[Status, float], Iterable[Row]]:
    """A single sample without labels, none while `value` is None."""

    def rows(status: Status, _now: float) -> Iterable[Row]:
        sample = value(status)
        return [] if sample is None else [((), sample)]

    return rows


def _of_last(value: Callable[[Progress], float | None]) -> Callable[[Status, float], Iterable[Row]]:
    """A single sample about the newest batch."""
    return _one(lambda status: value(status.last) if status.last else None)


def _of_state(value: Callable[[Kept], float | None]) -> Callable[[Status, float], Iterable[Row]]:
    """A single sample about the state behind the newest batch."""
    return _one(lambda status: value(status.kept) if status.kept else None)


def _writers(status: Status, _now: float) -> Iterable[Row]:
    if not status.plan:
        return
    counted = sorted(status.plan.writers)[-WRITERS_AT_MOST:]
    records = {number: status.totals.writers.get(str(number), 0) for number in counted}
    for number, count in records.items():
        yield (str(number), str(status.plan.writers[number] or OTHER)), count
    known = sum(records.values())
    yield (OTHER, OTHER), status.totals.final + status.totals.quarantined - known


def _writer_schemas(status: Status, _now: float) -> Iterable[Row]:
    writers = status.plan.writers.items() if status.plan else ()
    return [((str(number), str(version or OTHER)), 1) for number, version in writers]


def _output_schemas(status: Status, _now: float) -> Iterable[Row]:
    if plan := status.plan:
        _, *outputs = status.job.roles.items()
        for (role, topic), written in zip(outputs, plan.outputs, strict=True):
            yield (role, topic, str(written.schema_id), str(written.version)), 1


_JOB = "1; the topics' names, and the mode."


def _job(status: Status, _now: float) -> Iterable[Row]:
    named = [*status.job.roles.values()][:3]
    return [((*named, status.job.mode), 1)]


def _ends(status: Status, _now: float) -> Iterable[Row]:
    for role, topic in status.job.roles.items():
        for partition, end in sorted(status.ends.get(topic, {}).items()):
            yield (role, topic, str(partition)), end


def _reasons(status: Status, _now: float) -> Iterable[Row]:
    codes = status.plan.reasons if status.plan else ()
    return [((code,), status.totals.reasons.get(code, 0)) for code in codes]


def _rules(status: Status, _now: float) -> Iterable[Row]:
    rules = status.plan.rules.items() if status.plan else ()
    return [((rule, severity), status.totals.rules.get(rule, 0)) for rule, severity in rules]


FAMILIES: tuple[Family, ...] = (
    Family("job_info", _JOB, _job, ("raw", "final", "quarantine", "mode"), (STREAM,)),
    Family("job_info", _JOB, _job, ("final", "trends", "mode"), (TRENDS,)),
    Family(
        "state",
        "1 for the state that the query is in.",
        lambda s, _: [((each.value,), each is s.state) for each in State],
        ("state",),
    ),
    Family(
        "start_time_seconds",
        "When the process started, in Unix time.",
        _one(lambda s: s.started_at),
    ),
    Family(
        "records_total",
        "Records by their verdict.",
        lambda s, _: [(("final",), s.totals.final), (("quarantined",), s.totals.quarantined)],
        ("verdict",),
        (STREAM,),
    ),
    Family(
        "flagged_records_total",
        "Records published with a flag.",
        _one(lambda s: s.totals.flagged),
        of=(STREAM,),
    ),
    Family(
        "quarantined_records_total", "Quarantined records by reason code.", _reasons, ("reason",), (STREAM,)
    ),
    Family(
        "rule_broken_records_total",
        "Decoded records that broke a rule.",
        _rules,
        ("rule", "severity"),
        (STREAM,),
    ),
    Family(
        "writer_records_total",
        "Records by the version that they were written with.",
        _writers,
        ("schema_id", "version"),
        (STREAM,),
    ),
    Family("read_records_total", "Final records read.", _one(lambda s: s.totals.read), of=(TRENDS,)),
    Family("published_records_total", "Trends.", _one(lambda s: s.totals.final), of=(TRENDS,)),
    Family(
        "late_records_total",
        "Observations that came later than the watermark allows.",
        _one(lambda s: s.totals.late),
        of=(TRENDS,),
    ),
    Family("batches_total", "Batches that were published and committed.", _one(lambda s: s.totals.batches)),
    Family("last_batch_number", "Number of the newest batch.", _of_last(lambda batch: batch.batch)),
    Family("last_batch_records", "Records in it.", _of_last(lambda batch: batch.rows)),
    Family("last_batch_duration_seconds", "How long it took.", _of_last(lambda batch: batch.seconds)),
    Family("last_batch_end_time_seconds", "When it ended, in Unix time.", _one(lambda s: s.last_ended_at)),
    Family(
        "record_latency_max_seconds",
        "Latency of the oldest record of the newest batch.",
        _one(lambda s: s.latency.max if s.latency else None),
        of=(STREAM,),
    ),
    Family(
        "record_latency_mean_seconds",
        "Latency of the records of the newest batch, on average.",
        _one(lambda s: s.latency.mean if s.latency else None),
        of=(STREAM,),
    ),
    Family("records_per_second", "Speed over the last ten seconds.", lambda s, now: [((), s.speed(now))]),
    Family(
        "read_offset",
        "Offset, of the topic that is read, that is published next.",
        lambda s, _: [((str(p),), offset) for p, offset in sorted(s.read.items())],
        ("partition",),
    ),
    Family("topic_end_offset", "End of a topic at the broker.", _ends, ("role", "topic", "partition")),
    Family(
        "lag_records",
        "Records of the topic that is read that are not published yet.",
        lambda s, _: [((str(p),), lag) for p, lag in s.lag.items()],
        ("partition",),
    ),
    Family("moved_time_seconds", "When a read_offset last moved, in Unix time.", _one(lambda s: s.moved_at)),
    Family("broker_up", "1 while the broker answers.", _one(lambda s: s.broker_up)),
    Family("plans_total", "Plans that were started.", _one(lambda s: s.plans)),
    Family(
        "writer_schema_info",
        "1 for each version that the plan reads.",
        _writer_schemas,
        ("schema_id", "version"),
    ),
    Family(
        "output_schema_info",
        "1 for the version that an output topic is written with.",
        _output_schemas,
        ("role", "topic", "schema_id", "version"),
    ),
    Family("state_rows", "Rows of what the query remembers.", _of_state(lambda kept: kept.rows)),
    Family("state_disk_bytes", "Bytes of their files.", _of_state(lambda kept: kept.disk_bytes)),
    Family("state_memory_bytes", "Bytes of memory for them.", _of_state(lambda kept: kept.memory_bytes)),
    Family(
        "watermark_time_seconds",
        "Observations before this time are late, in Unix time.",
        _of_state(lambda kept: kept.watermark),
        of=(TRENDS,),
    ),
)
"""Every metric with plain samples; `collected` adds the histogram and the summary."""


class StatusCollector(Collector):
    """Collects the metrics of whatever `status` returns at the time."""

    def __init__(self, status: Callable[[], Status], clock: Callable[[], float]) -> None:
        """Call `status` at each scrape; `clock` is Unix time."""
        self._status, self._clock = status, clock

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, anew."""
        return collected(self._status(), self._clock())


def collected(status: Status, now: float) -> Iterator[Metric]:
    """Yield every metric of `status`; their names begin with `weather_stream` or `weather_trends`."""
    prefix = f"weather_{status.job.kind}"
    for family in (one for one in FAMILIES if status.job.kind in one.of):
        kind = CounterMetricFamily if family.name.endswith("_total") else GaugeMetricFamily
        metric = kind(f"{prefix}_{family.name}", family.help, labels=family.labels)
        for labels, value in family.rows(status, now):
            metric.add_metric(labels, float(value))
        yield metric
    totals = status.totals
    bounds = zip((*map(str, DURATIONS), "+Inf"), accumulate(totals.durations), strict=True)
    yield HistogramMetricFamily(
        f"{prefix}_batch_duration_seconds",
        "How long batches took.",
        buckets=list(bounds),
        sum_value=totals.seconds,
    )
    if status.job.kind == STREAM:
        yield SummaryMetricFamily(
            f"{prefix}_record_latency_seconds",
            "From a record's Kafka timestamp on the raw topic to its publication.",
            count_value=totals.latency_records,
            sum_value=totals.latency_seconds,
        )
