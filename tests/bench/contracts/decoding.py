"""Decoding records of the final topic: ours against confluent-kafka's own deserializer, in one process; and
a few fields of each record against the whole.

Run by `make bench`. Every round times each way on the same records; a ratio is of two times in one round, so
that a busy machine slows both. The library is given its fastest setup: no reader schema, no typed records.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from contracts.avro.decode import Decoder
from contracts.avro.json_form import from_json
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import parse
from contracts.folder.read import HOME, load_contracts
from contracts.generate.part import part_of
from contracts.kafka.settings import addresses
from contracts.records.topic_weather_final import Observation
from contracts.registry.registry import Registry, connect
from embedded import Services
from tests.bench.figures import merge

RECORDS = 3_000
ROUNDS = 9
TOPIC = "topic-bench-decoding"
READS = frozenset({"station", "observed_at", "temperature"})
CONTEXT = SerializationContext(TOPIC, MessageField.VALUE)


def main() -> None:
    with registry() as known:
        values = records(known)
        library, ours = AvroDeserializer(known.client), Decoder(Observation.SCHEMA, known.schema)
        some, part = Decoder(Observation.SCHEMA, known.schema, reads=READS), part_of(Observation, READS)
        ways: dict[str, Callable[[bytes], Any]] = {
            "library": lambda value: library(value, CONTEXT),
            "dictionaries": ours.decode,
            "typed": lambda value: Observation.from_dict(ours.decode(value)),
            "chosen": lambda value: part.from_dict(some.decode(value)),
        }
        for value in values[:3]:
            assert ways["library"](value) == ways["dictionaries"](value) == ways["typed"](value).to_dict()
            assert ways["chosen"](value).temperature == ways["typed"](value).temperature
        rounds = [{name: seconds(way, values) for name, way in ways.items()} for _ in range(ROUNDS)]
    figures: dict[str, Any] = {"records": RECORDS, "rounds": ROUNDS}
    for name in ways:
        figures[f"{name}_per_second"] = round(RECORDS / statistics.median(row[name] for row in rounds))
    for name, other in (("dictionaries", "library"), ("typed", "library"), ("chosen", "typed")):
        ratios = [row[other] / row[name] for row in rounds]
        figures[f"{name}_times_{'the_library' if other == 'library' else other}"] = {
            "median": round(statistics.median(ratios), 2),
            "least": round(min(ratios), 2),
            "most": round(max(ratios), 2),
        }
    merge("contracts.decoding", figures)


@contextmanager
def registry() -> Iterator[Registry]:
    """The registry in use, else one of this run's own."""
    try:
        yield connect(addresses().registry.url)
    except UnusableSetting:
        with (
            tempfile.TemporaryDirectory() as folder,
            Services(data_dir=Path(folder) / "data", log_dir=Path(folder) / "logs") as own,
        ):
            yield connect(own.schema_registry_url)


def records(known: Registry) -> list[bytes]:
    contract = load_contracts()["topic-weather-final"]
    known.register(f"{TOPIC}-value", contract.newest.text)
    serialize = AvroSerializer(known.client, contract.newest.text, conf={"auto.register.schemas": False})
    node = parse(contract.newest.schema)
    paths = sorted((HOME / contract.topic / "examples" / f"v{contract.newest.number}").glob("*.json"))
    examples = [from_json(node, json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    framed = [serialize(value, CONTEXT) for value in examples]
    return [value for value in framed if value is not None] * (RECORDS // len(framed))


def seconds(way: Callable[[bytes], Any], values: list[bytes]) -> float:
    began = time.perf_counter()
    for value in values:
        way(value)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
