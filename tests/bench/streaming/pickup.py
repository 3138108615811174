"""How soon records of a new version flow that is registered while the stream runs.

    python -m tests.bench.streaming.pickup [--rounds 5] [--rate 1000]

Run by `make bench`, on services of its own. A time is from the moment before the registration to the one at
which a consumer has what became of the first record of the version, beside a steady load of the known ones.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from typing import Annotated

import typer

from contracts.process.command_line import messages, run
from contracts.registry.registry import connect
from tests.bench.figures import merge
from tests.bench.raw_records import evolved, framed
from tests.bench.services import ground
from tests.bench.sizes import scaled, spread
from tests.bench.steady import Reader, Sender, Steadily, Times, running

_TOPIC, _PARTITIONS = "pickup", 2
_WARM_SECONDS = scaled(20, 2)
_BETWEEN = scaled(12, 6)
"""Seconds from registration to registration: longer than one takes."""


def bench(
    rounds: Annotated[int, typer.Option(min=1, help="Versions to register.")] = scaled(5, 2),
    rate: Annotated[int, typer.Option(min=1, help="Records a second beside them.")] = 1000,
) -> None:
    """Register version after version, and time each."""
    registered: Times = {}
    with ground() as here:
        ids = here.raw_topic(_TOPIC, _PARTITIONS)
        with (
            here.job(_TOPIC, _PARTITIONS) as job,
            running(job, here.environment),
            contextlib.closing(connect(here.registry)) as registry,
        ):
            sender = Sender(here.kafka, _TOPIC, _PARTITIONS, framed(sys.maxsize, ids))
            reader = Reader(here.kafka, job.final, _PARTITIONS)
            sender.send(rate, 1)
            reader.wait_for_first()
            sender.send(rate, _WARM_SECONDS)
            with Steadily(sender, rate):
                for number in range(1, rounds + 1):
                    began = time.monotonic_ns()
                    new_id = registry.register(f"{_TOPIC}-value", json.dumps(evolved(number)))
                    *_, newest = framed(number + 1, [*ids * number, new_id])
                    registered |= dict.fromkeys(
                        Sender(here.kafka, _TOPIC, _PARTITIONS, iter([newest])).send(1, 1), began
                    )
                    time.sleep(_BETWEEN)
            read = reader.stop()
    seconds = spread([(read[where] - began) / 1e9 for where, began in registered.items()], 2)
    messages.print(f"a new version flows after {seconds} s")
    merge("streaming.pickup", {"rate": rate, "seconds": seconds})


if __name__ == "__main__":
    run(lambda: typer.run(bench))
