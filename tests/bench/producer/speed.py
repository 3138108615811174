"""How fast the producer serialises and hands over, beside what a user would write by hand.

    python -m tests.bench.producer.speed [--records 10000] [--repeats 15] [--memory-records 1000000]

Run by `make bench`, on a broker and a registry of its own. The ways take turns on the same records within one
run, so that the ratios hold on a busy machine too; those of the processor alone hold on a very busy one.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import fastavro
import psutil
import typer
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from kafka import KafkaProducer

from contracts import connect, load_contracts
from contracts.avro.wire import frame
from contracts.folder.model import Contract
from contracts.kafka.cluster import Kafka
from contracts.process.command_line import messages, run
from embedded import Services
from producer import Context, RawRecord, parse
from producer.publish import Publisher
from producer.replay import SOURCE, load_observations
from tests.bench.figures import merge

_PARTITIONS = 4
_WARM = 0.3
"""Part of the records after which memory should not grow."""

Send = Callable[[Sequence[RawRecord]], None]


def bench(
    records: Annotated[int, typer.Option(min=1000, help="Records of each turn.")] = 10_000,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each way.")] = 15,
    memory_records: Annotated[int, typer.Option(min=0, help="Records to watch memory over.")] = 1_000_000,
) -> None:
    """Measure each way in turn, then the memory."""
    context = Context(product="weather", source=SOURCE, replay=True, units="METRIC", received_at=0)
    parsed = [parse(one.body("METRIC"), context) for one in load_observations()]
    chosen = list(itertools.islice(itertools.cycle(parsed), records))
    with (
        TemporaryDirectory() as folder,
        Services(data_dir=Path(folder) / "data", log_dir=Path(folder) / "logs") as where,
        closing(connect(where.schema_registry_url)) as registry,
        own_topics(where.bootstrap_servers) as (raw, quarantine),
    ):
        schema_id = registry.register(raw.subject, raw.newest.text)
        registry.register(quarantine.subject, quarantine.newest.text)
        publisher = Publisher(Kafka(where.bootstrap_servers), registry, raw, quarantine)
        ways: dict[str, Send] = {
            "producer": lambda batch: ours(publisher, batch),
            "plain_fastavro": plain(where.bootstrap_servers, raw, schema_id),
            "kafka_python_json": kafka_python(where.bootstrap_servers, raw.topic),
        }
        rates, processor = take_turns(ways, chosen, repeats)
        memory = watch_memory(publisher, parsed, memory_records) if memory_records else {}
    found = {
        "records": records,
        "records_a_second": {way: spread(values) for way, values in rates.items()},
        "to_plain_fastavro": spread(ratios(rates, "plain_fastavro")),
        "to_plain_fastavro_by_processor_time": spread(ratios(processor, "plain_fastavro")),
        "to_kafka_python_json": spread(ratios(rates, "kafka_python_json")),
        **memory,
    }
    merge("producer.speed", found)


@contextmanager
def own_topics(bootstrap_servers: str) -> Iterator[tuple[Contract, Contract]]:
    """Topics of the run's own, which are deleted in the end."""
    suffix = f"-bench-{uuid.uuid4().hex[:8]}"
    contracts = load_contracts()
    raw, quarantine = (
        dataclasses.replace(contracts[name], topic=name + suffix)
        for name in ("topic-weather", "topic-weather-quarantine")
    )
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    topics = [one.topic for one in (raw, quarantine)]
    for future in admin.create_topics([NewTopic(topic, _PARTITIONS, 1) for topic in topics]).values():
        future.result(15)
    try:
        yield raw, quarantine
    finally:
        for future in admin.delete_topics(topics).values():
            future.result(15)


def ours(publisher: Publisher, batch: Sequence[RawRecord]) -> None:
    """The producer's own way: contract, wire format, delivery counted."""
    for record in batch:
        publisher.send(record)
    publisher.close()


def plain(bootstrap_servers: str, contract: Contract, schema_id: int) -> Send:
    """What a user would write by hand, with the same settings of the client and no delivery counted."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap_servers,
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 5,
            "batch.size": 256 * 1024,
        }
    )
    schema: Any = fastavro.parse_schema(contract.newest.schema)

    def send(batch: Sequence[RawRecord]) -> None:
        for number, record in enumerate(batch):
            out = io.BytesIO()
            fastavro.schemaless_writer(out, schema, record)
            value = frame(schema_id, out.getvalue())
            while True:
                try:
                    producer.produce(contract.topic, value, record["station"].encode())
                    break
                except BufferError:
                    producer.poll(0.1)
            if number % 500 == 0:
                producer.poll(0)
        producer.flush()

    return send


def kafka_python(bootstrap_servers: str, topic: str) -> Send:
    """kafka-python with JSON, batched as the others are."""
    producer = KafkaProducer(
        bootstrap_servers=bootstrap_servers,
        acks="all",
        linger_ms=5,
        batch_size=256 * 1024,
    )

    def send(batch: Sequence[RawRecord]) -> None:
        for record in batch:
            producer.send(topic, json.dumps(record).encode(), key=record["station"].encode())
        producer.flush()

    return send


def take_turns(
    ways: dict[str, Send], records: Sequence[RawRecord], repeats: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Records a second of each way in each turn, by the clock and by the processor's time.

    A first, shorter turn warms them up.
    """
    for send in ways.values():
        send(records[: len(records) // 10])
    rates: dict[str, list[float]] = {way: [] for way in ways}
    processor: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(repeats):
        # The order changes, so that nobody is always first after another.
        for way in sorted(ways, reverse=bool(number % 2)):
            began, used = time.perf_counter(), time.process_time()
            ways[way](records)
            rates[way].append(len(records) / (time.perf_counter() - began))
            processor[way].append(len(records) / (time.process_time() - used))
        messages.print(", ".join(f"{way} {rates[way][-1]:,.0f}" for way in ways) + " records a second")
    return rates, processor


def watch_memory(publisher: Publisher, records: Sequence[RawRecord], count: int) -> dict[str, float]:
    """Resident memory while `count` records are sent: its peak after the first part, to that at its end."""
    process = psutil.Process(os.getpid())
    samples: list[int] = []
    for number, record in enumerate(itertools.islice(itertools.cycle(records), count), start=1):
        publisher.send(record)
        if number % (count // 20) == 0:
            samples.append(process.memory_info().rss)
    publisher.close()
    warm = samples[: round(len(samples) * _WARM)]
    late = samples[len(warm) :]
    return {
        "memory_records": count,
        "memory_mib": round(max(late) / 2**20, 1),
        "memory_growth": round(max(late) / max(warm), 3),
    }


def ratios(rates: dict[str, list[float]], other: str) -> list[float]:
    """Our rate to another's, repeat by repeat."""
    return [ours / theirs for ours, theirs in zip(rates["producer"], rates[other], strict=True)]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Least, median and most."""
    digits = 0 if min(values) > 1000 else 3
    return {
        "min": round(min(values), digits),
        "median": round(statistics.median(values), digits),
        "max": round(max(values), digits),
    }


if __name__ == "__main__":
    run(lambda: typer.run(bench))
