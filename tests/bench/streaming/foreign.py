"""What a flood of foreign schema ids costs a running stream, against the same records without.

    python -m tests.bench.streaming.foreign [--records 100000] [--ids 1000] [--rounds 3]

Run by `make bench`, on services of its own. One record in ten has an id that nobody has registered; each
round brings ids that no round before had.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.errors import ServiceFailed
from contracts.kafka.log import watermarks
from contracts.process.command_line import messages, run
from streaming.job import Job
from tests.bench.figures import merge
from tests.bench.raw_records import Record, fill, framed
from tests.bench.services import ground
from tests.bench.sizes import ratios, scaled, spread
from tests.bench.steady import running

_PARTITIONS = 2
_EVERY = 10
_FIRST_ID = 1_000_000
_WITHIN = 240.0
_LOOK_EVERY = 0.05


def bench(
    records: Annotated[int, typer.Option(min=100, help="Records of each block.")] = scaled(100_000, 2_000),
    ids: Annotated[int, typer.Option(min=1, help="Different foreign ids in a block.")] = scaled(1_000, 20),
    rounds: Annotated[int, typer.Option(min=1)] = scaled(3),
) -> None:
    """Send blocks with and without foreign ids in turn, and wait for each to come out."""
    seconds: dict[str, list[float]] = {"none": [], "flood": []}
    with ground() as here:
        own = here.raw_topic("foreign", _PARTITIONS)
        with here.job("foreign", _PARTITIONS) as job, running(job, here.environment):
            come_out(job, records, framed(records, own))
            for number in range(rounds):
                numbers = itertools.cycle(range(_FIRST_ID + number * ids, _FIRST_ID + (number + 1) * ids))
                seconds["none"].append(come_out(job, records, framed(records, own)))
                seconds["flood"].append(come_out(job, records, flooded(framed(records, own), numbers)))
                messages.print(", ".join(f"{name} {spent[-1]:.1f} s" for name, spent in seconds.items()))
    found: dict[str, Any] = {"records": records, "ids": ids, "rounds": rounds}
    found["flood_to_none"] = ratios(seconds["none"], seconds["flood"])
    found["seconds"] = {name: spread(spent, 1) for name, spent in seconds.items()}
    merge("streaming.foreign", found)


def flooded(records: Iterator[Record], numbers: Iterator[int]) -> Iterator[Record]:
    """Give one record in ten the next of the `numbers` for its schema id."""
    for count, (key, value) in enumerate(records):
        if count % _EVERY == 0:
            value = frame(next(numbers), value[HEADER_SIZE:])  # noqa: PLW2901
        yield key, value


def come_out(job: Job, count: int, records: Iterator[Record]) -> float:
    """Seconds from the first of `count` records sent to all of them on one output topic or the other."""
    held = list(records)
    wanted = _published(job) + count
    began = time.monotonic()
    fill(job.kafka, job.topic, _PARTITIONS, iter(held))
    while _published(job) < wanted:
        if time.monotonic() - began > _WITHIN:
            raise ServiceFailed(f"the stream did not come to its end within {_WITHIN:.0f} s.")
        time.sleep(_LOOK_EVERY)
    return time.monotonic() - began


def _published(job: Job) -> int:
    marks = [watermarks(job.kafka, topic) for topic in (job.final, job.quarantine)]
    return sum(end - first for one in marks for first, end in one.values())


if __name__ == "__main__":
    run(lambda: typer.run(bench))
