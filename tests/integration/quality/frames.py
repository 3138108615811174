"""Records of the final topic as a Spark table, each a good one with some fields changed, and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from contracts.folder.model import Contract
from contracts.folder.read import load_contracts
from contracts.records.topic_weather_quality import RuleResult, Validation
from quality.judge import suite
from quality.portrait.take import Portrayal
from quality.window.read import OFFSET, PARTITION, SOURCE_OFFSET, SOURCE_PARTITION, TIMESTAMP, WRITER
from tests.unit.quality.samples import passed

PUBLISHED = load_contracts()["topic-weather-final"]
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

Change = dict[str, object]
"""A good record's fields that are given another value; `_timestamp` is its arrival."""

_BESIDE: dict[str, DataType] = {
    PARTITION: IntegerType(),
    OFFSET: LongType(),
    TIMESTAMP: TimestampType(),
    WRITER: IntegerType(),
    SOURCE_PARTITION: IntegerType(),
    SOURCE_OFFSET: LongType(),
}
_TYPES: dict[str, DataType] = {
    "string": StringType(),
    "double": DoubleType(),
    "boolean": BooleanType(),
    "int": IntegerType(),
    "long": LongType(),
}


_GOOD: Change = {
    "source": "OPENWEATHERMAP",
    "station": "JFK",
    "replay": False,
    "temperature": 10.0,
    "wind_gust": 3.0,
    "observed_at": NOON,
    "received_at": NOON,
    "correction": False,
    "writer_schema_id": 1,
    PARTITION: 0,
    TIMESTAMP: NOON,
    WRITER: 2,
    SOURCE_PARTITION: 1,
}


def record(at: int, change: Change) -> Change:
    """A good record with one change, at an offset; a field that neither names is null."""
    names = (*(field["name"] for field in PUBLISHED.newest.schema["fields"]), *_BESIDE)
    given = {**_GOOD, OFFSET: at, SOURCE_OFFSET: at + 100, **change}
    return {name: given.get(name) for name in names}


def frame(spark: SparkSession, changes: Sequence[Change]) -> DataFrame:
    """Good records, each with one change, at offsets from 0."""
    fields = [StructField(f["name"], _type(f["type"])) for f in PUBLISHED.newest.schema["fields"]]
    fields += [StructField(name, kind) for name, kind in _BESIDE.items()]
    rows = [tuple(record(at, change).values()) for at, change in enumerate(changes)]
    return spark.createDataFrame(rows, StructType(fields)).cache()


def judged(
    rows: DataFrame,
    contract: Contract = PUBLISHED,
    *,
    ends_at: datetime = NOON,
    baseline: tuple[Validation, ...] = (),
) -> Validation:
    """What Great Expectations finds in `rows`, a window that ends at `ends_at`."""
    portrayal = Portrayal(contract=contract, due=suite.due(contract), baseline=baseline)
    blank = replace(passed(), rows=rows.count(), rules=())
    return suite.run(contract, rows, blank, portrayal=portrayal, ends_at=ends_at)


def by_rule(found: Validation) -> dict[str, RuleResult]:
    """The results by the id of their rule."""
    return {result.id: result for result in found.rules}


def _type(avro: object) -> DataType:
    if isinstance(avro, list):
        return _type(next(branch for branch in avro if branch != "null"))
    if isinstance(avro, dict):
        kinds: dict[str, DataType] = {
            "enum": StringType(),
            "long": TimestampType(),
            "array": ArrayType(StringType()),
        }
        return kinds[avro["type"]]
    return _TYPES[str(avro)]
