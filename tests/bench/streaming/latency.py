"""From produced to readable on the final topic, in both modes and at several rates.

    python -m tests.bench.streaming.latency [--warm 30] [--seconds 20] [--mode real_time] [--rate 1000]

Run by `make bench`, on services of its own. A time is from the moment at which a raw record is handed to
the client to the one at which a consumer that takes one message at a time has what became of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from contracts.errors import ServiceFailed
from contracts.process.command_line import messages, run
from tests.bench.figures import merge
from tests.bench.raw_records import framed
from tests.bench.services import Ground, ground
from tests.bench.sizes import scaled
from tests.bench.steady import Reader, Sender, Times, percentiles, running

MODES: Mapping[str, tuple[str, ...]] = {"real_time": ("--real-time",), "micro_batch": ()}
RATES = (100, 1000, 3000)
_PARTITIONS = 2
_PERCENTILES = (50, 99, 99.9)
_WARM_RATE = 1000
_STILL_COMING = 10.0


def bench(
    warm: Annotated[int, typer.Option(min=1, help="Seconds to warm up.")] = scaled(30, 5),
    seconds: Annotated[int, typer.Option(min=1, help="Seconds at each rate.")] = scaled(20, 4),
    mode: Annotated[list[str], typer.Option(help="All where none is named.")] = list(MODES),  # noqa: B006
    rate: Annotated[list[int], typer.Option(help="Records a second.")] = list(RATES),  # noqa: B006
) -> None:
    """Measure each mode at each rate."""
    found: dict[str, dict[str, Any]] = {}
    with ground() as here:
        for name in mode:
            found[name] = measure(here, name, warm, seconds, rate)
    if {"real_time", "micro_batch"} <= found.keys():
        found["micro_batch_to_real_time"] = {
            pace: {p: round(found["micro_batch"][pace][p] / value, 1) for p, value in real_time.items()}
            for pace, real_time in found["real_time"].items()
        }
    merge("streaming.latency", {"warm_seconds": warm, "seconds": seconds, "milliseconds": found})


def measure(here: Ground, mode: str, warm: int, seconds: int, rates: list[int]) -> dict[str, Any]:
    """Latencies of one mode in ms: rate to percentiles."""
    topic = f"latency-{mode}"
    ids = here.raw_topic(topic, _PARTITIONS)
    sent: dict[int, Times] = {}
    with here.job(topic, _PARTITIONS) as job, running(job, here.environment, *MODES[mode]):
        sender = Sender(here.kafka, topic, _PARTITIONS, framed(sys.maxsize, ids))
        reader = Reader(here.kafka, job.final, _PARTITIONS)
        sender.send(_WARM_RATE, 1)
        reader.wait_for_first()
        sender.send(_WARM_RATE, warm)
        for rate in rates:
            sent[rate] = sender.send(rate, seconds)
        time.sleep(min(_STILL_COMING, seconds))
        read = reader.stop()
    if lost := [where for times in sent.values() for where in times if where not in read]:
        raise ServiceFailed(f"{len(lost)} records did not come out within {_STILL_COMING:.0f} s: {lost[:3]}.")
    found: dict[str, Any] = {}
    for rate, times in sent.items():
        waits = [(read[where] - at) / 1e6 for where, at in times.items()]
        found[f"{rate}_a_second"] = {k: round(v, 2) for k, v in percentiles(waits, _PERCENTILES).items()}
        messages.print(f"{mode} at {rate} records a second, ms: {found[f'{rate}_a_second']}")
    return found


if __name__ == "__main__":
    run(lambda: typer.run(bench))
