"""What keeping tables is asked to do, and what each batch of it reads: decided from values alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.errors import CheckpointMismatch, RecordsLost
from contracts.folder.model import Contract
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import Span
from contracts.registry.registry import SchemaRegistry
from contracts.tables.settings import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesJob:
    """Topics, services and pace."""

    contracts: tuple[Contract, ...]
    """The contracts of the topics that become tables."""
    kafka: Kafka
    registry: SchemaRegistry
    warehouse: Warehouse
    every: float = 60.0
    """Seconds from the start of one round to the start of the next."""
    available_now: bool = False
    """End when all that is on the topics at the start is in the tables."""
    largest_batch: int = 1_000_000
    """Records of one snapshot at most."""
    despite_loss: bool = False
    """Go on where records were deleted from a topic before its table had them."""
    maintain_every: float = 0.0
    """Seconds from one maintenance of a table to the next; 0 for none."""
    keep: float = 30 * 86_400.0
    """Seconds for which a maintained table keeps its snapshots."""
    quick_start: bool = False


def to_read(
    topic: str, held: Mapping[int, Span], read: Mapping[int, int], largest: int, *, despite_loss: bool = False
) -> dict[int, Span]:
    """The spans of the next batch, by partition; without the empty ones.

    `held` is what the topic holds, and `read` up to where the table has read it. Raises `RecordsLost` for
    records that were deleted before, and `CheckpointMismatch` where the table has read more than there was.
    """
    share = max(1, largest // max(1, len(held)))
    spans = {}
    for partition, span in held.items():
        begin = read.get(partition, span.begin)
        if begin > span.end:
            raise CheckpointMismatch(
                f"the table of {topic} has read partition {partition} up to {begin}, and the topic ends at "
                f"{span.end}: records are gone from its end. Rename the table to have a new one."
            )
        if begin < span.begin and not despite_loss:
            raise RecordsLost(
                f"the records {begin} to {span.begin - 1} of partition {partition} were deleted from {topic} "
                "before the table had them: --despite-loss goes on behind them."
            )
        begin = max(begin, span.begin)
        if begin < span.end:
            spans[partition] = Span(begin, min(span.end, begin + share))
    return spans
