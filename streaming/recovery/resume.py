"""Asks the checkpoint and the topics where a stream goes on, and notes there how it does."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from contracts.kafka.coordinates import Coordinates
from contracts.kafka.log import Span, open_log, watermarks
from streaming.job import Job
from streaming.recovery.checkpoint import Checkpoint, Offsets, RealTime
from streaming.recovery.offsets import sources_since
from streaming.recovery.recover import (
    Ahead,
    Unfinished,
    ahead,
    batch_to_finish,
    caught_up,
    compare_ids,
    compare_outputs,
    compare_raw,
    compare_state,
    emptied,
    under_way,
    unfinished,
)

_EXECUTORS_AGREE_WITHIN_MS = 2000
"""The executors, which stamp what they publish, against the driver, which stamps the batch."""

_log = logging.getLogger("streaming")


def checkpoint_of(job: Job) -> Checkpoint:
    """Where the stream of `job` remembers how far it has come."""
    return Checkpoint(job.checkpoint, job.topic)


def check_still_same(job: Job) -> None:
    """Raise `CheckpointMismatch` when a topic was made again since `Resume.check` has noted it."""
    with open_log(job.kafka) as log:
        compare_ids(checkpoint_of(job).topic_ids(), log.topic_ids(job.topic, *job.outputs), job)


@dataclass(frozen=True, slots=True)
class Resume:
    """How the stream of `job` goes on from its `checkpoint`; each answer is as things are when it is asked.

    Raises what `contracts.kafka.log` and `Checkpoint` raise.
    """

    job: Job
    checkpoint: Checkpoint

    def check(self) -> None:
        """Raise `CheckpointMismatch` or `RecordsLost` when the checkpoint cannot be gone on with.

        Notes the topics of one that holds no batch yet, or that was begun before they were noted.
        """
        job, memory = self.job, self.checkpoint.read()
        with open_log(job.kafka) as log:
            held = log.watermarks(job.topic, *job.outputs)
            ids = log.topic_ids(job.topic, *job.outputs)
        noted = self.checkpoint.topic_ids() if memory else {}
        if memory:
            compare_state(memory, job, _now())
            compare_raw(memory, held[job.topic], job)
            compare_outputs(memory, held, job)
        compare_ids(noted, ids, job)
        if memory and memory.records and emptied(held[job.final]):
            _log.warning(
                "%s holds nothing any more, and by the checkpoint %s was written to: its records were "
                "deleted, or their retention is over. The stream goes on; another --checkpoint publishes "
                "everything anew.",
                job.final,
                job.checkpoint,
            )
        if noted != ids:
            self.checkpoint.note_topic_ids({**noted, **ids})

    def left(self) -> Unfinished | Ahead | None:
        """What the stream before has left: a batch to finish first, or records ahead of the last commit.

        Notes that the commits from now on are those of batches that catch up with such records.
        """
        memory = self.checkpoint.read()
        if not memory:
            return None
        since = memory.published_since
        if since is not None and memory.real_time and memory.real_time.at_work:
            self.checkpoint.note_real_time(RealTime(since=since, at_work=False))
        if batch := batch_to_finish(memory):
            return unfinished(batch, memory.next_offsets, self._published(batch.planned_at), self.job)
        if since is None:
            return None
        return ahead(memory, self._published(since), watermarks(self.job.kafka, self.job.topic), self.job)

    def finished(self, left: Unfinished) -> Unfinished | None:
        """`left` as it is after another run: None while it is not committed."""
        memory = self.checkpoint.read()
        if not memory or not memory.done or memory.done.number < left.batch.number:
            return None
        sources = self._published(left.batch.planned_at, settled=True)
        return unfinished(left.batch, left.begins, sources, self.job)

    def catch_up(self, done: Ahead) -> None:
        """Note that nothing is ahead of the commits any more, where all that was `done` is behind them."""
        if caught_up(self.checkpoint.read(), done):
            self.checkpoint.note_real_time(None)

    def begin(self) -> None:
        """Note, before it begins, whether real-time mode is at work."""
        self.checkpoint.note_real_time(RealTime(since=_now(), at_work=True) if self.job.real_time else None)

    def under_way(self) -> tuple[Offsets, Offsets] | None:
        """Begin and end of the raw records that the batch which has just failed may have read."""
        raw: Mapping[int, Span] = watermarks(self.job.kafka, self.job.topic) if self.job.real_time else {}
        return under_way(self.checkpoint.read(), raw, self.job)

    def _published(self, since: int, *, settled: bool = False) -> dict[str, set[Coordinates]]:
        return published_since(self.job, self.job.outputs, since, settled=settled)


def published_since(
    job: Job, topics: Collection[str], planned_at: int, *, settled: bool = False
) -> dict[str, set[Coordinates]]:
    """Raw coordinates that each of `topics` names in what a batch `planned_at` (ms) may have written."""
    return sources_since(job.kafka, topics, planned_at - _EXECUTORS_AGREE_WITHIN_MS, settled=settled)


def _now() -> int:
    return time.time_ns() // 1_000_000
