"""What one run of the stream is asked to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.errors import UnusableSetting
from contracts.folder.model import Role
from contracts.folder.product import Product, product_named
from contracts.kafka.cluster import Kafka
from contracts.process.times import milliseconds
from contracts.registry.registry import SchemaRegistry
from streaming.recovery.checkpoint import Checkpoint

SHORTEST_REAL_TIME_BATCH = 5.0
"""Seconds; Spark's own limit."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""How `hdfs://…`, `s3a://…` or `file:///…` begin, once `Path` has made one slash of two."""

_CHECKPOINTS = Path("build/checkpoint")


def checkpoint_of(product: Product) -> Path:
    """Where the stream of `product` remembers how far it has come, unless another folder is named.

    A folder from before there were several products holds Spark's files itself, and the product whose topics
    it notes goes on with it.
    """
    former = (_CHECKPOINTS / "metadata").exists() and product.raw.topic in (
        Checkpoint(_CHECKPOINTS, product.raw.topic).topic_ids() or product.topics
    )
    return _CHECKPOINTS if former else _CHECKPOINTS / product.name


def trends_checkpoint_of(product: Product) -> Path:
    """Where the trends of `product` remember how far they have come, unless another folder is named."""
    return _CHECKPOINTS / f"{product.name}-trends"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Services, topics and pace. Everything else follows from the contracts."""

    product: Product
    """The contracts as they were at the start, on the topics of this job."""
    kafka: Kafka
    registry: SchemaRegistry
    checkpoint: Path
    trigger: str = "100 milliseconds"
    """Least time from the start of one batch to the start of the next, as Spark writes intervals."""
    available_now: bool = False
    """End when everything that is on the topic at the start has been published."""
    largest_batch: int = 200_000
    """Records read at most in one batch."""
    real_time: bool = False
    """Publish each record as it arrives, instead of batch by batch."""
    real_time_batch: float = 300.0
    """Seconds from checkpoint to checkpoint in real-time mode: a crash reads that much again."""
    once_within: str = ""
    """How long an observation is remembered, so that it is published once, such as `1h`; empty for not."""
    quick_start: bool = False
    """Reach the first batch with half the work, and pay for it in a long run."""
    wait: float = 0.0
    """Seconds to wait for the broker, the topics and the registered contracts, while Spark starts."""

    def __post_init__(self) -> None:
        """Raise `UnusableSetting` for settings that do not go together."""
        if self.real_time and self.available_now:
            raise UnusableSetting(
                "--available-now ends when all is published and --real-time waits for more: give one of them."
            )
        if self.real_time and self.once_within:
            raise UnusableSetting(
                "--once-within keeps a state from batch to batch, which real-time mode cannot: leave one "
                "out; our own producer sends an observation once by itself, over restarts too."
            )
        if self.once_within and len(self.finals) > 1:
            raise UnusableSetting(
                f"--once-within keeps a state of one generation, and {' and '.join(self.finals)} are both "
                "written to: leave it out until the older one is retired."
            )
        if self.once_within:
            try:
                milliseconds(self.once_within)
            except ValueError as error:
                raise UnusableSetting(f"--once-within: {error}.") from None
        if self.real_time_batch < SHORTEST_REAL_TIME_BATCH:
            raise UnusableSetting(
                f"a real-time batch lasts at least {SHORTEST_REAL_TIME_BATCH:.0f} seconds: "
                "raise --real-time-batch."
            )
        if _ADDRESS.match(str(self.checkpoint)):
            raise UnusableSetting(
                f"the checkpoint {self.checkpoint} is an address, and must be a folder of this machine: "
                "give --checkpoint a path, of a mounted file system where others shall have it too."
            )

    @property
    def topic(self) -> str:
        """The raw topic, which is read."""
        return self.product.raw.topic

    @property
    def finals(self) -> tuple[str, ...]:
        """The topics of what is published: one for each generation that is not retired."""
        return tuple(contract.topic for contract in self.product.published)

    @property
    def final(self) -> str:
        """The first of them, which stands for all where records are counted."""
        return self.finals[0]

    @property
    def outputs(self) -> tuple[str, ...]:
        """All topics that are written to."""
        return *self.finals, self.quarantine

    @property
    def quarantine(self) -> str:
        """The topic of what is put aside."""
        return self.product.quarantine.topic

    @property
    def roles(self) -> Mapping[str, str]:
        """Role to topic: what is read, then what is written.

        A later generation beside the first has its number behind `final`.
        """
        product = self.product
        first, *later = product.published
        contracts = (product.raw, first, product.quarantine)
        numbers = {one.topic: number for number, one in enumerate((product.final, *product.later), start=1)}
        return {
            **{one.role.value: one.topic for one in contracts if one.role},
            **{f"final_{numbers[one.topic]}": one.topic for one in later},
        }

    @property
    def kind(self) -> str:
        """What runs, as metrics name it: `stream`, or `trends` where that is what it publishes."""
        return Role.TRENDS.value if self.product.final.role is Role.TRENDS else "stream"

    @property
    def mode(self) -> str:
        """How the query is triggered, in a word."""
        if self.real_time:
            return "real-time"
        return "available-now" if self.available_now else "micro-batch"


def current_product(job: Job) -> Product:
    """The job's product as the contracts' folder declares it now, on the job's topics."""
    product = job.product
    topics = {Role.RAW: job.topic, Role.FINAL: product.final.topic, Role.QUARANTINE: job.quarantine}
    current = product_named(product.name).on_topics(topics)
    # Which generations there are is asked when a stream starts: recovery has to know where to look.
    known = {one.topic: one for one in current.later}
    later = tuple(replace(known.get(one.topic, one), retired=one.retired) for one in product.later)
    return replace(current, final=replace(current.final, retired=product.final.retired), later=later)
