"""Killed without warning, again and again, in the middle of its work: nothing is lost, nothing comes twice.

`KILLS` in the environment says how often (20 by default).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from contracts.kafka import Kafka
from contracts.wire import frame
from streaming.checkpoint import remember
from streaming.offsets import watermarks
from tests.streams import Place, raw_values

_KILLS = int(os.environ.get("KILLS", "20"))
_PUBLISHES_WITHIN = 180.0
_BATCH = 2000
_LATEST_KILL = 0.5
"""Seconds after the first record was published: longer than the rest of a batch takes."""


def _kill_in_a_batch(place: Place, checkpoint: Path, log: Path, after: float) -> bool:
    """Run the stream until it publishes, and kill it `after` seconds; returns whether that hit a batch."""
    before = _published(place)
    with log.open("ab") as told:
        running = subprocess.Popen(
            [sys.executable, "-m", *place.arguments(checkpoint), "--largest-batch", str(_BATCH)],
            stdout=subprocess.DEVNULL,
            stderr=told,
            env=place.environment,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _PUBLISHES_WITHIN
        while _published(place) == before:
            assert running.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, f"nothing was published within {_PUBLISHES_WITHIN:.0f} s"
        time.sleep(after)
    finally:
        # Python and its Java at the same moment, as a machine that loses its power.
        java = psutil.Process(running.pid).children(recursive=True)
        os.killpg(running.pid, signal.SIGKILL)
        for child in java:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        running.wait()
        psutil.wait_procs(java, timeout=30)
    left = remember(checkpoint, place.raw)
    return bool(left and left.unfinished)


def _published(place: Place) -> int:
    both = (watermarks(Kafka(place.bootstrap_servers), topic) for topic in (place.final, place.quarantine))
    return sum(end for topic in both for _, end in topic.values())


@pytest.mark.timeout(120 + 60 * _KILLS)
def test_a_stream_that_is_killed_again_and_again_publishes_each_record_once(
    place: Place, tmp_path: Path
) -> None:
    moments = random.Random(_KILLS)
    poison = [b"", frame(1 << 30, b"x"), None]
    place.produce([*raw_values(_BATCH * _KILLS, place.raw_id), *poison])
    checkpoint, log = tmp_path / "checkpoint", tmp_path / "log"

    hits = sum(
        _kill_in_a_batch(place, checkpoint, log, moments.uniform(0, _LATEST_KILL)) for _ in range(_KILLS)
    )
    left = place.lost_and_doubled()[0]
    place.produce(raw_values(100, place.raw_id))
    done = subprocess.run(
        [sys.executable, "-m", *place.arguments(checkpoint), "--available-now"],
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=_PUBLISHES_WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    lost, doubled = place.lost_and_doubled()
    print(f"{_KILLS} kills, {hits} inside a batch; {len(left)} records were left at the last of them")
    assert (lost, doubled) == ([], [])
    assert hits > 0, "no kill hit a batch: the test has proved nothing"
