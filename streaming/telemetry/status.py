"""How a stream is doing, as one value. Each event is folded in, and each fold gives a new value.

This module reads no clock: the caller gives `now`, Unix time in seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from contracts.checks.rules import predicate
from contracts.folder.lock import digest
from contracts.folder.model import Contract, Severity
from streaming.engine.once import DUPLICATE
from streaming.engine.progress import Kept, Progress
from streaming.job import Job
from streaming.record.plan import Plan
from streaming.recovery.checkpoint import Offsets

DURATIONS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0)
"""Upper bounds of the histogram of batches, in seconds."""

SPEED_OVER = 10.0
"""Seconds that the speed is taken over; two batches, where they take longer."""

STILL_AT_MOST = 300.0
"""Seconds without a move, while records wait, after which a stream does not count as well."""


class State(str, Enum):
    """What a stream is doing; a stream that has ended has no state."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Written:
    """The version that an output topic is written with: the number of its file, and the registry's id."""

    version: int
    schema_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What an operator sees of a plan: the versions that it reads and writes, and what it judges by."""

    reader: int
    """Version of the contract that is read, to which every record is resolved."""
    writers: Mapping[int, int | None]
    """Registry id of each version that may have been written, with its number; None where the folder of
    contracts has no such version."""
    final: Written
    """Of what is published."""
    quarantine: Written | None = None
    """None where nothing is put aside."""
    later: tuple[Written, ...] = ()
    """Of the other generations that are published."""
    reasons: tuple[str, ...] = ()
    """Every code that a record may go to quarantine for."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Id to severity of every rule that is counted."""

    @property
    def outputs(self) -> tuple[Written, ...]:
        """What is written, in the order of `Job.roles`."""
        return (self.final, self.quarantine, *self.later) if self.quarantine else (self.final,)


def outline(plan: Plan, *, once: bool = False) -> Outline:
    """The outline of `plan`; `once` for a stream that publishes an observation once."""
    codes = {reason.code for reason in plan.reasons} | ({DUPLICATE} if once else set())
    # The stream finds duplicates after the encoding, where `info` rules can no longer be counted.
    severities = set(Severity) - ({Severity.INFO} if once else set())
    ids = {plan.final.topic: plan.final_id, **{one.contract.topic: one.schema_id for one in plan.later}}
    final, *later = (Written(one.newest.number, ids[one.topic]) for one in plan.published)
    return Outline(
        reader=plan.raw.newest.number,
        writers=versions_by_id(plan.raw, plan.writers),
        final=final,
        quarantine=Written(plan.quarantine.newest.number, plan.quarantine_id),
        later=tuple(later),
        reasons=tuple(sorted(codes)),
        rules={
            rule.id: rule.severity.value
            for rule in plan.final.rules
            if rule.severity in severities and predicate(rule) is not None
        },
    )


def versions_by_id(contract: Contract, writers: Mapping[int, str]) -> dict[int, int | None]:
    """Registry id to the number of the version in `contract`, of every schema text in `writers`."""
    return {number: _version(contract, text) for number, text in sorted(writers.items())}


