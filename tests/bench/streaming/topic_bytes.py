"""Bytes of a record on each topic of weather: of its value, of its headers, and on the broker's disk.

    python -m tests.bench.streaming.topic_bytes

Run by `make bench`, on services of its own. The platform's own command lines write the topics, so that each
compresses as it does in use: the replay, the stream, the trends, one validation. Dead letters come of raw
records whose first byte is wrong.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from statistics import mean
from typing import Any, cast

import typer
from confluent_kafka import Message

from contracts.errors import ServiceFailed
from contracts.folder.product import product_named
from contracts.kafka.log import Span, open_log
from contracts.process.command_line import messages, run
from tests.bench.figures import merge
from tests.bench.raw_records import fill
from tests.bench.services import Ground, ground
from tests.bench.sizes import scaled

_WITHIN = 1800.0
_WRITERS: tuple[tuple[str, ...], ...] = (
    ("streaming", "run", "--available-now", "--checkpoint", "stream"),
    ("streaming", "trends", "--available-now", "--checkpoint", "trends"),
    ("quality", "validate", "--report", "report"),
)


def bench() -> None:
    """Have each part write its topics, then read them."""
    product = product_named("weather")
    with ground() as here:
        _run(here, "contracts", "apply")
        _run(here, "producer", "replay", "run")
        disk = {product.raw.topic: here.bytes_of(product.raw.topic)}
        raw = _read(here, product.raw.topic)
        broken = [
            (one.key() or b"", b"\1" + (one.value() or b"")[1:]) for one in islice(raw, scaled(1000, 100))
        ]
        fill(here.kafka, product.raw.topic, 1, iter(broken))
        for writer in _WRITERS:
            _run(here, *writer)
        records = {product.raw.topic: raw, **{topic: _read(here, topic) for topic in product.topics[1:]}}
        disk |= {topic: here.bytes_of(topic) for topic in product.topics[1:]}
    merge("streaming.topic_bytes", {topic: _sizes(found, disk[topic]) for topic, found in records.items()})


def _sizes(records: list[Message], disk: int) -> dict[str, Any]:
    values = [len(one.value() or b"") for one in records]
    headers = [
        sum(len(key) + len(value or b"") for key, value in cast(list[tuple[str, bytes]], one.headers() or []))
        for one in records
    ]
    return {
        "records": len(records),
        "value": round(mean(values)),
        "headers": round(mean(headers)),
        "on_disk": round(disk / len(records)),
    }


def _read(here: Ground, topic: str) -> list[Message]:
    with open_log(here.kafka) as log:
        spans = {at: Span(begin, end) for at, (begin, end) in log.spans(topic).items()}
        return list(log.read(spans))


def _run(here: Ground, *words: str) -> None:
    messages.print(" ".join(words))
    command = [sys.executable, "-m", *words]
    done = subprocess.run(
        command, cwd=here.folder, env=here.environment, capture_output=True, timeout=_WITHIN, check=False
    )
    # A validation ends with 1 where a critical rule is broken.
    if done.returncode not in ({0, 1} if words[0] == "quality" else {0}):
        raise ServiceFailed(f"{' '.join(words)} failed: {done.stderr.decode()[-500:]}")


if __name__ == "__main__":
    run(lambda: typer.run(bench))
