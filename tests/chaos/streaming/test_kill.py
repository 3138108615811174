"""Killed without warning, again and again, in the middle of its work: nothing is lost, nothing comes twice.

`KILLS` in the environment says how often in all (20 by default), half of them to each of two streams that
work side by side: one goes batch by batch, the other in real-time mode, and in batches now and then.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contracts.avro.wire import frame
from streaming.recovery.checkpoint import Checkpoint
from tests.stream_process import kill_with_children
from tests.streams import Place, make_place, raw_values

_KILLS = int(os.environ.get("KILLS", "20"))
_PUBLISHES_WITHIN = 180.0
BATCH = 2000
_LATEST_KILL = 0.5
"""Seconds after the first record was published: longer than the rest of a batch takes."""
_LOOK_EVERY = 0.02

IN_BATCHES = ("--largest-batch", str(BATCH))
REAL_TIME = ("--real-time", "--real-time-batch", "5")


@dataclass
class Campaign:
    """One stream that is killed and started again, and what was hit."""

    place: Place
    folder: Path
    speeds: Sequence[tuple[str, ...]]
    """Arguments of one start after the other, over and over."""
    moments: random.Random
    always: tuple[str, ...] = ()
    """Arguments of every start."""
    hits: Counter[str] = field(default_factory=Counter)

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint"

    def run(self, kills: int) -> None:
        """Let the stream be killed so often, then come to its end."""
        poison = [b"", frame(1 << 30, b"x"), None]
        self.place.produce([*raw_values(BATCH, self.place.raw_id), *poison])
        for number in range(kills):
            self.place.produce(raw_values(BATCH, self.place.raw_id))
            self._kill(self.speeds[number % len(self.speeds)], later=number % 2 == 1)
        done = subprocess.run(
            [sys.executable, "-m", *self.place.arguments(self.checkpoint), *self.always, "--available-now"],
            env=self.place.environment,
            capture_output=True,
            text=True,
            timeout=_PUBLISHES_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _kill(self, speed: tuple[str, ...], *, later: bool) -> None:
        """Run the stream until it publishes, and kill it within a moment.

        `later` waits until a stream in real-time mode has gone over what an earlier one had left.
        """
        log, started = self.folder / "log", int(time.time() * 1000)
        with log.open("ab") as told:
            running = subprocess.Popen(
                [sys.executable, "-m", *self.place.arguments(self.checkpoint), *self.always, *speed],
                stdout=subprocess.DEVNULL,
                stderr=told,
                env=self.place.environment,
                start_new_session=True,
            )

        def wait(until: Callable[[], bool], what: str) -> None:
            deadline = time.monotonic() + _PUBLISHES_WITHIN
            while not until():
                assert running.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline, f"{what}: not within {_PUBLISHES_WITHIN:.0f} s"
                time.sleep(_LOOK_EVERY)

        try:
            if later and speed is REAL_TIME:
                wait(lambda: self._in_real_time(started), "real-time mode")
                self.place.produce(raw_values(BATCH, self.place.raw_id))
            before = self.place.published()
            wait(lambda: self.place.published() > before, "a published record")
            time.sleep(self.moments.uniform(0, _LATEST_KILL))
        finally:
            kill_with_children(running)
        left = Checkpoint(self.checkpoint, self.place.raw).read()
        if self._in_real_time(started):
            self.hits["in real-time mode"] += 1
        elif left and left.unfinished:
            self.hits["inside a batch"] += 1
        else:
            self.hits["between batches"] += 1

    def _in_real_time(self, since: int) -> bool:
        """Whether real-time mode has begun after `since` (ms), by the stream's own note."""
        note = Checkpoint(self.checkpoint, self.place.raw).real_time()
        return bool(note and note.at_work and note.since >= since)


@pytest.mark.timeout(300 + 60 * _KILLS)
def test_streams_that_are_killed_again_and_again_publish_each_record_once(
    topic: Callable[..., str], bootstrap_servers: str, registry_url: str, tmp_path: Path
) -> None:
    campaigns = []
    for name, speeds in (
        ("in batches", [IN_BATCHES]),
        ("in real time", [REAL_TIME, REAL_TIME, REAL_TIME, IN_BATCHES]),
    ):
        place = make_place(bootstrap_servers, registry_url, [topic(partitions=2) for _ in range(3)])
        (tmp_path / name).mkdir()
        campaigns.append(Campaign(place, tmp_path / name, speeds, random.Random(_KILLS)))

    with ThreadPoolExecutor(len(campaigns)) as side_by_side:
        for ended in [
            side_by_side.submit(campaign.run, (_KILLS + 1 - i) // 2) for i, campaign in enumerate(campaigns)
        ]:
            ended.result()

    for campaign in campaigns:
        lost, doubled = campaign.place.lost_and_doubled()
        print(f"{campaign.folder.name}: {dict(campaign.hits)}; lost {lost}, doubled {doubled}")
        assert (lost, doubled) == ([], [])
    hits = campaigns[0].hits + campaigns[1].hits
    assert hits["inside a batch"], "no kill hit a batch: the test has proved nothing of them"
    assert hits["in real-time mode"], "no kill hit real-time mode: the test has proved nothing of it"
