"""What the rules of weather say of real observations, and how many injected errors they find.

    python -m tests.bench.streaming.replay_quality [--json]

Run by `make bench`. The 26,115 observations of the replay go through the real projection in one go, beside
copies into which an error was put. The file has one value that is known to be wrong; every other flag is
counted as a false alarm, though the file's own columns contradict each other now and then.
"""

from __future__ import annotations

import contextlib
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import fastavro
import typer
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from rich.table import Table

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.folder.product import product_named
from contracts.process.command_line import AsJson, messages, print_json, run
from producer import Context, parse
from producer.replay import SOURCE, load_observations
from streaming.engine.spark import QUICK_START, session
from streaming.record.plan import Plan, project
from streaming.record.source import named
from tests.bench.figures import merge
from tests.bench.sizes import scaled

Record = dict[str, Any]

_SEED = 305
_RAW_ID, _FINAL_ID, _QUARANTINE_ID = 1, 2, 3
_KAFKA = (
    "topic string, partition int, offset long, key binary, value binary, "
    "headers array<struct<key: string, value: binary>>"
)
_KNOWN_ERROR = "wind-speed-possible"
"""EWR, 2013-02-12: a wind of 1,048 miles an hour."""
_MPH = 0.44704
_BAD = (3, 4)


@dataclass(frozen=True, slots=True)
class Injected:
    """An error that is put into a raw field, and the flag that has to tell of it."""

    field: str
    flag: str
    error: Callable[[float], float]


def _plus(field: str, flag: str, unit: str, amounts: Sequence[float]) -> Iterator[tuple[str, Injected]]:
    """An amount more or less, as each falls to a row; the sign alternates."""
    for amount in amounts:
        yield f"{field} ± {amount:g} {unit}", Injected(field, flag, lambda value, by=amount: value + by)


ERRORS: Mapping[str, Injected] = {
    **dict(_plus("temperature", "qc_temperature", "°C", (5, 8, 10, 30))),
    **dict(_plus("pressure", "qc_pressure", "hPa", (3, 5, 40))),
    "humidity 0": Injected("humidity", "qc_humidity", lambda _: 0.0),
}
