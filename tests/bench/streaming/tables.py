"""A week of 10,000 stations that report every ten minutes, in a table: asked for one station's day.

    python -m tests.bench.streaming.tables

Run by `make bench`. The rows are simulated: measures at random with two decimals, which compress less than
weather does. `BENCH_SCALE` makes the stations fewer. Bytes on the topic are in `streaming.topic_bytes`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from statistics import median

import duckdb
from pyiceberg.types import (
    BooleanType,
    DoubleType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    TimestamptzType,
)

from contracts.folder.product import product_named
from contracts.process.command_line import messages, run
from contracts.tables import Warehouse, ask, scan
from contracts.tables.keep import follow, opened, table_of
from streaming.tables.spark import full_name, table_session
from tests.bench.figures import merge
from tests.bench.sizes import scaled

_DAYS, _A_DAY, _ASKED = 7, 144, 5
_BEGIN = datetime(2024, 3, 1, tzinfo=timezone.utc)


def bench() -> None:
    """Fill the table day by day, then ask it."""
    stations = scaled(10_000, 100)
    final = product_named("weather").final
    with tempfile.TemporaryDirectory() as folder:
        where = Warehouse(folder)
        with opened(where, make=True) as catalogue:
            schema = follow(catalogue, final, "bench").schema()
        spark = table_session(where)
        began = time.monotonic()
        for day in range(_DAYS):
            messages.print(f"day {day + 1} of {_DAYS}")
            rows = spark.range(stations * _A_DAY).selectExpr(
                *(f"{_value(one, stations, day)} AS `{one.name}`" for one in schema.fields)
            )
            rows.writeTo(full_name(final.topic)).option("check-nullability", "false").append()
        wrote = time.monotonic() - began
        spark.stop()
        with opened(where) as catalogue:
            files = [task.file for task in table_of(catalogue, final.topic).scan().plan_files()]
        size = sum(file.file_size_in_bytes for file in files)
        total = stations * _A_DAY * _DAYS
        merge(
            "streaming.tables",
            {
                "rows": total,
                "files": len(files),
                "bytes_a_row": round(size / total, 1),
                "rows_a_second": round(total / wrote),
                "seconds_for_a_stations_day": {name: _timed(where, one) for name, one in _ASKS.items()},
            },
        )


def _day(where: Warehouse) -> int:
    since = _BEGIN + timedelta(days=3)
    day = scan("topic-weather-final", station="S42", since=since, until=since + timedelta(days=1), at=where)
    assert day.num_rows == _A_DAY
    return int(day.num_rows)


def _mean(where: Warehouse) -> int:
    since = _BEGIN + timedelta(days=3)
    day = scan(
        "topic-weather-final",
        columns=["observed_at", "temperature"],
        station="S42",
        since=since,
        until=since + timedelta(days=1),
        at=where,
    )
    assert day.num_rows == _A_DAY
    hours = duckdb.execute("SELECT hour(observed_at) AS hour, avg(temperature) FROM day GROUP BY hour")
    return len(hours.fetchall())


def _sql(where: Warehouse) -> int:
    since = _BEGIN + timedelta(days=3)
    day = ask(
        "SELECT hour(observed_at) AS hour, avg(temperature) FROM topic_weather_final WHERE station = 'S42'"
        f" AND observed_at >= '{since}' AND observed_at < '{since + timedelta(days=1)}' GROUP BY hour",
        at=where,
    )
    return int(day.num_rows)


_ASKS: dict[str, Callable[[Warehouse], int]] = {
    "every column, by pyiceberg": _day,
    "a mean, by DuckDB": _mean,
    "a mean, by SQL alone": _sql,
}


def _timed(where: Warehouse, asking: Callable[[Warehouse], int]) -> float:
    taken = []
    for _ in range(_ASKED):
        began = time.monotonic()
        asking(where)
        taken.append(time.monotonic() - began)
    return round(median(taken), 3)


def _value(one: NestedField, stations: int, day: int) -> str:
    """Spark SQL for a simulated value."""
    begin = int(_BEGIN.timestamp()) + day * 86_400
    own = {
        "station": f"concat('S', id % {stations})",
        "observed_at": f"timestamp_seconds({begin} + id DIV {stations} * 600)",
        "kafka_offset": f"id + {day}L * {stations * _A_DAY}L",
        "kafka_partition": "0",
    }
    if one.name in own:
        return own[one.name]
    kinds = {
        TimestamptzType: f"timestamp_seconds({begin} + id DIV {stations} * 600 + CAST(rand() * 60 AS INT))",
        DoubleType: "round(rand() * 30, 2)",
        BooleanType: "false",
        IntegerType: "CAST(1 + rand() * 3 AS INT)",
        LongType: "id",
        ListType: "CAST(array() AS ARRAY<STRING>)",
    }
    return kinds.get(type(one.field_type), f"concat('{one.name}-', CAST(rand() * 5 AS INT))")


if __name__ == "__main__":
    run(bench)
