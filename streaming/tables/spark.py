"""The Spark session that knows the tables: the stream's, with Iceberg and the catalogue."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from contracts.errors import UnsuitableRuntime
from contracts.folder.model import table_name
from contracts.tables.settings import CATALOGUE, NAMESPACE, Warehouse
from streaming.engine.spark import EXCLUDED_RULES, session

_FOLDER = "table-jars"
"""Where `make table` puts Iceberg, beside Spark's own jars: no other session loads it."""
_DRIVER = "org.sqlite.JDBC"


def table_session(warehouse: Warehouse, *, quick_start: bool = False) -> SparkSession:
    """Start Spark with Iceberg and the catalogue of `warehouse`; raises `UnsuitableRuntime`."""
    catalogue = f"spark.sql.catalog.{CATALOGUE}"
    more = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalogue: "org.apache.iceberg.spark.SparkCatalog",
        **{f"{catalogue}.{key}": value for key, value in warehouse.spark().items()},
    }
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        more["spark.jars"] = ",".join(map(str, _jars()))
    spark = session(quick_start=quick_start, more=more)
    # What the stream leaves out, Iceberg's procedures need: they plan over Java objects.
    spark.conf.unset(EXCLUDED_RULES)
    if warehouse.folder:
        jvm: Any = spark._jvm
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        jvm.java.lang.Class.forName(_DRIVER, True, loader)
    return spark


def full_name(topic: str) -> str:
    """The table of a topic, as Spark SQL names it."""
    return f"{CATALOGUE}.{NAMESPACE}.{table_name(topic)}"


def _jars() -> list[Path]:
    spec = find_spec("pyspark")
    folder = Path(str(spec and spec.origin)).parent / _FOLDER
    if found := sorted(folder.glob("*.jar")):
        return found
    raise UnsuitableRuntime("the jars of the tables are missing: run `make table`.")
