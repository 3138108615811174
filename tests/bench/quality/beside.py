"""How much the watch slows the stream that it runs beside.

    python -m tests.bench.quality.beside [--records 12000000] [--rounds 3]

Run by `make bench`, on services of its own, everything on the same two cores. While the stream catches up, a
watch of what it publishes is started: the stream's pace is taken before it, while it judges and while it
rests.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import psutil
import typer

from contracts.errors import ServiceFailed
from contracts.folder.read import HOME, load_contracts
from contracts.kafka.log import watermarks
from contracts.kafka.topics import Broker
from contracts.process.command_line import messages, run
from contracts.registry.registry import connect
from quality.watch.loop import TIMES
from streaming.job import Job
from tests.bench import ways
from tests.bench.figures import merge
from tests.bench.raw_records import fill, framed
from tests.bench.services import Ground, ground
from tests.bench.sizes import ratios, scaled, spread

_PARTITIONS = 2
_FIRST = 2_000
_LONG_ENOUGH = 12_000_000
"""Records: with fewer the stream is done before a window is judged and rested for."""
_WINDOW = 20_000
_WARM_AFTER, _WATCHED_AFTER = 1 / 8, 1 / 4
"""Parts of the records: Java compiles until the one, the watch begins at the other."""
_LOOK_EVERY = 1.0
_STOP_WITHIN = 30.0

BEFORE, JUDGING, RESTING = "before the watch", "while it judges", "while it rests"


def bench(
    records: Annotated[int, typer.Option(min=6_000_000, help="Records to catch up with.")] = scaled(
        _LONG_ENOUGH, _LONG_ENOUGH
    ),
    rounds: Annotated[int, typer.Option(min=1)] = scaled(3),
) -> None:
    """Measure, round by round."""
    paces: list[dict[str, float]] = []
    with ground() as here:
        fill(here.kafka, "raw", _PARTITIONS, framed(records, here.raw_topic("raw", _PARTITIONS)))
        Broker(here.kafka).create("topic-weather-quality", 1)
        with contextlib.closing(connect(here.registry)) as registry:
            contract = load_contracts()["topic-weather-quality"]
            registry.register(contract.subject, contract.newest.text)
        # The first of all pays for files that are not in memory yet.
        fill(here.kafka, "first", _PARTITIONS, framed(_FIRST, here.raw_topic("first", _PARTITIONS)))
        with here.job("first", _PARTITIONS) as job:
            ways.run("job", job)
        for _ in range(rounds):
            with here.job("raw", _PARTITIONS) as job:
                paces.append(follow(here, job, records))
            messages.print(", ".join(f"{what}: {pace:,.0f} a second" for what, pace in paces[-1].items()))
    # Before the watch Java is not quite warm yet.
    alone = [one[RESTING] for one in paces]
    judging = [one[JUDGING] for one in paces]
    # Judging and rest follow each other; only the first costs.
    whole = [(pace + by_itself * TIMES) / (1 + TIMES) for pace, by_itself in zip(judging, alone, strict=True)]
    found = {
        "records": records,
        "to_alone": ratios(whole, alone),
        "judging_to_alone": ratios(judging, alone),
        "records_a_second": {what: spread([one[what] for one in paces], 0) for what in paces[0]},
    }
    merge("quality.beside", found)


def follow(here: Ground, job: Job, records: int) -> dict[str, float]:
    """Let the stream catch up, and start a watch on the way; gives the paces, in records a second."""
    done, seconds = defaultdict[str, float](float), defaultdict[str, float](float)
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(ThreadPoolExecutor(1)).submit(ways.run, "job", job)
        watching: psutil.Process | None = None
        # What starts the watch is not what it costs: until it has a child, it is as before.
        at, published, before, state = time.monotonic(), 0, "", BEFORE
        while not running.done():
            time.sleep(_LOOK_EVERY)
            if watching and watching.children():
                state = JUDGING
            elif state == JUDGING:
                state = RESTING
            now, total = time.monotonic(), sum(end for _, end in watermarks(job.kafka, job.final).values())
            if state == before and published > records * _WARM_AFTER and total < records:
                done[state] += total - published
                seconds[state] += now - at
            at, published, before = now, total, state
            if not watching and published > records * _WATCHED_AFTER:
                watching = stack.enter_context(watch(here, job.final))
        running.result()
    if missing := {BEFORE, JUDGING, RESTING} - {what for what, spent in seconds.items() if spent > 10}:
        raise ServiceFailed(f"too short a time {', '.join(sorted(missing))}: give it more records.")
    return {what: done[what] / seconds[what] for what in (BEFORE, JUDGING, RESTING)}


@contextlib.contextmanager
def watch(here: Ground, topic: str) -> Iterator[psutil.Process]:
    """Watch `topic` for the block; gives the process, whose child judges."""
    folder = here.folder / f"contracts-{topic}"
    for home in HOME.glob("topic-*"):
        shutil.copytree(home, folder / (topic if home.name == "topic-weather-final" else home.name))
    arguments = ["--topic", topic, "--most", str(_WINDOW), "--health", str(here.folder / f"{topic}.json")]
    process = subprocess.Popen(
        [sys.executable, "-m", "quality", "watch", "--json", *arguments],
        stdout=subprocess.DEVNULL,
        env={**here.environment, "CONTRACTS_DIR": str(folder)},
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(_STOP_WITHIN)


if __name__ == "__main__":
    run(lambda: typer.run(bench))
