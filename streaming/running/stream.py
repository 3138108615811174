"""Opens a stream: claims its checkpoint, makes its plan, starts Spark, and lets go of all that at the end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.sql import SparkSession

from contracts.registry.registry import connect
from streaming.engine.real_time import slots_needed
from streaming.engine.spark import configure, session
from streaming.job import Job
from streaming.record.plan import Plan
from streaming.recovery.resume import Resume, checkpoint_of
from streaming.running.learn import foreign_ids, learn
from streaming.running.supervise import Supervisor

Learned = tuple[Plan, dict[int, str]]
"""The first plan, and the schema ids of other subjects."""


class Stream:
    """One stream, as a context: Spark and the plan are there inside it, and gone behind it."""

    def __init__(
        self,
        job: Job,
        spark: SparkSession | None = None,
        *,
        claimed: Callable[[], None] = lambda: None,
        planned: Callable[[Plan], None] = lambda _: None,
    ) -> None:
        """Prepare to run `job`; nothing is started yet. A session that is given is used and left running.

        `claimed` is called when the checkpoint is this stream's alone, `planned` with each plan that starts.
        """
        self.job = job
        self._claimed, self._planned = claimed, planned
        self._given = spark
        self._registry = connect(job.registry)
        self._resume = Resume(job, checkpoint_of(job))
        self._leave = contextlib.ExitStack()
        self._leave.callback(self._registry.close)
        self._gave_up = threading.Event()

    def __enter__(self) -> Supervisor:
        """Start Spark and make the plan, both at once where the job allows to wait for the services."""
        try:
            with ThreadPoolExecutor(1, "learn") as pool:
                learning = pool.submit(self._prepare)
                try:
                    # A real-time session has to be as wide as the topic: it waits for what is learnt.
                    if not self.job.wait or self.job.real_time:
                        learning.result()
                    spark = configure(self._given) if self._given else self._session(learning)
                    plan, foreign = learning.result()
                finally:
                    self._gave_up.set()
        except BaseException:
            self.__exit__()
            raise
        return Supervisor(
            self.job,
            plan,
            spark=spark,
            registry=self._registry,
            resume=self._resume,
            foreign=foreign,
            planned=self._planned,
        )

    def __exit__(self, *_: object) -> None:
        """Let go of Spark and of the registry."""
        if not self._given and (spark := SparkSession.getActiveSession()):
            # Its Java process may be gone: then nothing is left to stop.
            with contextlib.suppress(Py4JError, OSError):
                spark.stop()
        self._leave.close()

    def _session(self, learning: Future[Learned]) -> SparkSession:
        slots = slots_needed(len(learning.result()[0].settled or ())) if self.job.real_time else 0
        return session(quick_start=self.job.quick_start, slots=slots)

    def _prepare(self) -> Learned:
        plan = learn(self.job, self._registry, self._gave_up)
        self._leave.enter_context(self._resume.checkpoint.claim())
        self._claimed()
        self._resume.check()
        return plan, foreign_ids(self._registry, plan)
