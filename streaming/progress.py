"""What a batch did: counted inside the query, read from Spark's progress reports."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.streaming.listener import StreamingQueryProgress

from contracts.rules import literal

OBSERVATION = "verdicts"

VERDICTS: Mapping[str, str] = {
    "final": "count_if(reason IS NULL)",
    "quarantined": "count_if(reason IS NOT NULL)",
    "flagged": "count_if(reason IS NULL AND size(flags) > 0)",
}
"""Name in a report to Spark SQL over the judged columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One batch."""

    batch: int
    rows: int
    final: int
    quarantined: int
    flagged: int
    reasons: Mapping[str, int]
    """Reason code to records quarantined for it; those that occurred."""
    end_offsets: Mapping[str, int]
    """Partition of the raw topic to the offset that the stream reads next."""
    rows_per_second: float
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Plain data, for one line of JSON."""
        return asdict(self)


def counted(records: DataFrame, codes: Collection[str]) -> DataFrame:
    """Observe judged `records` so that each report holds the counts; `codes` are the possible reasons."""
    by_code = {code: f"count_if(reason = {literal(code)})" for code in sorted(codes)}
    counts = (F.expr(sql).alias(name) for name, sql in {**VERDICTS, **by_code}.items())
    return records.observe(OBSERVATION, *counts)


def read(report: StreamingQueryProgress) -> Progress:
    """Take from Spark's report of a batch over one raw topic what a reader of ours needs."""
    observed = report.observedMetrics.get(OBSERVATION)
    counts: dict[str, int] = {k: v or 0 for k, v in observed.asDict().items()} if observed else {}
    verdicts = {name: counts.pop(name, 0) for name in VERDICTS}
    end = json.loads(report.sources[0].endOffset or "{}")
    offsets: dict[str, int] = next(iter(end.values())) if end else {}
    return Progress(
        batch=report.batchId,
        rows=report.numInputRows,
        **verdicts,
        reasons={code: count for code, count in counts.items() if count},
        end_offsets=dict(sorted(offsets.items(), key=lambda row: int(row[0]))),
        rows_per_second=round(_finite(report.processedRowsPerSecond), 1),
        seconds=report.batchDuration / 1000,
    )


def _finite(rate: float) -> float:
    return rate if math.isfinite(rate) else 0.0
