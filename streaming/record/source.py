"""Raw records as Spark reads them from Kafka, under the names that the rest of the stream uses."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

KAFKA_COLUMNS = ("topic", "partition", "offset", "timestamp", "key", "value", "headers")
"""Columns of Spark's Kafka source; each becomes `source_<name>`, a name that no field of a contract takes."""


def read_stream(spark: SparkSession, topic: str, options: Mapping[str, str]) -> DataFrame:
    """Stream `topic` from its beginning, headers included; `options` are those of Spark's Kafka source."""
    reader = spark.readStream.format("kafka").option("subscribe", topic)
    fixed = {"startingOffsets": "earliest", "includeHeaders": "true", "failOnDataLoss": "true"}
    return named(reader.options(**fixed, **options).load())


def named(kafka: DataFrame) -> DataFrame:
    """Rename the columns of a Kafka source."""
    return kafka.select(*(F.col(name).alias(f"source_{name}") for name in KAFKA_COLUMNS))


def header(name: str, sql_type: str) -> str:
    """Spark SQL for the last header of that name, as a value of the type; null where there is none."""
    value = f"element_at(filter(source_headers, header -> header.key = '{name}'), -1).value"
    return f"CASE WHEN source_headers IS NOT NULL THEN CAST(CAST({value} AS STRING) AS {sql_type}) END"
