from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from embedded import process

HOME = Path("/a folder/build/services")
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(20)
"""
PARENT = """
import sys
from pathlib import Path
from embedded import process
child = process.spawn(sys.argv[2:], log=Path(sys.argv[1]), folder=Path.cwd(), bound=True)
print(child.pid, flush=True)
child.wait()
"""


def _spawn(command: list[str], folder: Path) -> psutil.Process:
    return process.spawn(command, log=folder / "log", folder=folder, bound=True)


def test_a_service_is_found_by_its_mark_and_no_other_is(tmp_path: Path) -> None:
    mark = process.Mark("broker", tmp_path)
    ours = _spawn([*SLEEP, *mark.options], tmp_path)
    try:
        assert [found.pid for found in process.find(mark)] == [ours.pid]
        assert process.find(process.Mark("registry", tmp_path)) == []
        assert process.find(process.Mark("broker", tmp_path / "elsewhere")) == []
    finally:
        process.kill([ours])
    assert process.find(mark) == []


def test_a_pid_that_now_belongs_to_another_program_is_not_the_service() -> None:
    reused = process.by_pid(os.getpid())
    assert reused is not None
    assert not process.carries(reused, process.Mark("broker", HOME))


def test_a_bound_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    docker = str(Path(process.__file__).resolve().parent.parent)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log"), *SLEEP],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": docker},
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    _, alive = psutil.wait_procs([child], timeout=10)
    process.kill(alive)
    assert not alive


def test_what_ignores_a_request_to_end_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True) as stubborn:
        assert stubborn.stdout is not None
        assert stubborn.stdout.readline() == "deaf\n"
        process.stop([psutil.Process(stubborn.pid)], within=0.2)
        assert not psutil.pid_exists(stubborn.pid)


@pytest.mark.parametrize(
    ("text", "gist"),
    [
        ("starting\n[main] ERROR the port is taken\nbye\n", "[main] ERROR the port is taken"),
        ("starting\nending\n\n", "ending"),
        ("", "it wrote nothing"),
    ],
)
def test_the_gist_of_a_log_is_its_last_telling_line(tmp_path: Path, text: str, gist: str) -> None:
    (tmp_path / "log").write_text(text, encoding="utf-8")
    assert process.gist_of(tmp_path / "log") == gist
