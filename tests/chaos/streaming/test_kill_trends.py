"""The trends, killed without warning in the middle of their work: none is lost, and none comes twice.

`TREND_KILLS` in the environment says how often (4 by default).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from streaming.recovery.checkpoint import Checkpoint
from tests.stream_process import kill_with_children
from tests.trends import FIELDS, Seen, TrendsPlace, expected, hourly

_KILLS = int(os.environ.get("TREND_KILLS", "4"))
_STATIONS = 40
_HOURS = 24
"""Hours that are observed between two kills."""
_WITHIN = 180.0
_LATEST_KILL = 2.0
"""Seconds after the first trend was published: about the length of a batch."""
_BATCH = 200


def _values(station: int, first: int, dice: random.Random) -> list[Seen]:
    temperatures = [round(dice.gauss(10, 6), 1) for _ in range(_HOURS)]
    return [
        Seen(one.t, one.values, at=(station, one.at[1]), station=f"S{station}", received=one.t)
        for one in hourly("temperature", temperatures, start=first)
    ]


def _kill(place: TrendsPlace, checkpoint: Path, log: Path, after: float) -> str:
    """Run the trends until they publish, and kill them within a moment; tells where that hit."""
    before = place.held()
    with log.open("ab") as told:
        running = subprocess.Popen(
            [
                sys.executable,
                "-m",
                *place.arguments(checkpoint),
                "--largest-batch",
                str(_BATCH),
                "--trigger",
                "0 seconds",
            ],
            stdout=subprocess.DEVNULL,
            stderr=told,
            env=place.environment,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _WITHIN
        while place.held() <= before:
            assert running.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, f"no trend within {_WITHIN:.0f} s"
            time.sleep(0.02)
        time.sleep(after)
    finally:
        kill_with_children(running)
    left = Checkpoint(checkpoint, place.final).read()
    return "inside a batch" if left and left.unfinished else "between batches"


@pytest.mark.timeout(300 + 90 * _KILLS)
def test_trends_that_are_killed_again_and_again_are_told_once(
    topic: Callable[..., str], bootstrap_servers: str, registry_url: str, tmp_path: Path
) -> None:
    place = TrendsPlace(bootstrap_servers, registry_url, topic(partitions=2), topic(partitions=2))
    dice, hits = random.Random(_KILLS), Counter[str]()
    seen: list[list[Seen]] = [[] for _ in range(_STATIONS)]
    for number in range(_KILLS):
        for station in range(_STATIONS):
            seen[station] += _values(station, number * _HOURS, dice)
        place.produce(sorted((one for known in seen for one in known[-_HOURS:]), key=lambda one: one.t))
        hits[_kill(place, tmp_path / "checkpoint", tmp_path / "log", dice.uniform(0, _LATEST_KILL))] += 1
    done = subprocess.run(
        [sys.executable, "-m", *place.arguments(tmp_path / "checkpoint"), "--available-now"],
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    found = place.trends_by_place()

    print(f"{dict(hits)}, {len(found)} trends")
    # The last one of each station waits for the next, or for the watermark.
    wanted = {at: row for known in seen for at, row in expected(known).items() if at != known[-1].at}
    assert {at: {name: row[name] for name in FIELDS} for at, row in found.items()} == wanted
    assert hits["inside a batch"], "no kill hit a batch: the test has proved nothing"
