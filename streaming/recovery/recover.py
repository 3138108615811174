"""Going on where a crash left off, with nothing lost and nothing twice.

Spark runs the batch again that was under way; its Kafka sink would publish again what it had published.
Each published record names its raw record in its headers, so what is there already can be left out.

A micro-batch is planned in the checkpoint before it runs: it is `unfinished`, and runs again alone. Of a
real-time batch Spark writes nothing down before its end: what it published is `ahead` of the checkpoint,
and is left out of micro-batches that go over it. A note of our own tells that there may be such records.

What is decided stands here, and asks nobody: `streaming.recovery.resume` asks the checkpoint and the topics.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.errors import CheckpointMismatch, RecordsLost, UnusableSetting
from contracts.kafka.coordinates import Coordinates
from streaming.engine.progress import Progress
from streaming.job import Job
from streaming.recovery.checkpoint import Batch, Memory, Offsets

_NAMED_AT_MOST = 10_000
"""Records that are left out one by one by an expression; a join takes more of them."""

Spans = Mapping[int, tuple[int, int]]
"""Partition to its oldest offset and its next one."""

Sources = Mapping[str, Collection[Coordinates]]
"""Output topic to the raw records that its records came from."""


def compare_state(memory: Memory, job: Job, now: int) -> None:
    """Raise when only one of job and checkpoint remembers observations.

    And when it is earlier `now`, in ms since 1970, than it was: what is remembered is let go of by the clock.
    """
    anew = "or give another --checkpoint, which begins at the oldest raw record"
    if memory.keeps_state and not job.once_within:
        raise CheckpointMismatch(
            f"the checkpoint {job.checkpoint} was made with --once-within: go on with it, {anew}."
        )
    if memory.done and job.once_within and not memory.keeps_state:
        raise CheckpointMismatch(
            f"the checkpoint {job.checkpoint} was made without --once-within and does not know what was "
            f"published: go on without it, {anew}."
        )
    newest = memory.unfinished or memory.done
    if memory.keeps_state and newest and now < newest.planned_at:
        raise UnusableSetting(
            f"the clock of this machine is {(newest.planned_at - now) / 1000:.0f} s behind the last batch of "
            f"the checkpoint {job.checkpoint}: set it, or wait for so long."
        )


def compare_raw(memory: Memory, spans: Spans, job: Job) -> None:
    """Raise when `spans`, those of the raw topic, lack something that the stream has still to read."""
    newest = memory.unfinished.ends if memory.unfinished else memory.next_offsets
    for partition, end in newest.items():
        if partition not in spans or spans[partition][1] < end:
            raise _raw_made_again(job)
    for partition, (oldest, _) in sorted(spans.items()):
        expected = memory.next_offsets.get(partition, 0)
        if oldest > expected:
            raise RecordsLost(
                f"{oldest - expected} records of {job.topic} were deleted before the stream had read them "
                f"(partition {partition}, offsets {expected} to {oldest - 1}): another --checkpoint starts "
                "from what is left; a longer retention keeps it from happening again."
            )


def _raw_made_again(job: Job) -> CheckpointMismatch:
    return CheckpointMismatch(
        f"the checkpoint {job.checkpoint} is ahead of {job.topic}, which must have been made again: "
        "another --checkpoint starts from its beginning."
    )


def compare_outputs(memory: Memory, held: Mapping[str, Spans], job: Job) -> None:
    """Raise when the topics of the job, whose spans are `held`, cannot have what the stream has published."""
    given = sum(end for topic in (job.final, job.quarantine) for _, end in held[topic].values())
    empty = all(oldest == end for topic in job.outputs for oldest, end in held[topic].values())
    # A generation that outlived the first one does not have its oldest records.
    whole = job.product.final.retired is None
    if (whole and given < memory.records) or (memory.records and memory.unfinished and empty):
        raise CheckpointMismatch(
            f"{job.final} and {job.quarantine} lack records that by the checkpoint {job.checkpoint} were "
            "published: they were emptied or made again; another --checkpoint publishes everything anew."
        )


def compare_ids(noted: Mapping[str, str], now: Mapping[str, str], job: Job) -> None:
    """Raise for the first topic that `now` has another id than the one `noted`."""
    for topic, topic_id in now.items():
        if noted.get(topic, topic_id) != topic_id:
            raise CheckpointMismatch(
                f"{topic} was deleted and made again since the checkpoint {job.checkpoint} was begun: "
                "another --checkpoint starts from the beginning of what is there."
            )


def emptied(spans: Spans) -> bool:
    """Whether a topic with these oldest and next offsets, by partition, had records and has none."""
    return all(oldest == end for oldest, end in spans.values()) and any(end for _, end in spans.values())


@dataclass(frozen=True)
class Done:
    """What is published of the raw records that a query is to read."""

    published: Mapping[str, frozenset[Coordinates]]
    """Output topic to the raw records whose records it has."""
    finals: tuple[str, ...]
    """Those of the topics of which each is to have a record that is not put aside."""

    @property
    def coordinates(self) -> frozenset[Coordinates]:
        """The raw records that need nothing more: they are put aside, or published in each generation."""
        aside = (found for topic, found in self.published.items() if topic not in self.finals)
        return frozenset.intersection(*(self.published[topic] for topic in self.finals)).union(*aside)

    @property
    def partly(self) -> Mapping[str, frozenset[Coordinates]]:
        """Output topic to the raw records that it has and another generation lacks."""
        done = self.coordinates
        return {topic: found - done for topic in self.finals if (found := self.published[topic]) - done}


@dataclass(frozen=True)
class Unfinished(Done):
    """The batch that was under way, and which of its raw records are published."""

    batch: Batch
    begins: Offsets

    def progress(self, job: Job) -> Progress:
        """What the batch did, counted from what it published: Spark reports no batch that it runs again."""
        final, quarantined = (len(self.published[topic]) for topic in (job.final, job.quarantine))
        return Progress(
            batch=self.batch.number,
            rows=final + quarantined,
            final=final,
            quarantined=quarantined,
            flagged=0,
            reasons={},
            end_offsets={str(partition): end for partition, end in sorted(self.batch.ends.items())},
            rows_per_second=0.0,
            seconds=0.0,
        )


def unfinished(batch: Batch, begins: Offsets, sources: Sources, job: Job) -> Unfinished:
    """`batch`, which read from `begins` on, with what is published of it among `sources`."""
    own = {
        topic: frozenset((p, o) for p, o in found if begins.get(p, 0) <= o < batch.ends.get(p, 0))
        for topic, found in sources.items()
    }
    return Unfinished(own, job.finals, batch, begins)


def batch_to_finish(memory: Memory | None) -> Batch | None:
    """The batch to finish before anything else, as planned when the first of it can have been published."""
    if not memory or not memory.unfinished:
        return None
    planned_at, since = memory.unfinished.planned_at, memory.published_since
    return replace(memory.unfinished, planned_at=planned_at if since is None else min(since, planned_at))


@dataclass(frozen=True)
class Ahead(Done):
    """Raw records behind the last commit that a real-time batch has published."""

    def counted_in(self, batch: Progress, job: Job) -> tuple[Progress, Ahead]:
        """`batch`, which left them out, with those that lie in it counted as its own; and the others."""
        ends = {int(partition): end for partition, end in batch.end_offsets.items()}
        later = {
            topic: frozenset((p, o) for p, o in sources if o >= ends.get(p, 0))
            for topic, sources in self.published.items()
        }
        # What is partly published was read, and counted, again.
        final, quarantined = (
            len((self.published[topic] - later[topic]) & self.coordinates)
            for topic in (job.final, job.quarantine)
        )
        whole = replace(batch, final=batch.final + final, quarantined=batch.quarantined + quarantined)
        return whole, Ahead(later, self.finals)


def ahead(memory: Memory, sources: Sources, raw: Spans, job: Job) -> Ahead | None:
    """What `sources` tell that real-time mode has published and not committed; None when there is none.

    Raises `CheckpointMismatch` when the `raw` topic does not hold these records.
    """
    begins = memory.next_offsets
    own = {
        topic: frozenset((p, o) for p, o in found if o >= begins.get(p, 0))
        for topic, found in sources.items()
    }
    if not any(own.values()):
        return None
    compare_raw(replace(memory, unfinished=None), raw, job)
    for partition, offset in frozenset().union(*own.values()):
        if partition not in raw or offset >= raw[partition][1]:
            raise _raw_made_again(job)
    return Ahead(own, job.finals)


def caught_up(memory: Memory | None, done: Ahead) -> bool:
    """Whether all that was `done` ahead of the commits is behind them now."""
    if not memory or memory.unfinished:
        return False
    met = frozenset().union(*done.published.values())
    return all(offset < memory.next_offsets.get(partition, 0) for partition, offset in met)


def under_way(memory: Memory | None, raw: Spans, job: Job) -> tuple[Offsets, Offsets] | None:
    """Begin and end of the raw records that the batch which has just failed may have read."""
    if memory and memory.unfinished:
        return memory.next_offsets, memory.unfinished.ends
    if not memory or not job.real_time:
        return None
    read = memory.next_offsets
    begins = {p: max(oldest, read.get(p, 0), end - job.largest_batch) for p, (oldest, end) in raw.items()}
    return begins, {p: end for p, (_, end) in raw.items()}


def without(
    rows: DataFrame, published: Collection[Coordinates], spark: SparkSession, topic: str | None = None
) -> DataFrame:
    """Leave out of `rows` those that came from the coordinates `published`.

    With a `topic`, only those that go there. Rows are as `streaming.record.source` gives them, or encoded.
    """
    goes_there = F.lit(True) if topic is None else F.col("topic") == topic
    left_out = [*_left_out(published)]
    if sum(len(single) for _, _, _, single in left_out) <= _NAMED_AT_MOST:
        return rows.where(~goes_there | F.expr(_none_of(left_out)))
    done = spark.createDataFrame(sorted(published), "partition int, offset long")
    there = (F.col("source_partition") == F.col("partition")) & (F.col("source_offset") == F.col("offset"))
    return rows.join(F.broadcast(done), goes_there & there, "left_anti")


def _left_out(published: Collection[Coordinates]) -> Iterator[tuple[int, int, int, list[int]]]:
    """For each partition its longest run of offsets, as first and last, and the others one by one."""
    for partition, at in groupby(sorted(published), key=itemgetter(0)):
        offsets = [offset for _, offset in at]
        runs = [
            [o for _, o in run] for _, run in groupby(enumerate(offsets), key=lambda row: row[1] - row[0])
        ]
        longest = max(runs, key=len)
        others = [offset for run in runs if run is not longest for offset in run]
        yield partition, longest[0], longest[-1], others


def _none_of(left_out: Iterable[tuple[int, int, int, list[int]]]) -> str:
    """Spark SQL that a record holds for which is none of those: far cheaper to begin with than a join."""
    conditions = ["true"]
    for partition, first, last, others in left_out:
        named = f" OR source_offset IN ({', '.join(map(str, others))})" if others else ""
        conditions.append(
            f"NOT (source_partition = {partition} AND (source_offset BETWEEN {first} AND {last}{named}))"
        )
    return " AND ".join(conditions)
