from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from contracts.folder.product import product_named
from quality.watch import loop
from quality.watch.alerts import alerts
from quality.watch.loop import Watch, _started, busy, rest
from quality.window.times import now

_TOLD = "import os; print(os.nice(0), open('/proc/self/autogroup').read().split()[-1])"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this system does not weigh sessions")
def test_what_judges_stands_back_as_a_process_and_as_a_session() -> None:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        with _started(["-c", _TOLD], 15, out, errors) as child:
            assert child.wait(30) == 0
        out.seek(0)
        assert out.read().split() == ["15", "15"]


class Stop(threading.Event):
    """Is set by the first that waits; says for how long that wanted to."""

    waited = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.waited = timeout or 0.0
        self.set()
        return True


@pytest.mark.parametrize(
    ("nice", "load", "behind", "least", "most"),
    [
        (15, 0.9, True, 1.0, 30.0),
        (15, 0.9, False, 50.0, 60.0),
        (15, 0.5, True, 0.0, 0.0),
        (0, 0.9, True, 0.0, 0.0),
    ],
    ids=["busy", "busy, and the interval is longer", "idle", "does not stand back"],
)
def test_it_rests_five_times_as_long_as_it_judged_while_the_machine_is_busy(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    nice: int,
    load: float,
    behind: bool,
    least: float,
    most: float,
) -> None:
    def judge(_: Watch) -> dict[str, Any]:
        time.sleep(0.2)
        return {"said": "PASS", "behind": behind}

    monkeypatch.setattr(Watch, "_round", judge)
    monkeypatch.setattr(loop, "busy", lambda _: load)
    stop = Stop()
    lines: list[dict[str, Any]] = []
    Watch(
        product=product_named("weather"),
        topic="t",
        every=60.0,
        begin=now(),
        started=now(),
        most=1,
        alerts=alerts(),
        nice=nice,
        child=(),
        health=tmp_path / "health.json",
        stop=stop,
    ).run(lines.append)
    assert least <= stop.waited <= most
    assert ("the machine is busy" in lines[0]["said"]) is (load > 0.75 and nice > 0 and behind)


def test_a_machine_whose_processors_are_all_at_work_is_busy() -> None:
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)
    ]
    try:
        assert rest(1.0, busy(threading.Event())) == 5.0
    finally:
        for one in burners:
            one.kill()
            one.wait()
