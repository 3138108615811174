"""How long a window takes to be judged, and how much memory, as it grows.

    python -m tests.bench.quality.validating [--records 100000,300000,1000000] [--rules 40]

Run by `make bench`, on a broker and a registry of its own. Each window is judged by `quality validate` as a
user would: the time is all of it, Java's start included, and the memory that of all its processes together.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import fastavro
import psutil
import typer
import yaml
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from contracts import connect
from contracts.avro.wire import frame
from contracts.errors import ServiceFailed
from contracts.folder.read import HOME, load_contract
from contracts.process.command_line import messages, run
from embedded import Services
from tests.bench.figures import merge

_TOPIC = "topic-weather-final"
_PARTITIONS, _STATIONS = 3, 300
_LOOK_EVERY = 0.1
_MEASURES = ("temperature", "feels_like", "dew_point", "humidity", "pressure", "wind_speed", "rain_1h")


def bench(
    records: Annotated[str, typer.Option(help="Sizes of the windows.")] = "100000,300000,1000000",
    rules: Annotated[int, typer.Option(min=1, help="Rules of the contract.")] = 40,
) -> None:
    """Measure each window in turn, the smallest first."""
    sizes = sorted(int(size) for size in records.split(","))
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "contracts"
        for home in HOME.glob("topic-*"):
            shutil.copytree(home, folder / home.name)
        add_rules(folder / _TOPIC / "contract.yaml", rules)
        with Services(data_dir=Path(scratch) / "data", log_dir=Path(scratch) / "logs") as where:
            environment = {
                **os.environ,
                "CONTRACTS_DIR": str(folder),
                "KAFKA_BOOTSTRAP_SERVERS": where.bootstrap_servers,
                "SCHEMA_REGISTRY_URL": where.schema_registry_url,
            }
            found, held = {}, 0
            for size in sizes:
                fill(where.bootstrap_servers, where.schema_registry_url, folder, held, size)
                held = size
                found[str(size)] = judge(environment)
                messages.print(f"{size:,} records: {found[str(size)]}")
    merge("quality.validating", {"rules": rules, "windows": found})


def add_rules(file: Path, count: int) -> None:
    """Bring the contract in `file` to `count` rules, by ranges that the records keep."""
    contract = yaml.safe_load(file.read_text(encoding="utf-8"))
    for number in range(count - len(contract["rules"])):
        contract["rules"].append(
            {
                "id": f"more-{number}",
                "check": "range",
                "field": _MEASURES[number % len(_MEASURES)],
                "min": -1000 - number,
                "max": 2000,
                "severity": "info",
                "why": "A benchmark.",
            }
        )
    file.write_text(yaml.safe_dump(contract, sort_keys=False), encoding="utf-8")


def fill(bootstrap_servers: str, registry_url: str, folder: Path, begin: int, end: int) -> None:
    """Publish the records from number `begin` up to `end`: hourly ones of some hundred stations."""
    contract = load_contract(folder / _TOPIC)
    with closing(connect(registry_url)) as registry:
        schema_id = registry.register(contract.subject, contract.newest.text)
    if begin == 0:
        admin = AdminClient({"bootstrap.servers": bootstrap_servers})
        for future in admin.create_topics([NewTopic(_TOPIC, _PARTITIONS, 1)]).values():
            future.result(15)
    schema: Any = fastavro.parse_schema(contract.newest.schema)
    producer = Producer({"bootstrap.servers": bootstrap_servers, "compression.type": "lz4", "linger.ms": 20})
    first = datetime(2013, 1, 1, tzinfo=timezone.utc)
    for number in range(begin, end):
        body = io.BytesIO()
        fastavro.schemaless_writer(body, schema, record(number, first))
        headers: dict[str, str | bytes | None] = {
            "source-partition": str(number % 3),
            "source-offset": str(number // 3),
        }
        value, key = frame(schema_id, body.getvalue()), f"S{number % _STATIONS}"
        while True:
            try:
                producer.produce(_TOPIC, value, key=key, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 500 == 0:
            producer.poll(0)
    if producer.flush(120):
        raise ServiceFailed("the broker did not take the records of the benchmark.")


def record(number: int, first: datetime) -> Mapping[str, Any]:
    """One observation; its values go up and down with its number."""
    wave = number * 7919 % 1000 / 50
    return {
        "source": "NYCFLIGHTS13",
        "replay": True,
        "station": f"S{number % _STATIONS}",
        "observed_at": first + timedelta(hours=number // _STATIONS),
        "received_at": datetime.now(timezone.utc),
        "writer_schema_id": 1,
        "name": f"Station {number % _STATIONS}",
        "latitude": -60.0 + number % _STATIONS / 3,
        "longitude": -150.0 + number % _STATIONS,
        "temperature": wave,
        "dew_point": wave - 3,
        "humidity": 50 + wave,
        "pressure": 1000 + wave,
        "visibility": 10000.0,
        "wind_speed": wave / 4,
        "wind_gust": wave / 3,
        "wind_direction": wave * 18,
    }


def judge(environment: Mapping[str, str]) -> dict[str, Any]:
    """Judge the whole topic; seconds and the highest sum of the processes' memory in MiB."""
    began, highest = time.monotonic(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "quality", "validate", "--topic", _TOPIC, "--no-publish", "--json"],
        stdout=subprocess.PIPE,
        env=dict(environment),
    )
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        highest = max(highest, resident(watched))
        time.sleep(_LOOK_EVERY)
    assert process.stdout is not None
    told = json.loads(process.stdout.read())
    return {
        "seconds": round(time.monotonic() - began, 1),
        "judging_seconds": told["seconds"],
        "memory_mib": round(highest / 2**20),
        "rows": told["rows"],
        "verdict": told["verdict"],
    }


def resident(process: psutil.Process) -> int:
    """Resident memory of a process and all below it; pages that they share count more than once."""
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.NoSuchProcess:
        return total
    return total


if __name__ == "__main__":
    run(lambda: typer.run(bench))
