"""A stream's status as Prometheus metrics: one row each, as `docs/metrics.md` lists them.

Labels take values of the contracts, the registered versions and the topics' partitions only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from streaming.engine.progress import WRITERS_AT_MOST, Progress
from streaming.telemetry.status import DURATIONS, State, Status

PREFIX = "weather_stream"
OTHER = "other"
"""Stands for the id and version of writers that are not counted by themselves."""

Row = tuple[tuple[str, ...], float]
"""Values of the labels, in order, and the value."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric without its samples, which `rows` takes from a status; unknown ones are left out."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    rows: Callable[[Status, float], Iterable[Row]]


def _one(value: Callable[[Status], float | None]) -> Callable[[Status, float], Iterable[Row]]:
    """A single sample without labels, none while `value` is None."""

    def rows(status: Status, _now: float) -> Iterable[Row]:
        found = value(status)
        return [] if found is None else [((), found)]

    return rows


def _of_last(value: Callable[[Progress], float | None]) -> Callable[[Status, float], Iterable[Row]]:
    """A single sample about the newest batch."""
    return _one(lambda status: value(status.last) if status.last else None)


def _roles(status: Status) -> tuple[tuple[str, str], ...]:
    job = status.job
    return ("raw", job.topic), ("final", job.final), ("quarantine", job.quarantine)


def _writers(status: Status, _now: float) -> Iterable[Row]:
    if not status.plan:
        return
    counted = sorted(status.plan.writers)[-WRITERS_AT_MOST:]
    held = status.totals.writers
    for number in counted:
        yield (str(number), str(status.plan.writers[number] or OTHER)), held.get(str(number), 0)
    known = sum(held.get(str(number), 0) for number in counted)
    yield (OTHER, OTHER), status.totals.final + status.totals.quarantined - known


def _writer_schemas(status: Status, _now: float) -> Iterable[Row]:
    held = status.plan.writers.items() if status.plan else ()
    return [((str(number), str(version or OTHER)), 1) for number, version in held]


def _output_schemas(status: Status, _now: float) -> Iterable[Row]:
    if plan := status.plan:
        (_, final), (_, quarantine) = _roles(status)[1:]
        yield ("final", final, str(plan.final.schema_id), str(plan.final.version)), 1
        yield ("quarantine", quarantine, str(plan.quarantine.schema_id), str(plan.quarantine.version)), 1


def _ends(status: Status, _now: float) -> Iterable[Row]:
    for role, topic in _roles(status):
        for partition, end in sorted(status.ends.get(topic, {}).items()):
            yield (role, topic, str(partition)), end


def _reasons(status: Status, _now: float) -> Iterable[Row]:
    codes = status.plan.reasons if status.plan else ()
    return [((code,), status.totals.reasons.get(code, 0)) for code in codes]


def _rules(status: Status, _now: float) -> Iterable[Row]:
    rules = status.plan.rules.items() if status.plan else ()
    return [((rule, severity), status.totals.rules.get(rule, 0)) for rule, severity in rules]


