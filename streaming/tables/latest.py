"""The view `…_latest` beside a table: the last word on each observation, for whoever asks by Spark."""

from __future__ import annotations

import logging

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession

from contracts.checks.rules import column
from contracts.folder.model import LATEST, Contract
from contracts.tables.columns import OFFSET, TIMESTAMP
from streaming.tables.spark import full_name

_log = logging.getLogger("streaming")


def show_latest(spark: SparkSession, contract: Contract) -> None:
    """Make the view of a topic with an identity, or make it anew where the table has other columns by now.

    A catalogue may keep no views: that is logged, and the table does without.
    """
    if not contract.identity:
        return
    table = full_name(contract.topic)
    view = f"{table}{LATEST}"
    if _columns(spark, view) == _columns(spark, table):
        return
    identity = ", ".join(map(column, contract.identity))
    place = f"row_number() OVER (PARTITION BY {identity} ORDER BY {TIMESTAMP} DESC, {OFFSET} DESC)"
    try:
        spark.sql(
            f"CREATE OR REPLACE VIEW {view} COMMENT 'The last word on each observation.' AS "  # noqa: S608
            f"SELECT * EXCEPT (place) FROM (SELECT *, {place} AS place FROM {table}) WHERE place = 1"
        )
    except (PySparkException, Py4JJavaError) as error:
        _log.warning("there is no view %s: %s", view, str(error).partition("\n")[0])


def _columns(spark: SparkSession, name: str) -> list[str]:
    try:
        return spark.table(name).columns
    except AnalysisException:
        return []
