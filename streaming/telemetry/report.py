"""Takes the events of a running stream, or of the trends: keeps its status, writes its log, serves metrics,
sends lineage."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

import structlog

from contracts.errors import PlatformError
from contracts.kafka.log import ends_of
from streaming.engine.progress import Progress
from streaming.job import Job
from streaming.record.plan import Plan
from streaming.recovery.checkpoint import Offsets
from streaming.recovery.resume import checkpoint_of
from streaming.telemetry import lineage
from streaming.telemetry.ask import Note, write_note
from streaming.telemetry.metrics import StatusCollector
from streaming.telemetry.serve import Server
from streaming.telemetry.shown import batch_facts, facts, iso
from streaming.telemetry.status import Outline, Status, outline
from streaming.telemetry.topics import TopicSpans, TopicWatch

_log = structlog.get_logger("streaming")

_COUNTS = {"stream": ("final", "quarantined"), "trends": ("trends", "late")}
"""What the log counts, by `Job.kind`."""
_OF_BATCH = {"stream": ("reasons",), "trends": ("watermark", "state_rows")}
"""And of a batch besides."""


class Reporter:
    """Serves the status of one stream while the context lasts, and leaves a note beside its checkpoint."""

    def __init__(self, job: Job, host: str, port: int, *, log_batches: bool = True) -> None:
        """Listen at `host` and `port`, 0 for a free one; raises `PortTaken` or `UnusableSetting`."""
        self.job, self.log_batches = job, log_batches
        self._lock = threading.Lock()
        self._status = Status(job=job, pid=os.getpid(), started_at=time.time())
        self._lineage = lineage.connect() if job.kind == "stream" else None
        self._noted = False
        self._asked_to_stop = threading.Event()
        self._topics = TopicWatch(
            job, on_answer=self._answered, on_silence=self._silent, on_published=self._published
        )
        self.server = Server(
            host,
            port,
            metrics=StatusCollector(lambda: self.status, time.time),
            status=lambda: facts(self.status, time.time()),
            trouble=lambda: self.status.trouble(time.time()),
        )

    @property
    def status(self) -> Status:
        """The status as it is now."""
        return self._status.stopping() if self._asked_to_stop.is_set() else self._status

    def __enter__(self) -> Reporter:
        """Log that a stream starts."""
        _log.info(
            "starting",
            kind=self.job.kind,
            mode=self.job.mode,
            topic=self.job.topic,
            metrics=f"{self.server.url}/metrics",
        )
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Log how it ended, and stop serving."""
        failure = _reason(error)
        self._topics.stop()
        self.server.close()
        now = facts(self.status, time.time())
        gained = ("gained",) if self.job.real_time else ()
        counts = {name: now[name] for name in ("batches", *_COUNTS[self.job.kind], *gained)}
        if failure:
            # On a terminal the command line prints the sentence right below.
            _log.error("failed", **({} if sys.stderr.isatty() else {"error": failure}), **counts)
        else:
            _log.info("ended", **counts)
        if self._lineage:
            self._lineage.end(self._status, failure)
        if self._noted:
            self._note(ended_at=iso(time.time()), error=failure)

    def claimed(self) -> None:
        """The checkpoint is ours: leave the note beside it, and begin to watch the topics."""
        self._noted = True
        self._note()
        self._topics.start()

    def planned(self, plan: Plan | Outline) -> None:
        """The query starts by `plan`."""
        versions = outline(plan, once=bool(self.job.once_within)) if isinstance(plan, Plan) else plan
        self._update(lambda status, _: status.after_plan(versions))
        _log.info(
            "plan started",
            plan=self._status.plans,
            writers={str(number): version for number, version in versions.writers.items()},
            **{
                f"{role}_{name}": value
                for role, written in zip(list(self.job.roles)[1:], versions.outputs, strict=True)
                for name, value in asdict(written).items()
            },
        )
        if self._lineage and isinstance(plan, Plan):
            self._lineage.planned(plan, self._status)

    def batch(self, batch: Progress) -> None:
        """A batch has ended."""
        status = self._update(lambda status, now: status.after_batch(batch, now))
        log = _log.info if self.log_batches else _log.debug
        about = batch_facts(self.job, batch)
        log(
            "batch",
            batch=batch.batch,
            records=batch.rows,
            **{name: about[name] for name in (*_COUNTS[self.job.kind], *_OF_BATCH[self.job.kind])},
            seconds=batch.seconds,
            records_per_second=batch.rows_per_second,
            lag=sum(status.lag.values()) if status.lag else None,
        )
        if self._lineage:
            self._lineage.batch(status)

    def stopping(self) -> None:
        """The stream was asked to end."""
        # A signal may come while this thread has the lock, so this takes none.
        self._asked_to_stop.set()

    def _answered(self, spans: TopicSpans) -> None:
        if self._status.broker_up is False:
            _log.info("the broker answers again", batch=self._newest)
        ends = {topic: ends_of(parts) for topic, parts in spans.items()}
        begins = {} if self._status.read else self._begins()
        oldest = {p: span.begin for p, span in spans[self.job.topic].items()}
        self._update(
            lambda status, now: status.after_ends(ends, now).after_read(
                {**oldest, **begins, **status.read}, now
            )
        )

    def _published(self, read: Offsets, latencies: Sequence[float]) -> None:
        self._update(lambda status, now: status.after_published(read, latencies, now))

    def _silent(self) -> None:
        if self._status.broker_up is not False:
            _log.warning("the broker does not answer", batch=self._newest)
        self._update(lambda status, _: status.after_silence())

    @property
    def _newest(self) -> int | None:
        return self._status.last.batch if self._status.last else None

    def _begins(self) -> dict[int, int]:
        """Offsets that the checkpoint goes on from; empty where it cannot be read."""
        try:
            memory = checkpoint_of(self.job).read()
        except PlatformError:
            return {}
        return dict(memory.next_offsets) if memory else {}

    def _update(self, fold: Callable[[Status, float], Status]) -> Status:
        with self._lock:
            self._status = fold(self._status, time.time())
            return self._status

    def _note(self, ended_at: str | None = None, error: str | None = None) -> None:
        status = self._status
        note = Note(
            pid=status.pid,
            url=self.server.url,
            started_at=iso(status.started_at) or "",
            ended_at=ended_at,
            error=error,
        )
        try:
            write_note(Path(self.job.checkpoint), note)
        except OSError as failure:
            _log.warning(
                "no note beside the checkpoint, so that `status` needs --url", error=failure.strerror
            )


def _reason(error: BaseException | None) -> str | None:
    """Why the stream ended, None where it was asked to."""
    if error is None or isinstance(error, (SystemExit, KeyboardInterrupt)):
        return None
    return str(error) if isinstance(error, PlatformError) else type(error).__name__
