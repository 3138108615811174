"""Memory of the stream's Java process over ten minutes of steady load.

    python -m tests.bench.streaming.memory [--seconds 600] [--rate 1000] [--real-time]

Run by `make bench`, on services of its own. What is resident is sampled, and so are the objects that are
in use. Growth is the slope after the first third, with its standard error.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from typing import Annotated

import psutil
import typer

from contracts.errors import ServiceFailed
from contracts.process.command_line import messages, run
from tests.bench.figures import merge
from tests.bench.raw_records import framed
from tests.bench.services import ground
from tests.bench.sizes import scaled
from tests.bench.steady import Reader, Sender, Steadily, java_of, live, running

_PARTITIONS = 2
_SAMPLES = 300
_COUNT_EVERY = 15

Point = tuple[float, float]
"""Minutes and MiB."""


def bench(
    seconds: Annotated[int, typer.Option(min=10)] = scaled(600, 40),
    rate: Annotated[int, typer.Option(min=1, help="Records a second.")] = 1000,
    real_time: Annotated[bool, typer.Option("--real-time")] = False,
) -> None:
    """Watch one mode."""
    with ground() as here:
        ids = here.raw_topic("memory", _PARTITIONS)
        options = ("--real-time", "--real-time-batch=60") if real_time else ()
        with here.job("memory", _PARTITIONS) as job, running(job, here.environment, *options) as stream:
            sender = Sender(here.kafka, "memory", _PARTITIONS, framed(sys.maxsize, ids))
            reader = Reader(here.kafka, job.final, _PARTITIONS)
            with Steadily(sender, rate):
                reader.wait_for_first()
                resident, heap = watch(java_of(stream), seconds)
            published = len(reader.stop())
    found = {"seconds": seconds, "rate": rate, "records": published, "resident": growth(resident)}
    merge(f"streaming.memory.{'real_time' if real_time else 'micro_batch'}", {**found, "heap": growth(heap)})


def watch(java: psutil.Process, seconds: int) -> tuple[list[Point], list[Point]]:
    """Resident memory, and what lives on the heap, sampled evenly."""
    began = time.monotonic()
    resident: list[Point] = []
    heap: list[Point] = []
    for number in range(_SAMPLES):
        time.sleep(max(0.0, began + seconds * number / _SAMPLES - time.monotonic()))
        at = (time.monotonic() - began) / 60
        resident.append((at, java.memory_info().rss / 2**20))
        if number % _COUNT_EVERY == 0:
            heap.append((at, live(java) / 2**20))
            messages.print(
                f"{at:.1f} min: {resident[-1][1]:,.0f} MiB resident, {heap[-1][1]:,.0f} live on the heap"
            )
    return resident, heap


def growth(points: Sequence[Point]) -> dict[str, float]:
    """Slope of the later two thirds, by least squares, and what they lie between."""
    late = [point for point in points if point[0] > points[0][0] + (points[-1][0] - points[0][0]) / 3]
    if len(late) < 3:
        raise ServiceFailed("too few samples: measure for longer.")
    times, sizes = [time for time, _ in late], [size for _, size in late]
    slope, start = statistics.linear_regression(times, sizes)
    left = [size - (start + slope * at) for at, size in late]
    middle = statistics.mean(times)
    error = (
        sum(one * one for one in left) / (len(late) - 2) / sum((at - middle) ** 2 for at in times)
    ) ** 0.5
    return {
        "samples": len(late),
        "mib_a_minute": round(slope, 3),
        "standard_error": round(error, 3),
        "least_mib": round(min(sizes), 1),
        "median_mib": round(statistics.median(sizes), 1),
        "most_mib": round(max(sizes), 1),
    }


if __name__ == "__main__":
    run(lambda: typer.run(bench))
