"""Keeps tables quick to ask and small: small files become large ones, old snapshots go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from contracts.folder.model import table_name
from contracts.tables.keep import table_of
from contracts.tables.settings import CATALOGUE, NAMESPACE
from streaming.tables.failures import failure
from streaming.tables.job import TablesJob

_SNAPSHOTS_KEPT = 10
"""So many of the newest stay, however old."""
MAINTAINED = "maintained-at"
"""Property: when that was."""
_ORPHANS_AFTER = timedelta(days=3)
"""A file that is in no snapshot is what a crash left, unless a batch is still writing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintained:
    """What was done to one table."""

    topic: str
    files_before: int
    files_after: int
    expired_deleted: int
    orphans_deleted: int


def maintain(
    spark: SparkSession, job: TablesJob, catalogue: Catalog, topic: str, now: datetime
) -> Maintained:
    """Compact the files of a table by its order, expire the snapshots that are not kept, delete orphans.

    Rows stay as they are, and whoever reads or appends meanwhile is not disturbed.
    """
    try:
        done = _maintain(spark, topic, timedelta(seconds=job.keep), now)
    except (PySparkException, Py4JJavaError) as error:
        raise failure(str(error), job, topic) from None
    with table_of(catalogue, topic).transaction() as change:
        change.set_properties({MAINTAINED: now.isoformat()})
    return done


def is_due(table: Table, every: float, now: datetime) -> bool:
    """Whether so many seconds have passed since the last maintenance, or since the first snapshot."""
    if not every or not table.snapshots():
        return False
    first = datetime.fromtimestamp(table.snapshots()[0].timestamp_ms / 1000, timezone.utc)
    last = table.properties.get(MAINTAINED)
    return now - (datetime.fromisoformat(last) if last else first) >= timedelta(seconds=every)


def _maintain(spark: SparkSession, topic: str, kept: timedelta, now: datetime) -> Maintained:
    table = f"{NAMESPACE}.{table_name(topic)}"

    def call(procedure: str, *arguments: str) -> dict[str, int]:
        given = ", ".join((f"table => '{table}'", *arguments))
        rows = spark.sql(f"CALL {CATALOGUE}.system.{procedure}({given})").collect()
        return {"rows": len(rows), **(rows[0].asDict() if rows else {})}

    files = call("rewrite_data_files", "strategy => 'sort'")
    call("rewrite_manifests")
    expired = call(
        "expire_snapshots", f"older_than => {_timestamp(now - kept)}", f"retain_last => {_SNAPSHOTS_KEPT}"
    )
    orphans = call("remove_orphan_files", f"older_than => {_timestamp(now - _ORPHANS_AFTER)}")
    return Maintained(
        topic=topic,
        files_before=files["rewritten_data_files_count"],
        files_after=files["added_data_files_count"],
        expired_deleted=expired["deleted_data_files_count"],
        orphans_deleted=orphans["rows"],
    )


def _timestamp(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}'"
