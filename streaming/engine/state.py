"""How a query that remembers keeps its state: in RocksDB, within bounds."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import SparkSession

_ROCKSDB = {
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
    # A commit writes down what changed, not the files of the whole store.
    "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
    "spark.sql.streaming.stateStore.rocksdb.boundedMemoryUsage": "true",
    "spark.sql.streaming.stateStore.rocksdb.maxMemoryUsageMB": "256",
}


def keep_state(spark: SparkSession, settings: Mapping[str, str]) -> None:
    """Give a session what its state is kept by, and the query's own `settings` of it."""
    for key, value in {**_ROCKSDB, **settings}.items():
        spark.conf.set(key, value)
    spark.conf.set("spark.sql.shuffle.partitions", spark.sparkContext.defaultParallelism)
