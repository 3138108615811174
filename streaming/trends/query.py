"""The one query of the trends, from the final topic to the trends topic.

Two steps keep a state. One holds what is known of a station in windows that overlap, each long enough for all
trends of the slice in its middle; it tells at once of the observations that a batch gave the next one. The
other holds each observation until the watermark has passed it, and then lets it go: a row of that kind has
the trend of an observation told that no next one came to. So the answer follows from the records alone, in
whatever order they come, and a batch that runs again after a crash gives the same. docs/trends.md says why it
is done so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.avro.wire import new_seal
from contracts.folder.model import Contract
from contracts.kafka.coordinates import OFFSET_HEADER, PARTITION_HEADER, Coordinates
from streaming.record.decode import decode
from streaming.record.encode import SOURCE, Output, framed
from streaming.record.judge import UNREGISTERED
from streaming.record.plan import LARGEST_VALUE
from streaming.record.projection import reader_schema
from streaming.record.source import header
from streaming.recovery.recover import without
from streaming.trends import rows

READER = "trends"
"""The query's name among the consumers of the final contract."""
OBSERVATION = "trends"
"""The query's name among Spark's observed metrics."""

READS = 3
"""How often the query reads each record: as one that is met, as one that is held, and on the empty side."""

SLICE = 24 * 3_600_000
"""Milliseconds of the middle of a window, of which it has all trends."""
_WINDOW = SLICE + rows.BEFORE + rows.NEXT_WITHIN

_AHEAD = 5 * 60_000
"""Milliseconds that an observation may be ahead of its publication, as the final contract's rule says."""

