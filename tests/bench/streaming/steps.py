"""What each step of the stream costs a record, and so what bounds it: in processor time, on a warm Java.

    python -m tests.bench.streaming.steps [--records 1000000] [--rounds 5]

Run by `make bench`, on services of its own. The records lie in a file, and what becomes of them goes nowhere,
save in the two steps that are Kafka's. Time is that of the whole Java process, its collector included.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import psutil
import typer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import from_avro

from contracts.avro.wire import HEADER_SIZE
from contracts.process.command_line import messages, run
from contracts.registry.registry import connect
from streaming.engine.progress import counted
from streaming.engine.query import PRODUCER
from streaming.engine.spark import session
from streaming.job import Job
from streaming.record.plan import Plan, decode_by, enriched, judged, publish
from streaming.record.source import KAFKA_COLUMNS, named
from streaming.running.learn import learn
from tests.bench.figures import merge
from tests.bench.raw_records import fill, framed
from tests.bench.services import ground
from tests.bench.sizes import ratios, scaled, spread

_TOPIC = "steps"
_WARM = 2

STEPS: Mapping[str, tuple[str, str | None]] = {
    "source from Kafka": ("kafka", None),
    "decode": ("decode", "file"),
    "enrich": ("enrich", "decode"),
    "judge": ("judge", "enrich"),
    "count": ("count", "judge"),
    "encode": ("encode", "count"),
    "sink to Kafka": ("sink", "published"),
}
"""Step to the way that ends with it, and to the one that it is held against."""


def bench(
    records: Annotated[int, typer.Option(min=1000)] = scaled(1_000_000, 20_000),
    rounds: Annotated[int, typer.Option(min=1)] = scaled(5, 2),
) -> None:
    """Run every way in turn, round by round; the first two rounds only warm up."""
    with ground() as here:
        ids = here.raw_topic(_TOPIC, 1)
        messages.print("filling the topic and the files")
        fill(here.kafka, _TOPIC, 1, framed(records, ids))
        with here.job(_TOPIC, 1) as job:
            spark = session()
            ways = all_ways(spark, job, learn(job, connect(job.registry), threading.Event()), here.folder)
            java = psutil.Process(spark._jvm.java.lang.ProcessHandle.current().pid())  # type: ignore[union-attr]
            spent: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(_WARM + rounds):
                for name, way in ways.items():
                    seconds = processor_seconds(java, way)
                    if number >= _WARM:
                        spent[name].append(seconds / records * 1e6)
                messages.print(f"round {number + 1}: {', '.join(f'{k} {v[-1:]}' for k, v in spent.items())}")
            spark.stop()
    steps = {
        name: [a - b for a, b in zip(spent[way], spent[before], strict=True)] if before else spent[way]
        for name, (way, before) in STEPS.items()
    }
    whole = [
        kafka + encode - file + sink - published
        for kafka, file, encode, published, sink in zip(
            *(spent[name] for name in ("kafka", "file", "encode", "published", "sink")), strict=True
        )
    ]
    own = [judge - decode for decode, judge in zip(spent["decode"], spent["judge"], strict=True)]
    merge(
        "streaming.steps",
        {
            "records": records,
            "rounds": rounds,
            "from_avro_alone_to_whole_job": ratios(spent["from_avro"], spent["encode"]),
            "microseconds_from_kafka_to_kafka": spread(whole),
            "enriching_and_judging_to_kafka_to_kafka": ratios(own, whole),
            "microseconds_a_record": {name: spread(values) for name, values in steps.items()},
            "microseconds_a_record_in_all": {name: spread(values) for name, values in spent.items()},
        },
    )


def all_ways(spark: SparkSession, job: Job, plan: Plan, folder: Path) -> dict[str, Callable[[], None]]:
    """Every way that is timed, by name; each does the work of the one before it, and more."""
    kafka = {**job.kafka.spark(), "includeHeaders": "true"}
    topic = (
        spark.read.format("kafka").options(**kafka, subscribe=job.topic, startingOffsets="earliest").load()
    )
    raw = named(in_file(topic.select(*KAFKA_COLUMNS), folder / "raw"))
    decoded = decode_by(raw, plan)
    encoded = publish(counted(judged(raw, plan), plan), plan).select("topic", "key", "value", "headers")
    published = in_file(encoded, folder / "published")
    body = F.substring("source_value", HEADER_SIZE + 1, 1 << 30)
    frames = {
        "kafka": topic,
        "file": raw,
        "from_avro": raw.select(from_avro(body, plan.raw.newest.text).alias("record")),
        "decode": decoded,
        "enrich": enriched(decoded, plan),
        "judge": judged(raw, plan),
        "count": counted(judged(raw, plan), plan),
        "encode": encoded,
        "published": published,
    }
    ways = {name: partial(to_nowhere, frame) for name, frame in frames.items()}
    return {**ways, "sink": published.write.format("kafka").options(**job.kafka.spark(), **PRODUCER).save}


def in_file(records: DataFrame, path: Path) -> DataFrame:
    """Put `records` into one file, and read them from there."""
    records.coalesce(1).write.parquet(str(path))
    return records.sparkSession.read.parquet(str(path))


def to_nowhere(records: DataFrame) -> None:
    """Make every record, and leave it at that."""
    records.write.format("noop").mode("overwrite").save()


def processor_seconds(process: psutil.Process, work: Callable[[], None]) -> float:
    """What `work` takes of the processor in `process`."""
    before = process.cpu_times()
    work()
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system


if __name__ == "__main__":
    run(lambda: typer.run(bench))
