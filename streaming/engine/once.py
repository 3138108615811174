"""Publishes an observation once: what comes again within a stated time of its arrival goes to quarantine.

Two steps keep a state in the checkpoint. The first remembers each observation that was published for as long
as that: of each record it is given a claim, which passes when nobody made it before. The second puts the
records of one batch together by observation, and with them the claim, if it passed: then the first of them,
by partition and offset, is published. So the verdict follows from the records of the batch and from the state
before it, in whatever order they come, and a batch that runs again after a crash gives the same.

Times are those of arrival, the clock's at the beginning of the batch: an observation may be as late as it
likes. The state holds encoded bytes, so that a new version of a contract leaves the checkpoint as it is.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.checks.rules import column, literal
from contracts.errors import RecordsLost
from contracts.folder.model import Contract
from contracts.process.times import milliseconds
from streaming.engine.progress import Progress
from streaming.record.encode import Output, put_aside
from streaming.record.judge import Reason
from streaming.record.plan import Plan, publish

DUPLICATE = "DUPLICATE"
"""Reason code of an observation that came again."""

STATE_SETTINGS = {
    # What is outdated goes with the next batch that has records; none runs for that alone.
    "spark.sql.streaming.noDataMicroBatches.enabled": "false",
}

_KEPT = (
    "source_partition",
    "source_offset",
    "source_timestamp",
    "source_key",
    "source_value",
    "source_headers",
    "reason",
    "flags",
    "broken",
    "writer_schema_id",
)
"""Columns that go with a record through the state: what a dead letter needs, and what is counted."""

_BY_PLACE = """(one, other) -> CASE
    WHEN (one.source_partition, one.source_offset) < (other.source_partition, other.source_offset) THEN -1
    ELSE 1 END"""
_BATCH_KEPT_MS = 60_000
"""How long the records of a batch stay in the state. It is also how far back the clock may go while the
stream runs: Spark drops what is older, and `check_whole` tells."""

_EVENT_TIME = "spark.watermarkDelayMs"
"""By this key Spark knows a column by which state is let go of. It allows no second watermark, and carries
the first one through no sum."""


def identity(final: Contract) -> str:
    """Spark SQL for what an observation is known by, over judged columns; null where it is not published.

    These are the fields of the contract's identity; a correction is known by all its values, since another
    may follow.
    """
    fields = final.newest.schema["fields"]
    # The flags follow from the values.
    others = {*final.incidental, *final.quality_flags}
    values = ", ".join(column(field["name"]) for field in fields if field["name"] not in others)
    types = {field["name"]: field["type"] for field in fields}
    names = ", ".join(_text(name, types[name]) for name in final.identity)
    return (
        f"CASE WHEN reason IS NULL THEN concat_ws('|', {names},"
        f" CASE WHEN correction THEN xxhash64({values}) END) END"
    )


def _text(name: str, avro_type: Any) -> str:
    is_moment = isinstance(avro_type, dict) and "timestamp" in str(avro_type.get("logicalType"))
    return f"unix_millis({column(name)})" if is_moment else column(name)


def once(judged: DataFrame, plan: Plan, within: str) -> DataFrame:
    """Encode `judged` records; an observation that was there `within` this time (`1h`) is a dead letter.

    Gives what Kafka's sink takes, and beside it where a record came from and what is counted of it.
    """
    known_by = F.expr(identity(plan.final)).alias("identity")
    encoded = publish(judged, plan, beside=[*_KEPT, known_by])
    records = [name for name in encoded.columns if name != "identity"]
    record, place = f"struct({', '.join(records)})", "concat(source_partition, ':', source_offset)"
    claims = encoded.selectExpr(
        f"coalesce(identity, {place}) AS identity",
        f"{place} AS place",
        # The clock's time at the beginning of the batch; a batch that runs again has that of its first run.
        "current_timestamp() AS arrived_at",
        f"explode(CASE WHEN identity IS NULL THEN array({record}) ELSE array(NULL, {record}) END) AS record",
    ).withColumn("claim", F.expr("CASE WHEN record IS NULL THEN identity ELSE place END"))
    kept_for = max(milliseconds(within), _BATCH_KEPT_MS)
    passed = claims.withWatermark("arrived_at", f"{kept_for} milliseconds")
    passed = passed.dropDuplicatesWithinWatermark(["claim"])
    # The watermark is that long ago; a time as long ago, and a little less, outdates the batch soon.
    lately = F.expr(f"arrived_at - make_dt_interval(0, 0, 0, {kept_for - _BATCH_KEPT_MS} / 1000)")
    observations = (
        passed.select("identity", "record", lately.alias("batch_at", metadata={_EVENT_TIME: kept_for}))
        .groupBy("identity", "batch_at")
        .agg(
            F.expr(f"array_sort(collect_list(record), {_BY_PLACE})").alias("records"),
            F.expr("count_if(record IS NULL) > 0").alias("is_new"),
        )
    )
    rows = observations.selectExpr("is_new", "posexplode(records) AS (position, record)").selectExpr(
        "record.*", "record.reason IS NULL AND NOT (is_new AND position = 0) AS again"
    )
    sentence = f"The same observation was published, or was to be, in the {within} before."
    # What is not kept in the state: all of these records were decoded.
    whole = rows.withColumns(
        {
            "source_topic": F.lit(plan.raw.topic),
            "wire_header": F.expr("unhex(concat('00', lpad(hex(writer_schema_id), 8, '0')))"),
        }
    )
    return put_aside(
        whole,
        Reason(DUPLICATE, "again", literal(sentence)),
        Output(plan.quarantine.topic, plan.quarantine_id, plan.quarantine.newest.schema),
    )


def check_whole(batch: Progress) -> None:
    """Raise `RecordsLost` for a batch of which records went nowhere."""
    if missing := batch.rows - batch.final - batch.quarantined:
        raise RecordsLost(
            f"{missing} records of batch {batch.batch} are on no topic, since the clock of this machine went "
            f"back by more than {_BATCH_KEPT_MS // 1000} s: another --checkpoint reads all records again."
        )
