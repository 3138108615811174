"""What surrounds a window: how much the topics hold, how far they are behind, what went to quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.kafka.log import Span
from contracts.records.topic_weather_quality import (
    Coordinates,
    QuarantineGroup,
    Slice,
    TopicVolume,
    Validation,
)
from quality.sources import Sources
from quality.window.extent import Window, find_window, rest_after
from quality.window.read import LONGEST, OFFSET, PARTITION, TIMESTAMP, decoded
from quality.window.times import of_millis

GROUPS, RULES = 40, 8
"""How many groups of the quarantine are listed, and how many rules of each."""
_COLLECTED = 2000
_LETTER = ("reason", "stage", "rules", "source_topic", "source_partition", "source_offset")

Marks = Mapping[int, Span]
"""Oldest offset and next offset, by partition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the broker said of the product's topics when a window was asked for."""

    marks: Mapping[str, Marks]
    """By topic, in the order of the data; a topic that is not there is left out."""
    quarantine: Window | None


def look_around(sources: Sources, window: Window, before: Validation | None = None) -> Surroundings:
    """Ask the broker for what surrounds `window`.

    The part of the quarantine has the window's times, or begins where that of the validation `before` ended.
    """
    raw, quarantined, log = sources.product.raw.topic, sources.product.quarantine.topic, sources.log
    there = log.topics()
    topics = [
        topic
        for topic in dict.fromkeys((raw, window.topic, quarantined))
        if topic in there and topic in sources.contracts
    ]
    quarantine = None
    if quarantined in topics:
        quarantine = find_window(log, quarantined, window.since, window.until)
        if before:
            quarantine = rest_after(quarantine, before.quarantine_slices)
    return Surroundings(marks=log.watermarks(*topics), quarantine=quarantine)


def with_surroundings(
    found: Validation,
    sources: Sources,
    spark: SparkSession,
    around: Surroundings,
    past: Iterable[Validation],
) -> Validation:
    """`found`, with the volume of the topics, its part of the quarantine, and its lag.

    `past` are earlier validations of the topic. The raw slices of `found` grow to the end of what went to
    quarantine, since those records were on the same way.
    """
    rows = _quarantined(sources, spark, around.quarantine)
    groups = _groups(rows, sources.product.quarantine.topic)
    reached = replace(found, raw_slices=_extended(found.raw_slices, rows))
    return replace(
        reached,
        topics=tuple(
            TopicVolume(
                topic=topic,
                description=sources.contract(topic).description,
                held=sum(high - low for low, high in marks.values()),
                given=sum(high for _, high in marks.values()),
            )
            for topic, marks in around.marks.items()
        ),
        quarantine_slices=around.quarantine.slices if around.quarantine else (),
        quarantined=sum(group.records for group in groups),
        quarantine=groups[:GROUPS],
        lag=_lag(reached, sources.product.raw.topic, around.marks, past),
    )


def _lag(found: Validation, raw: str, marks: Mapping[str, Marks], past: Iterable[Validation]) -> int | None:
    """Raw records that nothing published or judged stands for; None for a window that ends at a time."""
    if raw not in marks or found.until is not None:
        return None
    reached: dict[int, int] = {}
    for part in (part for one in (*past, found) for part in one.raw_slices):
        reached[part.partition] = max(part.end, reached.get(part.partition, 0))
    filled = {partition: mark for partition, mark in marks[raw].items() if mark[0] < mark[1]}
    if not filled.keys() <= reached.keys():
        return None
    behind = sum(max(0, high - max(low, reached[partition])) for partition, (low, high) in filled.items())
    # What was published behind the window stands for as many of them.
    ends = {part.partition: part.end for part in found.slices}
    published = marks.get(found.topic, {})
    beyond = sum(high - ends[partition] for partition, (_, high) in published.items() if partition in ends)
    return max(0, behind - beyond)


def _extended(slices: Sequence[Slice], rows: Iterable[Row]) -> tuple[Slice, ...]:
    parts = {part.partition: part for part in slices}
    for row in rows:
        if row["last"] is not None:
            partition, end = row["source_partition"], row["last"] + 1
            part = parts.get(partition, Slice(partition=partition, start=end, end=end))
            parts[partition] = replace(part, end=max(part.end, end))
    return tuple(part for _, part in sorted(parts.items()))


def _quarantined(sources: Sources, spark: SparkSession, window: Window | None) -> Sequence[Row]:
    """Groups of the readable dead letters of `window`, by reason and raw partition, the largest first."""
    if window is None or not window.span:
        return ()
    letters: DataFrame = decoded(sources, spark, window, _LETTER)
    from_raw = F.when(F.col("source_topic") == sources.product.raw.topic, F.col("source_offset"))
    where = F.struct(PARTITION, OFFSET, "source_topic", "source_partition", "source_offset")
    return (
        letters.where(F.col("reason").isNotNull())
        .groupBy("reason", "stage", "rules", "source_partition")
        .agg(
            F.count("*").alias("records"),
            F.unix_millis(F.max(TIMESTAMP)).alias("newest_at"),
            F.min(where).alias("first"),
            F.max(from_raw).alias("last"),
        )
        .orderBy(F.desc("records"))
        .limit(_COLLECTED)
        .collect()
    )


def _groups(rows: Iterable[Row], topic: str) -> tuple[QuarantineGroup, ...]:
    """The same over all partitions, the most records first."""
    together: dict[tuple[str, str, tuple[str, ...]], list[Row]] = {}
    for row in rows:
        rules = tuple(rule[:LONGEST] for rule in row["rules"][:RULES])
        together.setdefault((row["reason"], row["stage"], rules), []).append(row)
    groups = []
    for (reason, stage, rules), parts in together.items():
        first = min(row["first"] for row in parts)
        groups.append(
            QuarantineGroup(
                reason=reason,
                stage=stage,
                rules=rules,
                records=sum(row["records"] for row in parts),
                newest_at=of_millis(max(row["newest_at"] for row in parts)),
                first=Coordinates(
                    topic=topic,
                    partition=first[PARTITION],
                    offset=first[OFFSET],
                    source_topic=first["source_topic"],
                    source_partition=first["source_partition"],
                    source_offset=first["source_offset"],
                ),
            )
        )
    return tuple(sorted(groups, key=lambda one: (-one.records, one.reason, one.stage, one.rules)))
