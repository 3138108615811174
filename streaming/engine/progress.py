"""What a batch did: counted inside the query, read from Spark's progress reports."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.streaming.listener import StreamingQueryProgress

from contracts.avro.timestamps import CLOCKS_AGREE_WITHIN_MS, KAFKA_SINCE_MS
from contracts.checks.rules import literal, predicate
from contracts.folder.model import Severity
from streaming.record.plan import Plan

OBSERVATION = "verdicts"
_ERA_MS = 1_700_000_000_000
WRITERS_AT_MOST = 50
"""Versions that are counted, the newest: each costs every record a little."""

_CENTURY_ENDS_MS = 4_102_444_800_000
# A time outside these is a producer's mistake. Spark writes the present time into the code that it makes for
# a batch, so a comparison with it would have Java compile each batch anew: `read` looks for times to come.
_STAMP = f"""CASE WHEN source_timestamp
    BETWEEN timestamp_millis({KAFKA_SINCE_MS}L) AND timestamp_millis({_CENTURY_ENDS_MS}L)
    THEN unix_millis(source_timestamp) END"""
_TIMES: Mapping[str, str] = {
    "oldest": f"min({_STAMP})",
    "newest": f"max({_STAMP})",
    # The sum of whole Unix times would lose milliseconds in a batch of millions.
    "mean": f"avg({_STAMP} - {_ERA_MS}L)",
}
"""Kafka's timestamps of the batch: oldest and newest in ms since 1970, the mean in ms since `_ERA_MS`."""

_NEVER = "1970-01-01T00:00:00.000Z"
"""Spark's watermark before there is one."""

_BITS = 31
"""Of a sum, for each of the two counts in it: enough for two thousand million records in a batch."""

_AND = "|"

# A record that did not decode breaks every rule that asks for a field: nobody learns from that.
_JUDGED = "(reason IS NULL OR reason = 'RULE_BROKEN')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The state of a query that remembers, behind one batch."""

    rows: int
    disk_bytes: int
    """Of RocksDB's files; what is new since it last wrote them is not in it."""
    memory_bytes: int
    """Of RocksDB's caches and of what it has not written."""
    watermark: float | None = None
    """Unix time; what is older is late. None before the first batch has ended."""
    late: int = 0
    """Observations of the batch that came later than the watermark allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One batch."""

    batch: int
    rows: int
    final: int
    """Records published."""
    quarantined: int
    flagged: int
    reasons: Mapping[str, int]
    """Reason code to records quarantined for it; those that occurred."""
    rules: Mapping[str, int] = field(default_factory=dict)
    """Rule id to records that broke it; those that occurred."""
    writers: Mapping[str, int] = field(default_factory=dict)
    """Schema id to records that were written with it; those that occurred."""
    end_offsets: Mapping[str, int]
    """Partition of the raw topic to the offset that the stream reads next."""
    rows_per_second: float
    seconds: float
    latency_max_seconds: float | None = None
    """From the Kafka timestamp of the oldest record to the end of the batch."""
    latency_mean_seconds: float | None = None
    kept: Kept | None = None
    """None where the query keeps no state."""


def counts(plan: Plan, *, timed: bool = True, again: str = "") -> Mapping[str, str]:
    """Every count of a batch, as Spark SQL over the judged columns; `unpacked` reads what they give.

    Not `timed` is a batch that publishes long before it ends: how old its records are then tells nothing.
    `again` is the reason of observations that came again, where the stream puts them aside: then the fields
    of the records are encoded by now, and `info` rules, which no column names, are not counted.

    Each aggregate costs every record about as much as a rule does. So what is rare is counted two at a time,
    and looked at only in a record that has any of it.
    """
    codes = sorted({reason.code for reason in plan.reasons} | ({again} if again else set()))
    writers = sorted(plan.writers)[-WRITERS_AT_MOST:]
    return {
        "verdict:final": _count("reason IS NULL"),
        **{f"writer:{number}": _count(f"writer_schema_id = {number}") for number in writers},
        **_packed("reason IS NULL", {f"reason:{code}": f"reason = {literal(code)}" for code in codes}),
        **_packed("reason IS NULL OR reason != 'RULE_BROKEN'", _rules(plan, Severity.CRITICAL, "broken")),
        **_packed(
            "size(flags) = 0",
            {
                "verdict:flagged": "reason IS NULL",
                **_rules(plan, Severity.VALUE, "flags"),
                **_rules(plan, Severity.WARNING, "flags"),
            },
        ),
        **_packed("false", {} if again else _rules(plan, Severity.INFO, None)),
        **{f"time:{name}": sql for name, sql in _TIMES.items() if timed},
    }


