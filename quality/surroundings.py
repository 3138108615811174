"""Finds what surrounds a window: the volume of the topics, how far they are behind, what was put aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.log import Log, Span
from quality.flow import Flow, QuarantineGroup, TopicVolume
from quality.measure import LONGEST
from quality.places import Coordinates, Window
from quality.sources import Sources
from quality.times import of_millis
from quality.topics import find_window, going_on
from quality.window import OFFSET, PARTITION, RAW_TOPIC, TIMESTAMP, decoded

QUARANTINE = "topic-weather-quarantine"

GROUPS, RULES = 40, 8
"""How many groups of the quarantine are listed, and how many rules of each."""
_COLLECTED = 2000

Marks = Mapping[int, Span]
"""First offset held and next offset, by partition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the broker said of the other topics when a window was asked for."""

    marks: Mapping[str, Marks]
    """By topic, in the order of the data; a topic that is not there is left out."""
    quarantine: Window | None


def look(sources: Sources, log: Log, window: Window, before: Flow | None = None) -> Around:
    """Ask the broker for what surrounds `window`.

    The part of the quarantine has the window's times, or begins where `before`, an earlier one, ended.
    """
    there = log.topics()
    topics = [
        topic
        for topic in dict.fromkeys((RAW_TOPIC, window.topic, QUARANTINE))
        if topic in there and topic in sources.contracts
    ]
    quarantine = None
    if QUARANTINE in topics:
        quarantine = find_window(log, QUARANTINE, window.since, window.until)
        if before:
            quarantine = going_on(quarantine, before.quarantine_slices)
    return Around(marks=log.watermarks(*topics), quarantine=quarantine)


def flow(sources: Sources, spark: SparkSession, around: Around) -> tuple[Flow, Mapping[int, int]]:
    """What surrounds a window, without its lag; and the end, on the raw topic, of what was put aside."""
    groups, ends = _quarantine(sources, spark, around.quarantine)
    volumes = tuple(
        TopicVolume(
            topic=topic,
            description=sources.contract(topic).description,
            held=sum(high - low for low, high in marks.values()),
            given=sum(high for _, high in marks.values()),
        )
        for topic, marks in around.marks.items()
    )
    return Flow(
        topics=volumes,
        quarantine_slices=around.quarantine.slices if around.quarantine else (),
        quarantined=sum(group.records for group in groups),
        quarantine=groups[:GROUPS],
    ), ends


def lag(raw: Marks, ends: Mapping[int, int]) -> int | None:
    """Raw records behind `ends`, the first offsets that nothing stands for; None where one is unknown."""
    open_partitions = {partition: mark for partition, mark in raw.items() if mark[0] < mark[1]}
    if not open_partitions.keys() <= ends.keys():
        return None
    return sum(max(0, high - max(low, ends[p])) for p, (low, high) in open_partitions.items())


def _quarantine(
    sources: Sources, spark: SparkSession, window: Window | None
) -> tuple[tuple[QuarantineGroup, ...], Mapping[int, int]]:
    if window is None or not window.span:
        return (), {}
    rows = decoded(
        spark,
        window,
        kafka=sources.kafka,
        writers=sources.writers(QUARANTINE),
        reader=sources.contract(QUARANTINE).newest.schema,
    )
    found = _groups(rows)
    ends: dict[int, int] = {}
    for row in found:
        if row["last"] is not None:
            ends[row["source_partition"]] = max(row["last"] + 1, ends.get(row["source_partition"], 0))
    by_reason: dict[tuple[str, str, tuple[str, ...]], list[Row]] = {}
    for row in found:
        key = (row["reason"], row["stage"], tuple(rule[:LONGEST] for rule in row["rules"][:RULES]))
        by_reason.setdefault(key, []).append(row)
    groups = [_group(*key, rows) for key, rows in by_reason.items()]
    return tuple(sorted(groups, key=lambda one: (-one.records, one.reason, one.stage, one.rules))), ends


def _groups(rows: DataFrame) -> Sequence[Row]:
    """Groups of what could be read, by reason and raw partition."""
    from_raw = F.when(F.col("source_topic") == RAW_TOPIC, F.col("source_offset"))
    where = F.struct(PARTITION, OFFSET, "source_topic", "source_partition", "source_offset")
    return (
        rows.where(F.col("reason").isNotNull())
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


def _group(reason: str, stage: str, rules: tuple[str, ...], rows: Sequence[Row]) -> QuarantineGroup:
    first = min(row["first"] for row in rows)
    return QuarantineGroup(
        reason=reason,
        stage=stage,
        rules=rules,
        records=sum(row["records"] for row in rows),
        newest_at=of_millis(max(row["newest_at"] for row in rows)),
        first=Coordinates(
            topic=QUARANTINE,
            partition=first[PARTITION],
            offset=first[OFFSET],
            source_topic=first["source_topic"],
            source_partition=first["source_partition"],
            source_offset=first["source_offset"],
        ),
    )
