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
children = []
process.spawn(sys.argv[2:], children.append, log=Path(sys.argv[1]), folder=Path.cwd(), bound=True)
print(children[0].pid, flush=True)
children[0].wait()
"""
# The child is kept only after the interrupt has come.
INTERRUPTED = """
import sys, threading
from pathlib import Path
from embedded import process
interrupted, children = threading.Event(), []

def keep(child):
    print("started", flush=True)
    interrupted.wait(60)
    children.append(child)

try:
    process.spawn(sys.argv[2:], keep, log=Path(sys.argv[1]), folder=Path.cwd(), bound=False)
except KeyboardInterrupt:
    interrupted.set()
    process.settle()
    process.kill(children)
    print(len(children), flush=True)
"""


def _spawn(command: list[str], folder: Path) -> psutil.Process:
    started: list[psutil.Process] = []
    process.spawn(command, started.append, log=folder / "log", folder=folder, bound=True)
    return started[0]


def _python(script: str, *arguments: str) -> subprocess.Popen[str]:
    docker = str(Path(process.__file__).resolve().parent.parent)
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": docker},
    )


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
    parent = _python(PARENT, str(tmp_path / "log"), *SLEEP)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    _, alive = psutil.wait_procs([child], timeout=10)
    process.kill(alive)
    assert not alive


def test_a_child_whose_start_is_interrupted_is_kept_and_can_be_ended(tmp_path: Path) -> None:
    parent = _python(INTERRUPTED, str(tmp_path / "log"), *SLEEP)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "started\n"
    parent.send_signal(signal.SIGINT)
    out, _ = parent.communicate(timeout=60)
    assert out == "1\n"


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
