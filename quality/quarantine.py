"""What is in quarantine, by reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from quality.results import Coordinates
from quality.window import OFFSET, PARTITION, TIMESTAMP

TOPIC = "topic-weather-quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Records that were put aside for the same reason. `first` is one of them, by its place in quarantine."""

    reason: str
    stage: str
    rules: tuple[str, ...]
    rows: int
    newest: datetime
    first: Coordinates


def groups(rows: DataFrame) -> tuple[Group, ...]:
    """Group `rows`, records of the quarantine contract; the largest group first.

    A row that could not be read has no reason, and is left out.
    """
    found = (
        rows.groupBy("reason", "stage", "rules")
        .agg(
            F.count("*").alias("rows"),
            F.max(TIMESTAMP).alias("newest"),
            F.min(F.struct(PARTITION, OFFSET)).alias("first"),
        )
        .collect()
    )
    named = (
        Group(
            reason=row["reason"],
            stage=row["stage"],
            rules=tuple(row["rules"]),
            rows=row["rows"],
            newest=row["newest"],
            first=Coordinates(topic=TOPIC, partition=row["first"][0], offset=row["first"][1]),
        )
        for row in found
        if row["reason"] is not None
    )
    return tuple(sorted(named, key=lambda group: (-group.rows, group.reason, group.stage, group.rules)))
