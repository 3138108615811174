"""A plan without services; and raw values through its projection, in real Spark, and back as records."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import fastavro
import pytest
from pyspark.sql import Row, SparkSession

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.folder.read import load_contracts
from streaming.engine.spark import configure
from streaming.record.plan import Plan, project
from streaming.record.source import named

RAW_ID, FINAL_ID, QUARANTINE_ID = 7, 8, 9
KAFKA = (
    "topic string, partition int, offset long, timestamp timestamp, key binary, value binary, "
    "headers array<struct<key: string, value: binary>>"
)


class Published(NamedTuple):
    """What Kafka would get for one raw value."""

    topic: str
    key: bytes
    schema_id: int
    record: dict[str, Any]
    headers: dict[str, bytes]


@pytest.fixture(scope="session")
def plan() -> Plan:
    contracts = load_contracts()
    raw = contracts["topic-weather"]
    return Plan(
        raw=raw,
        final=contracts["topic-weather-final"],
        quarantine=contracts["topic-weather-quarantine"],
        writers={RAW_ID: raw.newest.text},
        final_id=FINAL_ID,
        quarantine_id=QUARANTINE_ID,
        foreign={21: "elsewhere-value"},
    )


@pytest.fixture(scope="session")
def raw_value(plan: Plan) -> Callable[..., bytes]:
    """Encodes a raw record: what is not given is ordinary."""
    schema = fastavro.parse_schema(plan.raw.newest.schema)
    ordinary = {
        "source": "OPENWEATHERMAP",
        "replay": False,
        "station": "JFK",
        "observed_at": 1_700_000_000_000,
        "received_at": 1_700_000_060_000,
        "units": "METRIC",
        "temperature": 20.0,
        "humidity": 50.0,
        "wind_speed": 5.0,
    }

    def encode(**fields: Any) -> bytes:
        body = io.BytesIO()
        fastavro.schemaless_writer(body, schema, {**ordinary, **fields})
        return frame(RAW_ID, body.getvalue())

    return encode


Headers = Sequence[tuple[str, bytes | None]]


class Projected(Protocol):
    """Gives what Kafka would get for raw values under a plan, in their order."""

    def __call__(
        self,
        plan: Plan,
        values: Sequence[bytes | None],
        headers: Sequence[Headers | None] | None = None,
        stamp: str = "timestamp_millis(1700000000123)",
    ) -> list[Row]: ...


@pytest.fixture(scope="session")
def projected(spark: SparkSession) -> Projected:
    """Runs raw values, with their `headers` and Kafka's `stamp` (Spark SQL), through the projection."""
    session = configure(spark.newSession())

    def run(
        plan: Plan,
        values: Sequence[bytes | None],
        headers: Sequence[Headers | None] | None = None,
        stamp: str = "timestamp_millis(1700000000123)",
    ) -> list[Row]:
        rows = [
            ("raw", 3, 100 + i, None, bytearray(b"k"), v and bytearray(v), headers[i] if headers else None)
            for i, v in enumerate(values)
        ]
        kafka = session.createDataFrame(rows, KAFKA).selectExpr(
            "* except (timestamp)", f"{stamp} AS timestamp"
        )
        published = project(named(kafka), plan).select("topic", "key", "value", "headers", "source_offset")
        return sorted(published.collect(), key=lambda row: int(row.source_offset))

    return run


@pytest.fixture(scope="session")
def publish(projected: Projected, plan: Plan) -> Callable[..., list[Published]]:
    """Runs raw values through the projection, in order."""
    schemas = {
        FINAL_ID: fastavro.parse_schema(plan.final.newest.schema),
        QUARANTINE_ID: fastavro.parse_schema(plan.quarantine.newest.schema),
    }

    def read(row: Row) -> Published:
        value = bytes(row.value)
        schema_id = int.from_bytes(value[1:HEADER_SIZE], "big")
        record = fastavro.schemaless_reader(io.BytesIO(value[HEADER_SIZE:]), schemas[schema_id], None)
        assert isinstance(record, dict)
        return Published(
            row.topic, bytes(row.key), schema_id, record, {h.key: bytes(h.value) for h in row.headers}
        )

    def run(values: Sequence[bytes | None], plan: Plan = plan, **more: Any) -> list[Published]:
        return [read(row) for row in projected(plan, values, **more)]

    return run