def _version(contract: Contract, text: str) -> int | None:
    wanted = digest(json.loads(text))
    return next((version.number for version in contract.versions if digest(version.schema) == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the batches since the start of the process."""

    batches: int = 0
    read: int = 0
    final: int = 0
    late: int = 0
    """Observations that came later than the watermark allows."""
    quarantined: int = 0
    flagged: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, int] = field(default_factory=dict)
    writers: Mapping[str, int] = field(default_factory=dict)
    durations: tuple[int, ...] = (0,) * (len(DURATIONS) + 1)
    """Batches by the first of `DURATIONS` that is not shorter; the last count is of longer ones."""
    seconds: float = 0.0
    latency_seconds: float = 0.0
    """Sum over `latency_records`."""
    latency_records: int = 0

    def after_sample(self, latencies: Sequence[float]) -> Totals:
        """With the `latencies` of single records added."""
        return replace(
            self,
            latency_seconds=self.latency_seconds + sum(latencies),
            latency_records=self.latency_records + len(latencies),
        )

    def after(self, batch: Progress) -> Totals:
        """With `batch` added."""
        bucket = next((i for i, most in enumerate(DURATIONS) if batch.seconds <= most), len(DURATIONS))
        timed = batch.rows if batch.latency_mean_seconds is not None else 0
        return Totals(
            batches=self.batches + 1,
            read=self.read + batch.rows,
            final=self.final + batch.final,
            late=self.late + (batch.kept.late if batch.kept else 0),
            quarantined=self.quarantined + batch.quarantined,
            flagged=self.flagged + batch.flagged,
            reasons=_sum(self.reasons, batch.reasons),
            rules=_sum(self.rules, batch.rules),
            writers=_sum(self.writers, batch.writers),
            durations=tuple(count + (i == bucket) for i, count in enumerate(self.durations)),
            seconds=self.seconds + batch.seconds,
            latency_seconds=self.latency_seconds + (batch.latency_mean_seconds or 0.0) * timed,
            latency_records=self.latency_records + timed,
        )


@dataclass(frozen=True, slots=True)
class Latency:
    """From the Kafka timestamps of raw records to their publication, in seconds."""

    max: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A stream as it is now."""

    job: Job
    pid: int
    started_at: float
    state: State = State.STARTING
    plan: Outline | None = None
    """The plan that runs; None before there is one."""
    plans: int = 0
    totals: Totals = Totals()
    last: Progress | None = None
    """The newest batch."""
    last_ended_at: float | None = None
    kept: Kept | None = None
    """The state behind the newest batch; None before one, and where there is no state."""
    latency: Latency | None = None
    """Of the records of the newest batch, or of a few of the newest records in real-time mode."""
    read: Offsets = field(default_factory=dict)
    """Where the query goes on reading; empty until that is known."""
    ends: Mapping[str, Offsets] = field(default_factory=dict)
    """Topic to the end of each partition, by the broker's newest answer."""
    begins: Mapping[str, Offsets] = field(default_factory=dict)
    """The same by the broker's first answer."""
    broker_up: bool | None = None
    """Whether the broker answered the newest question; None before the first."""
    moved_at: float | None = None
    """When `read` last moved, or when it was first known."""
    steps: tuple[tuple[float, int], ...] = ()
    """Time, and the sum of `read`, as far back as the speed needs; oldest first."""

    @property
    def lag(self) -> Offsets:
        """Records of each partition of what is read that are not published yet."""
        ends = self.ends.get(self.job.topic, {})
        return {p: max(ends[p] - at, 0) for p, at in sorted(self.read.items()) if p in ends}

    def gained(self, topic: str) -> int:
        """Records that `topic` has gained since the process began, from all its writers."""
        begins = self.begins.get(topic, {})
        return sum(end - begins.get(p, 0) for p, end in self.ends.get(topic, {}).items())

    def speed(self, now: float) -> float:
        """Records a second, lately."""
        if not self.steps or now <= self.steps[0][0]:
            return 0.0
        return (self.steps[-1][1] - self.steps[0][1]) / (now - self.steps[0][0])

    def after_plan(self, plan: Outline) -> Status:
        """With a plan that has just been started."""
        state = State.STOPPING if self.state is State.STOPPING else State.RUNNING
        return replace(self, state=state, plan=plan, plans=self.plans + 1)

    def after_batch(self, batch: Progress, now: float) -> Status:
        """With a batch that has just ended."""
        status = replace(self, totals=self.totals.after(batch), last=batch, last_ended_at=now)
        if batch.kept:
            status = replace(status, kept=batch.kept)
        longest, mean = batch.latency_max_seconds, batch.latency_mean_seconds
        if longest is not None and mean is not None:
            status = replace(status, latency=Latency(longest, mean))
        return status.after_read({int(p): offset for p, offset in batch.end_offsets.items()}, now)

    def after_read(self, read: Offsets, now: float) -> Status:
        """With the offsets in `read`; a partition that is not in it, or further on already, stays."""
        known = {**self.read, **{p: max(at, self.read.get(p, 0)) for p, at in read.items()}}
        moved = known != self.read
        # What was read before a partition was known does not count as speed.
        before = self.steps if known.keys() == self.read.keys() else ()
        steps = (*before, (now, sum(known.values())))
        window = max(SPEED_OVER, 2 * self.last.seconds if self.last else 0.0)
        # The newest step before the window stays, so that the window is covered from its beginning.
        first = next(i for i, (at, _) in enumerate(steps) if at > now - window)
        return replace(
            self, read=known, moved_at=now if moved else self.moved_at, steps=steps[max(first - 1, 0) :]
        )

    def after_ends(self, ends: Mapping[str, Offsets], now: float) -> Status:
        """With the broker's answer on how far the topics go."""
        return replace(self, ends=ends, begins=self.begins or ends, broker_up=True).after_read({}, now)

    def after_published(self, read: Offsets, latencies: Sequence[float], now: float) -> Status:
        """With the offsets and latencies of the newest published records, in the middle of a batch."""
        status = self.after_read(read, now)
        if not latencies:
            return status
        sample = Latency(max(latencies), sum(latencies) / len(latencies))
        return replace(status, latency=sample, totals=status.totals.after_sample(latencies))

    def after_silence(self) -> Status:
        """With a broker that did not answer."""
        return replace(self, broker_up=False)

    def stopping(self) -> Status:
        """On its way out."""
        return replace(self, state=State.STOPPING)

    def trouble(self, now: float) -> str | None:
        """Why the stream is not well, in a sentence; None where it is."""
        if self.state is not State.RUNNING:
            return f"The stream is {self.state.value}."
        still = now - (self.moved_at or self.started_at)
        waiting = sum(self.lag.values())
        # While the broker is away nothing can move, and a restart would not bring it back.
        if waiting and self.broker_up and still > STILL_AT_MOST:
            return f"{waiting} records wait, and nothing has moved for {still:.0f} s."
        return None


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}