def unpacked(observed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What `counts` gave: by kind (`verdict`, `reason`, `rule`, `writer`, `time`) and name, without zeros."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in ("verdict", "reason", "rule", "writer", "time")}
    for names, value in observed.items():
        for place, name in enumerate(names.split(_AND)):
            kind, _, what = name.partition(":")
            one = value if kind == "time" else (value or 0) >> place * _BITS & (1 << _BITS) - 1
            if one or kind == "time":
                found[kind][what] = one
    return found


def counted(records: DataFrame, plan: Plan, *, timed: bool = True, again: str = "") -> DataFrame:
    """Observe `records`, judged by `plan`, so that each report holds the `counts`."""
    found = counts(plan, timed=timed, again=again)
    return records.observe(OBSERVATION, *(F.expr(sql).alias(name) for name, sql in found.items()))


def read(report: StreamingQueryProgress) -> Progress:
    """Take from Spark's report of a batch over one raw topic what a reader of ours needs."""
    observed = report.observedMetrics.get(OBSERVATION)
    found = unpacked(observed.asDict() if observed else {})
    end = json.loads(report.sources[0].endOffset or "{}")
    offsets: dict[str, int] = next(iter(end.values())) if end else {}
    seconds = report.batchDuration / 1000
    ended_ms = (_unix(report.timestamp) + seconds) * 1000
    oldest, mean = _stamps(found["time"], ended_ms + CLOCKS_AGREE_WITHIN_MS)
    return Progress(
        batch=report.batchId,
        rows=report.numInputRows,
        final=found["verdict"].get("final", 0),
        quarantined=sum(found["reason"].values()),
        flagged=found["verdict"].get("flagged", 0),
        reasons=found["reason"],
        rules=found["rule"],
        writers=found["writer"],
        end_offsets=dict(sorted(offsets.items(), key=lambda row: int(row[0]))),
        rows_per_second=round(_finite(report.processedRowsPerSecond), 1),
        seconds=seconds,
        latency_max_seconds=None if oldest is None else round(ended_ms - oldest) / 1000,
        latency_mean_seconds=None if mean is None else round(ended_ms - _ERA_MS - mean) / 1000,
        kept=_kept(report),
    )


def _kept(report: StreamingQueryProgress) -> Kept | None:
    operators = report.stateOperators
    if not operators:
        return None
    return Kept(
        rows=sum(one.numRowsTotal for one in operators),
        disk_bytes=sum(one.customMetrics.get("rocksdbSstFileSize", 0) for one in operators),
        memory_bytes=sum(one.memoryUsedBytes for one in operators),
        watermark=_unix(report.eventTime.get("watermark", _NEVER)) or None,
    )


def _stamps(times: Mapping[str, Any], latest_ms: float) -> tuple[int | None, float | None]:
    """The oldest and the mean timestamp of a batch, as `_TIMES` counts them.

    A time to come is a producer's mistake too: it leaves the batch without a mean, and an oldest time that is
    to come is none.
    """
    oldest, newest, mean = (times.get(name) for name in _TIMES)
    return (
        None if oldest is None or oldest > latest_ms else oldest,
        None if newest is None or newest > latest_ms else mean,
    )


def _rules(plan: Plan, severity: Severity, broken: str | None) -> dict[str, str]:
    """Condition for each rule of `severity` that judges a record: it is among the ids in the column `broken`,
    or, where no column holds them, its predicate fails."""
    return {
        f"rule:{rule.id}": f"{_JUDGED} AND "
        + (f"array_contains({broken}, {literal(rule.id)})" if broken else f"NOT {keeps}")
        for rule in plan.final.rules
        if rule.severity is severity and (keeps := predicate(rule)) is not None
    }


def _count(holds: str) -> str:
    # count_if has Spark make a column of the condition first.
    return f"count(CASE WHEN {holds} THEN 1 END)"


def _packed(none: str, conditions: Mapping[str, str]) -> dict[str, str]:
    """Count two `conditions` in one sum; a record for which `none` is true fulfils none of them."""
    names = list(conditions)
    return {
        _AND.join(pair): f"sum(CASE WHEN {none} THEN 0L ELSE "
        + " + ".join(
            f"CASE WHEN {conditions[name]} THEN {1 << place * _BITS}L ELSE 0L END"
            for place, name in enumerate(pair)
        )
        + " END)"
        for pair in (names[i : i + 2] for i in range(0, len(names), 2))
    }


def _unix(text: str) -> float:
    """Seconds since 1970 of a time as Spark's reports write it, such as 2024-01-31T12:00:00.123Z."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _finite(rate: float) -> float:
    return rate if math.isfinite(rate) else 0.0
