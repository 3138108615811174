"""A final topic of a test, filled with examples of its contract, and the process that keeps its table."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from contracts.avro.encode import encoder
from contracts.avro.json_form import from_json
from contracts.consume import Message, consume
from contracts.evolution.compatibility.schema import parse
from contracts.folder.model import Contract, JsonSchema
from contracts.folder.read import contract_of
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import open_log
from contracts.records.topic_weather_final import Observation
from contracts.registry.registry import connect
from contracts.tables.check import Comparison, compare
from contracts.tables.keep import ends, opened, table_of
from contracts.tables.known import learn
from contracts.tables.settings import Warehouse
from tests.conftest import ROOT
from tests.forked import COMMAND_LINES
from tests.stream_process import kill_with_children
from tests.streams import Place

_SECONDS = 120.0
_LOOK_EVERY = 0.1
BEGIN = datetime(2024, 2, 28, tzinfo=timezone.utc)


_SPARK = """
import json, sys
from contracts.tables.settings import Warehouse
from streaming.tables.spark import table_session

location, questions = sys.argv[1], json.loads(sys.argv[2])
spark = table_session(Warehouse(location), quick_start=True)
for question in questions:
    print(json.dumps([row.asDict(recursive=True) for row in spark.sql(question).collect()]))
"""


def asked_by_spark(where: Warehouse, questions: Sequence[str]) -> list[list[dict[str, Any]]]:
    """The rows that a Spark of its own gives to each question; a table is named as by `full_name`."""
    done = subprocess.run(
        [sys.executable, "-c", _SPARK, where.location, json.dumps(questions)],
        capture_output=True,
        text=True,
        timeout=180,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@dataclass(frozen=True)
class TableUnderTest:
    """The final topic of `place`, and its table."""

    place: Place
    warehouse: Warehouse

    @property
    def contract(self) -> Contract:
        return replace(contract_of("topic-weather-final"), topic=self.place.final)

    @property
    def environment(self) -> dict[str, str]:
        return {**self.place.environment, "TABLES_WAREHOUSE": self.warehouse.location}

    def arguments(self, *more: str) -> list[str]:
        return [
            "streaming", "table", "--role", "final", "--final", self.place.final, "--quick-start", *more,
        ]  # fmt: skip

    def register(self, schema: JsonSchema) -> int:
        """Register a version of the contract; gives its id."""
        registry = connect(self.place.registry_url)
        try:
            return registry.register(self.contract.subject, json.dumps(schema))
        finally:
            registry.close()

    def produce(self, schema: JsonSchema, schema_id: int, records: int, version: int, **values: Any) -> None:
        """Produce examples of a version of the contract, each of another hour, with these `values`."""
        encode = encoder(schema, schema_id)
        producer = Producer({"bootstrap.servers": self.place.bootstrap_servers, "linger.ms": 5})
        examples = itertools.cycle(_examples(self.contract, version))
        for number, example in zip(range(records), examples, strict=False):
            value = {
                **example,
                "station": f"S{number % 7}",
                "observed_at": BEGIN + timedelta(hours=number),
                **values,
            }
            producer.produce(self.place.final, encode(value), key=value["station"])
        assert producer.flush(_SECONDS) == 0

    def produce_bytes(self, value: bytes) -> None:
        producer = Producer({"bootstrap.servers": self.place.bootstrap_servers})
        producer.produce(self.place.final, value)
        assert producer.flush(_SECONDS) == 0

    def typed(self, topic: str) -> Iterator[Message[Observation]]:
        """Every record of a topic that can be read as the newest version's, in its place."""
        return consume(
            topic,
            Observation,
            bootstrap_servers=self.place.bootstrap_servers,
            registry_url=self.place.registry_url,
            stop_at_end=True,
            on_poison="skip",
        )

    def rows(self) -> int:
        """How many rows the table has; none where there is no table."""
        if not (Path(self.warehouse.location) / "catalog.db").exists():
            return 0
        with opened(self.warehouse) as catalogue:
            from contracts.errors import UnusableSetting

            try:
                found = table_of(catalogue, self.place.final).current_snapshot()
            except UnusableSetting:
                return 0
            return int(found.summary["total-records"] or 0) if found and found.summary else 0

    def compared(self) -> Comparison:
        registry = connect(self.place.registry_url)
        with (
            opened(self.warehouse) as catalogue,
            open_log(Kafka(self.place.bootstrap_servers)) as log,
        ):
            table = table_of(catalogue, self.place.final)
            found = compare(table, ends(table), learn(self.contract, registry), log)
        registry.close()
        return found

    def fill(self, records: int) -> None:
        """Records of both versions of the contract, and two that nobody can read."""
        v1, v2 = (version.schema for version in self.contract.versions)
        self.produce(v1, self.register(v1), records // 3, 1)
        self.produce_bytes(b"no record")
        self.produce(v2, self.place.final_id, records - records // 3, 2)
        self.produce_bytes(b"\0\0\0\0")

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        """`python -m streaming table` to its end."""
        return COMMAND_LINES.run(self.arguments(*more), self.environment, timeout=180)

    def restore(self, *more: str) -> subprocess.CompletedProcess[str]:
        """`python -m streaming restore` to its end."""
        arguments = ["streaming", "restore", "--final", self.place.final, "--json", *more]
        return COMMAND_LINES.run(arguments, self.environment, timeout=180)

    @contextmanager
    def running(self, log: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """`python -m streaming table` at work; whatever is left of it behind the block is killed."""
        with log.open("ab") as told:
            process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments(*more)],
                stdout=told,
                stderr=told,
                env=self.environment,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            kill_with_children(process)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something is so, while the process is at work."""
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert process.poll() is None, f"it ended with {process.returncode}: {log.read_text()[-3000:]}"
        assert time.monotonic() < deadline, f"not within {_SECONDS:.0f} s: {log.read_text()[-3000:]}"
        time.sleep(_LOOK_EVERY)


def _examples(contract: Contract, version: int) -> list[Mapping[str, Any]]:
    node = parse(contract.versions[version - 1].schema)
    files = sorted((contract_of("topic-weather-final").home / "examples" / f"v{version}").glob("*.json"))
    return [from_json(node, json.loads(file.read_text(encoding="utf-8"))) for file in files]