STATE_SETTINGS = {
    # Spark has no outer join in a query that tells of a group whenever it changes. What it guards against, a
    # row that is taken back, cannot happen here: the join comes first, and gives each row once.
    "spark.sql.streaming.unsupportedOperationCheck": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """All that the query depends on: contracts, and what the registry knows of them."""

    final: Contract
    trends: Contract
    writers: Mapping[int, str]
    """Registry id to schema text, of every version of the final contract."""
    guids: Mapping[str, int]
    """GUID to registry id."""
    trends_id: int
    settled: Mapping[int, int]
    """Partition of the final topic to the end that it had before the registry was asked: a schema that is
    unknown in an older record is nobody's."""
    watermark: str
    """How late an observation may be, as Spark writes intervals."""
    replayed: bool | None = None
    """Whether only replayed observations are read, or only others; None for both."""
    seal: bytes = field(default_factory=new_seal, repr=False)


def trends(
    records: DataFrame, plan: Trends, spark: SparkSession, published: Collection[Coordinates] = ()
) -> DataFrame:
    """Turn final records (see `streaming.record.source`) into the records of the trends topic.

    Leaves out those of the raw records that are `published`. Gives `topic`, `key`, `value` and `headers`.
    """
    found = trends_of(observations(records, plan), plan.watermark)
    left = without(found, published, spark) if published else found
    counted = left.observe(OBSERVATION, F.count(F.lit(1)).alias("trends"))
    schema = plan.trends.newest.schema
    fields = {one["name"]: one["name"] for one in schema["fields"]}
    return counted.select(
        F.lit(plan.trends.topic).alias("topic"),
        F.col(plan.trends.key or "station").cast("binary").alias("key"),
        framed(Output(plan.trends.topic, plan.trends_id, schema), fields).alias("value"),
        F.expr(SOURCE).alias("headers"),
    )


def observations(records: DataFrame, plan: Trends) -> DataFrame:
    """Decode final records to `source`, `station`, `observed_at`, `place` (on the final topic) and `one`.

    Left out are records that nobody can read, that name no raw record, and that were observed later than they
    were published: a clock that is ahead would make all others late.
    """
    decoded = decode(
        records,
        writers=plan.writers,
        guids=plan.guids,
        reader=reader_schema(plan.final, READER),
        seal=plan.seal,
        largest=LARGEST_VALUE,
    )
    new = "false"
    if plan.settled:
        ends = " ".join(f"WHEN {partition} THEN {end}L" for partition, end in plan.settled.items())
        new = f"source_offset >= coalesce(CASE source_partition {ends} END, 0L)"
    # The registry is asked again when a batch fails so.
    stranger = f"""CAST(raise_error(concat('{UNREGISTERED} ',
        CAST(conv(hex(substring(wire_header, 2, 4)), 16, 10) AS BIGINT))) AS BOOLEAN)"""
    readable = f"""CASE WHEN writer_schema_id IS NOT NULL THEN coalesce(sealed, false)
        WHEN length(wire_header) = 5 AND startswith(wire_header, X'00') AND {new} THEN {stranger}
        ELSE false END"""
    values = ", ".join(f"'{name}', record.{name}" for name in rows.VALUES)
    observed = decoded.where(readable).selectExpr(
        "record.source AS source",
        "record.station AS station",
        "record.observed_at AS observed_at",
        "record.replay AS replay",
        "source_offset AS place",
        "source_timestamp AS published_at",
        f"""named_struct(
            't', unix_millis(record.observed_at),
            'received', unix_millis(record.received_at),
            'partition', coalesce(record.source_partition, {header(PARTITION_HEADER, "INT")}),
            'offset', coalesce(record.source_offset, {header(OFFSET_HEADER, "BIGINT")}),
            'batch', {_batch("source_offset")},
            'values', named_struct({values})) AS one""",
    )
    known = "station IS NOT NULL AND one.partition IS NOT NULL AND one.offset IS NOT NULL"
    in_time = f"one.t <= unix_millis(published_at) + {_AHEAD}L"
    asked = "true" if plan.replayed is None else f"replay = {str(plan.replayed).lower()}"
    wanted = observed.where(f"{known} AND {in_time} AND {asked}")
    return wanted.select("source", "station", "observed_at", "place", "one")


def trends_of(observed: DataFrame, watermark: str) -> DataFrame:
    """Turn observations into trends: the fields of the contract, once for each observation."""
    observed = observed.withWatermark("observed_at", watermark)
    met = observed.selectExpr("source", "station", "observed_at", "one", "false AS passed")
    known = met.unionByName(_passed(observed))
    window = F.window("observed_at", f"{_WINDOW} milliseconds", f"{SLICE} milliseconds")
    own = f"{_T} >= {_MIDDLE} AND {_T} < {_MIDDLE} + {SLICE}L"
    groups = (
        known.select("*", window.alias("window"))
        # That an observation has passed concerns the one window that tells of it.
        .where(f"NOT passed OR ({own})")
        .groupBy("source", "station", "window")
        .agg(
            F.expr("collect_list(CASE WHEN NOT passed THEN one END)").alias("met"),
            F.expr(f"collect_list(CASE WHEN passed THEN {_PLACE} END)").alias("passed"),
        )
    )
    seen = groups.selectExpr(
        "source",
        "station",
        f"{_MIDDLE} AS since",
        # By time; array_sort would compare by expressions that are interpreted.
        "sort_array(met) AS seen",
        "passed",
        "unix_millis(current_timestamp()) AS now",
    ).selectExpr(
        "*",
        "filter(seen, o -> o.batch = now) AS fresh",
        "filter(passed, o -> o.batch = now) AS just_passed",
    )
    due = seen.selectExpr("source", "station", f"{rows.LATEST} AS latest", f"{_DUE} AS due")
    # Each goes on with the few that its trend looks at, and not with all of its window.
    around = due.selectExpr(
        "source",
        "station",
        f"{rows.TOLERANCE} AS tolerance",
        f"inline(transform(due, it -> {rows.PARTS}))",
    )
    steps = (rows.NEAR, rows.sides(), rows.around(), rows.pressure(), rows.flags(), {"qc": rows.worst()})
    for step in steps:
        around = around.selectExpr("*", *(f"{sql} AS {name}" for name, sql in step.items()))
    return around.selectExpr(
        "*",
        "timestamp_millis(it.t) AS observed_at",
        "it.partition AS source_partition",
        "it.offset AS source_offset",
    )


_T = "unix_millis(observed_at)"
_MIDDLE = f"(unix_millis(window.start) + {rows.BEFORE}L)"
_PLACE = "named_struct('partition', one.partition, 'offset', one.offset, 'batch', one.batch)"

_SAME = "k.partition = o.partition AND k.offset = o.offset"
_NEXT = f"y.t > o.t AND y.t <= o.t + {rows.NEXT_WITHIN}L"
_DUE = f"""filter(seen, o -> o.t >= since AND o.t < since + {SLICE}L AND CASE
    WHEN o.batch = now THEN exists(seen, y -> {_NEXT}) OR exists(passed, k -> {_SAME})
    ELSE (exists(fresh, y -> {_NEXT}) OR exists(just_passed, k -> {_SAME}))
        AND NOT exists(seen, y -> y.batch != now AND {_NEXT})
        AND NOT exists(passed, k -> k.batch != now AND {_SAME}) END)"""
"""Spark SQL for the observations of which this batch is to tell: which have a next one, or have passed the
watermark, and had not before."""


def _passed(observed: DataFrame) -> DataFrame:
    """Each observation again, when the watermark has passed it: those that no row of the other side fits."""
    held = observed.selectExpr("source", "station", "observed_at", "one.t", "one.partition", "one.offset")
    nobody = observed.where("place < 0").selectExpr(
        "source AS other_source", "station AS other_station", "observed_at AS other_at"
    )
    fits = "source = other_source AND station = other_station AND other_at = observed_at"
    values = ", ".join(f"'{name}', CAST(NULL AS DOUBLE)" for name in rows.VALUES)
    return held.join(nobody, F.expr(fits), "left").selectExpr(
        "source",
        "station",
        "observed_at",
        f"""named_struct('t', t, 'received', CAST(NULL AS BIGINT), 'partition', partition, 'offset', offset,
            'batch', {_batch("t")}, 'values', named_struct({values})) AS one""",
        "true AS passed",
    )


def _batch(column: str) -> str:
    """Spark SQL for the time of the batch; `column` is any one of whole numbers."""
    # Spark writes a time that is known into the code that it makes, which Java then compiles anew for each
    # batch. What stands in a function of higher order is not compiled.
    return f"aggregate(array(unix_millis(current_timestamp())), {column}, (_, now) -> now)"
