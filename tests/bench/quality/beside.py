"""How much the watch slows the stream that it runs beside.

    python -m tests.bench.quality.beside [--records 12000000] [--rounds 2]

Run by `make bench`, on services of its own, everything on the same two cores. The stream catches up with the
same records in turn alone and beside a watch of what it publishes, which always has a window to judge. The
windows are small and the rounds long, so that a round holds judging and rest as they follow each other.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from contracts.broker import Broker
from contracts.cli_support import messages, run
from contracts.errors import ContractsAtFault
from contracts.folder import HOME, load_contracts
from contracts.registry import connect
from streaming.job import FINAL
from tests.bench import ways
from tests.bench.figures import merge
from tests.bench.raw_records import fill, framed
from tests.bench.services import Ground, ground
from tests.bench.sizes import ratios, scaled, spread

_HISTORY = "topic-weather-quality"
_PARTITIONS = 2
_FIRST = 2_000
_WINDOW = 20_000
_AT_LEAST = 0.95
_START_WITHIN = _STOP_WITHIN = 30.0


def bench(
    records: Annotated[int, typer.Option(min=1000, help="Records to catch up with.")] = scaled(
        12_000_000, 2_000
    ),
    rounds: Annotated[int, typer.Option(min=1)] = scaled(2),
) -> None:
    """Measure; exits with 1 when the watch costs the stream more than 5 %."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    begun: list[int] = []
    with ground() as here:
        fill(here.kafka, "raw", _PARTITIONS, framed(records, here.raw_topic("raw", _PARTITIONS)))
        Broker(here.kafka).create(_HISTORY, 1)
        with contextlib.closing(connect(here.registry)) as registry:
            contract = load_contracts()[_HISTORY]
            registry.register(contract.subject, contract.newest.text)
        # The first of all pays for files that are not in memory yet.
        fill(here.kafka, "first", _PARTITIONS, framed(_FIRST, here.raw_topic("first", _PARTITIONS)))
        with here.job("first", _PARTITIONS) as job:
            ways.run("job", job)
        for number in range(rounds):
            # The order changes, so that nobody is always first after another.
            for watched in (False, True) if number % 2 else (True, False):
                with here.job("raw", _PARTITIONS) as job, watch(here, job.final, watched) as lines:
                    rates[watched].append(ways.run("job", job).rate)
                if watched:
                    begun.append(len(lines))
                messages.print(
                    f"{'beside the watch' if watched else 'alone'}: {rates[watched][-1]:,.0f} a second"
                )
    ratio = ratios(rates[True], rates[False])
    found = {
        "records": records,
        "to_alone": ratio,
        "records_a_second_alone": spread(rates[False], 0),
        "records_a_second_beside": spread(rates[True], 0),
        "windows_judged": begun,
    }
    merge("quality_watch", found)
    if ratio["median"] < _AT_LEAST:
        raise ContractsAtFault(f"not kept: {ratio}: run it on an idle machine, or look why.")


@contextlib.contextmanager
def watch(here: Ground, topic: str, wanted: bool) -> Iterator[list[str]]:
    """Watch `topic` for the block, where that is wanted; gives the lines of its rounds in the end."""
    lines: list[str] = []
    if not wanted:
        yield lines
        return
    folder = here.folder / f"contracts-{topic}"
    for home in HOME.glob("topic-*"):
        shutil.copytree(home, folder / (topic if home.name == FINAL else home.name))
    log, health = here.folder / f"{topic}.log", here.folder / f"{topic}.json"
    arguments = ["--topic", topic, "--every", "5s", "--most", str(_WINDOW), "--health", str(health)]
    began = time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "quality", "watch", "--json", *arguments],
            stdout=out,
            env={**here.environment, "CONTRACTS_DIR": str(folder)},
        )
        try:
            # What starts it is not what it costs.
            while not health.exists():
                if process.poll() is not None or time.monotonic() - began > _START_WITHIN:
                    raise ContractsAtFault("the watch did not start.")
                time.sleep(0.1)
            yield lines
        finally:
            process.terminate()
            process.wait(_STOP_WITHIN)
    lines += [line for line in log.read_text(encoding="utf-8").splitlines() if '"verdict"' in line]


if __name__ == "__main__":
    run(lambda: typer.run(bench))
