"""A plan without services; and raw values through its projection, in real Spark, and back as records."""

from __future__ import annotations

import io
import pickle
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

import fastavro
import pytest
from pyspark.sql import DataFrame, Row, SparkSession

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


Headers: TypeAlias = Sequence[tuple[str, bytes | None]]
KafkaRow: TypeAlias = "tuple[str, int, int, None, bytearray, bytearray | None, Headers | None]"
"""Values for the columns of `KAFKA`."""


class Asked:
    """A frame of Kafka's rows that is planned once, and asked for whichever rows there are.

    Spark plans and compiles a projection of the stream for seconds, and answers in a moment.
    """

    def __init__(self, session: SparkSession, folder: Path, ask: Callable[[DataFrame], DataFrame]) -> None:
        """Plan what `ask` makes of Kafka's rows, which are handed over in `folder`."""
        self._rows = folder / uuid.uuid4().hex
        # No names of this module: what runs in Spark's Python knows no tests.
        path, read = self._rows, pickle.loads

        def rows(_: object) -> Iterator[KafkaRow]:
            yield from read(path.read_bytes())

        one = session.sparkContext.parallelize([0], 1).mapPartitions(rows)
        self._asked = ask(session.createDataFrame(one, KAFKA, verifySchema=False))
        planned = self._asked._jdf.queryExecution().executedPlan().toString()
        # Spark keeps what was exchanged for a plan, and would give the first rows' answer again.
        assert "Exchange" not in planned, planned

    def __call__(self, rows: Sequence[KafkaRow]) -> list[Row]:
        """What is made of these rows."""
        self._rows.write_bytes(pickle.dumps(list(rows)))
        return self._asked.collect()


def kafka_row(value: bytes | None, offset: int, headers: Headers | None = None) -> KafkaRow:
    """A record as Spark's source gives it."""
    return ("raw", 3, offset, None, bytearray(b"k"), None if value is None else bytearray(value), headers)


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
def projected(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Projected:
    """Runs raw values, with their `headers` and Kafka's `stamp` (Spark SQL), through the projection."""
    session, folder = configure(spark.newSession()), tmp_path_factory.mktemp("projected")
    # A plan has no hash; one that is kept is not taken for another.
    planned: dict[tuple[int, str], tuple[Plan, Asked]] = {}

    def make(plan: Plan, stamp: str) -> Asked:
        def ask(kafka: DataFrame) -> DataFrame:
            stamped = kafka.selectExpr("* except (timestamp)", f"{stamp} AS timestamp")
            columns = ("topic", "key", "value", "headers", "source_offset")
            return project(named(stamped), plan).select(*columns)

        return Asked(session, folder, ask)

    def run(
        plan: Plan,
        values: Sequence[bytes | None],
        headers: Sequence[Headers | None] | None = None,
        stamp: str = "timestamp_millis(1700000000123)",
    ) -> list[Row]:
        if (id(plan), stamp) not in planned:
            planned[id(plan), stamp] = plan, make(plan, stamp)
        _, asked = planned[id(plan), stamp]
        each = headers or [None] * len(values)
        published = asked(
            [kafka_row(*one) for one in zip(values, range(100, 100 + len(values)), each, strict=True)]
        )
        return sorted(published, key=lambda row: int(row.source_offset))

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
