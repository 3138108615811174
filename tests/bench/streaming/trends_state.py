"""State, memory and time of the trends of many stations that report each hour, once as much expires as comes.

    python -m tests.bench.streaming.trends_state [--stations 10000] [--hours 108] [--batch-hours 4]

Run by `make bench`, on services of its own. The values are those of the replay, so that they go on from hour
to hour; the other fields are those of the contract's example, so that a record has its usual size.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import re
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any

import fastavro
import psutil
import typer

from contracts.avro.json_form import from_json
from contracts.avro.wire import frame
from contracts.evolution.compatibility import parse
from contracts.folder.model import Role
from contracts.folder.product import product_named
from contracts.folder.read import HOME
from contracts.kafka.topics import Broker
from contracts.process.command_line import messages, run
from contracts.registry.registry import connect
from producer.replay import load_observations
from streaming.engine.progress import Progress
from streaming.engine.spark import session
from streaming.trends.rows import VALUES
from streaming.trends.run import TrendsJob, TrendsStream, stream_of
from tests.bench.figures import merge
from tests.bench.raw_records import Record, fill, varint
from tests.bench.services import Ground, ground
from tests.bench.sizes import scaled, spread
from tests.bench.ways import Batches

_PARTITIONS = 2
_HOUR = 3_600_000
_STEADY_HOURS = 24
"""Of the end, which are measured."""
_WITHIN = 4 * 3600.0
_FINAL = product_named("weather").final
_EXAMPLE = HOME / _FINAL.topic / "examples" / f"v{_FINAL.newest.number}" / "jfk-replay.json"
_STATION = "~station"
_MARKS = {"observed_at": 1_234_567_890_123, "received_at": 2_345_678_901_234, "source_offset": 3_456_789_012}
"""What stands in an encoded record for what is put there later, besides the station."""
_MARK = re.compile(b"|".join(re.escape(one) for one in (_STATION.encode(), *map(varint, _MARKS.values()))))


@dataclass(frozen=True, slots=True)
class Sample:
    """What was known when a batch had ended."""

    batch: Progress
    cpu_seconds: float
    """Of the Java process from its start on."""
    resident: int
    """Bytes of memory that it held."""


def bench(
    stations: Annotated[int, typer.Option(min=2)] = scaled(10_000, 100),
    hours: Annotated[int, typer.Option(min=_STEADY_HOURS + 4, help="A window expires after 78.")] = 108,
    batch_hours: Annotated[int, typer.Option(min=1, help="Hours of weather in one batch.")] = 4,
) -> None:
    """Publish the final records, then follow them with the real query."""
    with ground() as here:
        job = _job(here, stations * batch_hours)
        began = time.monotonic()
        messages.print(f"filling {stations * hours:,} records")
        fill(here.kafka, job.stream.topic, _PARTITIONS, _records(here, job, stations, hours))
        messages.print(f"filled in {time.monotonic() - began:.0f} s")
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            samples, operators = fresh.submit(_run, job).result(_WITHIN)
        files = [file.stat().st_size for file in job.stream.checkpoint.rglob("*") if file.is_file()]
        bytes_of = {name: here.bytes_of(name) for name in (job.stream.topic, job.stream.final)}
    trends = sum(one.batch.final for one in samples)
    merge(
        "streaming.trends_state",
        {
            "stations": stations,
            "hours": hours,
            "trends": trends,
            "checkpoint_mib": round(sum(files) / 2**20, 1),
            "bytes_a_final_record": round(bytes_of[job.stream.topic] / (stations * hours)),
            "bytes_a_trend": round(bytes_of[job.stream.final] / max(trends, 1)),
            **_figures([one for one in samples if one.batch.rows], _STEADY_HOURS // batch_hours),
            "operators": operators,
        },
    )


def _figures(samples: list[Sample], steady: int) -> dict[str, Any]:
    before, *late = samples[-steady - 1 :]
    rows = sum(one.batch.rows for one in late)
    state = late[-1].batch.kept
    return {
        "batch_rows": late[-1].batch.rows,
        "seconds_a_batch": spread([one.batch.seconds for one in late], 1),
        "microseconds_an_observation": round(sum(one.batch.seconds for one in late) / rows * 1e6, 1),
        "processor_microseconds_an_observation": round(
            (late[-1].cpu_seconds - before.cpu_seconds) / rows * 1e6, 1
        ),
        "processor_microseconds_over_all": round(
            samples[-1].cpu_seconds / sum(one.batch.rows for one in samples) * 1e6, 1
        ),
        "resident_mib": spread([one.resident / 2**20 for one in late], 0),
        "state_rows": state and state.rows,
        "state_disk_mib": state and round(state.disk_bytes / 2**20, 1),
        "state_memory_mib": state and round(state.memory_bytes / 2**20, 1),
    }


def _job(here: Ground, largest_batch: int) -> TrendsJob:
    topics = {Role.FINAL: "trends-state-final", Role.TRENDS: "trends-state-trends"}
    stream = stream_of(
        product_named("weather").on_topics(topics),
        kafka=here.kafka,
        registry=here.registry,
        checkpoint=here.folder / "checkpoint",
        available_now=True,
        largest_batch=largest_batch,
    )
    for contract in (stream.product.raw, stream.product.final):
        Broker(here.kafka).create(contract.topic, _PARTITIONS, contract.topic_settings)
    return TrendsJob(stream=stream)


def _records(here: Ground, job: TrendsJob, stations: int, hours: int) -> Iterator[Record]:
    """A final record of each station for each hour, the oldest first."""
    product, registry = job.stream.product, connect(here.registry)
    ids = [registry.register(one.subject, one.newest.text) for one in (product.raw, product.final)]
    registry.close()
    weather = list(_weather(ids[0]))
    names = [f"S{number:0{len(_STATION) - 1}}".encode() for number in range(stations)]
    first = time.time_ns() // 1_000_000 - hours * _HOUR
    for hour in range(hours):
        at = varint(first + hour * _HOUR)
        for number, name in enumerate(names):
            begin, a, b, c, end = weather[(number * 37 + hour) % len(weather)]
            place = varint(hour * stations + number)
            yield name, b"".join((begin, name, a, at, b, at, c, place, end))


def _weather(schema_id: int) -> Iterator[list[bytes]]:
    """Encoded records of the observations of 2013, station by station, cut where a mark is."""
    schema = fastavro.parse_schema(_FINAL.newest.schema)
    example = from_json(parse(_FINAL.newest.schema), json.loads(_EXAMPLE.read_text(encoding="utf-8")))
    for one in sorted(load_observations(), key=lambda one: (one.station.code, one.time)):
        body = io.BytesIO()
        values = dict.fromkeys(VALUES, None) | _values(one.row)
        fastavro.schemaless_writer(body, schema, {**example, **values, "station": _STATION, **_MARKS})
        yield _MARK.split(frame(schema_id, body.getvalue()))


def _values(row: Any) -> dict[str, float]:
    """Values of one row of the replay's file in the contract's units."""
    made = {
        "temperature": ("temp", 5 / 9, 32),
        "dew_point": ("dewp", 5 / 9, 32),
        "pressure": ("pressure", 1.0, 0.0),
        "wind_speed": ("wind_speed", 0.44704, 0.0),
    }
    return {
        name: round((float(row[column]) - less) * factor, 2)
        for name, (column, factor, less) in made.items()
        if row[column] != "NA"
    }


def _run(job: TrendsJob) -> tuple[list[Sample], list[dict[str, Any]]]:
    spark = session()
    java = psutil.Process(spark._jvm.java.lang.ProcessHandle.current().pid())  # type: ignore[union-attr]
    batches, samples = Batches(), list[Sample]()
    spark.streams.addListener(batches)

    def report(batch: Progress) -> None:
        used = java.cpu_times()
        samples.append(Sample(batch, used.user + used.system, java.memory_info().rss))
        messages.print(f"batch {batch.batch}: {batch.rows:,} in {batch.seconds:.1f} s, {batch.kept}")

    TrendsStream(job, spark).run(report)
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    operators = [
        {
            "name": one.operatorName,
            "rows": one.numRowsTotal,
            "disk_mib": round(one.customMetrics.get("rocksdbSstFileSize", 0) / 2**20, 1),
            "seconds_of_updates": one.allUpdatesTimeMs / 1000,
            "seconds_of_removals": one.allRemovalsTimeMs / 1000,
            "seconds_of_commits": one.commitTimeMs / 1000,
        }
        for one in batches.reports[-1].stateOperators
    ]
    spark.stop()
    return samples, operators


if __name__ == "__main__":
    run(lambda: typer.run(bench))