FAMILIES: tuple[Family, ...] = (
    Family(
        "job_info",
        "gauge",
        ("raw", "final", "quarantine", "mode"),
        "1; the topics' names, and the mode.",
        lambda s, _: [((s.job.topic, s.job.final, s.job.quarantine, s.job.mode), 1)],
    ),
    Family(
        "state",
        "gauge",
        ("state",),
        "1 for the state that the stream is in.",
        lambda s, _: [((each.value,), each is s.state) for each in State],
    ),
    Family(
        "start_time_seconds",
        "gauge",
        (),
        "When the process started the stream, in Unix time.",
        _one(lambda s: s.started_at),
    ),
    Family(
        "records_total",
        "counter",
        ("verdict",),
        "Records by what became of them.",
        lambda s, _: [(("final",), s.totals.final), (("quarantined",), s.totals.quarantined)],
    ),
    Family(
        "flagged_records_total",
        "counter",
        (),
        "Records published with a flag.",
        _one(lambda s: s.totals.flagged),
    ),
    Family(
        "quarantined_records_total", "counter", ("reason",), "Quarantined records by reason code.", _reasons
    ),
    Family(
        "rule_broken_records_total",
        "counter",
        ("rule", "severity"),
        "Decoded records that broke a rule.",
        _rules,
    ),
    Family(
        "writer_records_total",
        "counter",
        ("schema_id", "version"),
        "Records by the version that they were written with.",
        _writers,
    ),
    Family(
        "batches_total",
        "counter",
        (),
        "Batches that were published and committed.",
        _one(lambda s: s.totals.batches),
    ),
    Family(
        "last_batch_number",
        "gauge",
        (),
        "Number of the newest batch.",
        _of_last(lambda batch: batch.batch),
    ),
    Family("last_batch_records", "gauge", (), "Records in it.", _of_last(lambda batch: batch.rows)),
    Family(
        "last_batch_duration_seconds",
        "gauge",
        (),
        "How long it took.",
        _of_last(lambda batch: batch.seconds),
    ),
    Family(
        "last_batch_end_time_seconds",
        "gauge",
        (),
        "When it ended, in Unix time.",
        _one(lambda s: s.last_ended_at),
    ),
    Family(
        "record_latency_max_seconds",
        "gauge",
        (),
        "Latency of the oldest record of the newest batch.",
        _one(lambda s: s.latency.max if s.latency else None),
    ),
    Family(
        "record_latency_mean_seconds",
        "gauge",
        (),
        "Latency of the records of the newest batch, on average.",
        _one(lambda s: s.latency.mean if s.latency else None),
    ),
    Family(
        "records_per_second",
        "gauge",
        (),
        "Speed over the last ten seconds.",
        lambda s, now: [((), s.speed(now))],
    ),
    Family(
        "read_offset",
        "gauge",
        ("partition",),
        "Offset of the raw topic that the stream publishes next.",
        lambda s, _: [((str(p),), offset) for p, offset in sorted(s.read.items())],
    ),
    Family(
        "topic_end_offset",
        "gauge",
        ("role", "topic", "partition"),
        "End of a topic at the broker.",
        _ends,
    ),
    Family(
        "lag_records",
        "gauge",
        ("partition",),
        "Records of the raw topic that are not published yet.",
        lambda s, _: [((str(p),), lag) for p, lag in s.lag.items()],
    ),
    Family(
        "moved_time_seconds",
        "gauge",
        (),
        "When a read_offset last moved, in Unix time.",
        _one(lambda s: s.moved_at),
    ),
    Family("broker_up", "gauge", (), "1 while the broker answers.", _one(lambda s: s.broker_up)),
    Family("plans_total", "counter", (), "Plans that were started.", _one(lambda s: s.plans)),
    Family(
        "writer_schema_info",
        "gauge",
        ("schema_id", "version"),
        "1 for each version of the raw contract that the plan reads.",
        _writer_schemas,
    ),
    Family(
        "output_schema_info",
        "gauge",
        ("role", "topic", "schema_id", "version"),
        "1 for the version that an output topic is written with.",
        _output_schemas,
    ),
)
"""Every metric with plain samples; `collected` adds the histogram and the summary."""


class StatusCollector(Collector):
    """Gives the metrics of whatever `status` returns at the time."""

    def __init__(self, status: Callable[[], Status], clock: Callable[[], float]) -> None:
        """Ask `status` at each scrape; `clock` is Unix time."""
        self._status, self._clock = status, clock

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, anew."""
        return collected(self._status(), self._clock())


def collected(status: Status, now: float) -> Iterator[Metric]:
    """Yield every metric of `status`."""
    for family in FAMILIES:
        name = f"{PREFIX}_{family.name}"
        # The client adds `_total` to the samples of a counter, and tells its name without.
        metric = Metric(name.removesuffix("_total"), family.help, family.kind)
        for values, value in family.rows(status, now):
            metric.samples.append(Sample(name, dict(zip(family.labels, values, strict=True)), float(value)))
        yield metric
    yield _durations(status)
    yield _latency(status)


def _durations(status: Status) -> Metric:
    name, totals = f"{PREFIX}_batch_duration_seconds", status.totals
    metric = Metric(name, "How long batches took.", "histogram")
    within = 0
    for bound, count in zip((*map(str, DURATIONS), "+Inf"), totals.durations, strict=True):
        within += count
        metric.add_sample(f"{name}_bucket", {"le": bound}, within)
    metric.add_sample(f"{name}_count", {}, within)
    metric.add_sample(f"{name}_sum", {}, totals.seconds)
    return metric


def _latency(status: Status) -> Metric:
    name, totals = f"{PREFIX}_record_latency_seconds", status.totals
    help_text = "From a record's Kafka timestamp on the raw topic to its publication."
    metric = Metric(name, help_text, "summary")
    metric.add_sample(f"{name}_count", {}, totals.latency_records)
    metric.add_sample(f"{name}_sum", {}, totals.latency_seconds)
    return metric
