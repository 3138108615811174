"""Child processes that outlive nobody by accident: started, recognised again, stopped."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")

_STOP_SECONDS = 15.0
_GIST_CHARACTERS = 300
_PR_SET_PDEATHSIG = 1
_SERVICE_MARK = "-Dweather-platform.service="
_HOME_MARK = "-Dweather-platform.home="
_TELLING = ("Caused by:", "ERROR", "Exception", "Error:")

# A child bound to its parent dies with the *thread* that started it: so one thread, which lives as long as
# the process, starts them all, whoever asks.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
# Its thread is there before the first child: a pool that is interrupted while it starts one starts another.
_spawner.submit(int).result()
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Mark:
    """What a service carries on its command line, so that it is known again whatever its pid."""

    service: str
    home: Path

    @property
    def options(self) -> list[str]:
        """The Java options that carry the mark."""
        return [f"{_SERVICE_MARK}{self.service}", f"{_HOME_MARK}{self.home}"]

    def is_on(self, command_line: Sequence[str]) -> bool:
        """Whether a command line is this service of this folder."""
        if self.options[0] not in command_line:
            return False
        homes = [word.removeprefix(_HOME_MARK) for word in command_line if word.startswith(_HOME_MARK)]
        return homes == [str(self.home)]


def spawn(
    command: Sequence[str], keep: Callable[[psutil.Process], object], *, log: Path, folder: Path, bound: bool
) -> None:
    """Start a process in a session of its own, its output in `log`, and give it to `keep`.

    A `bound` one is killed by the kernel when this process ends in any way (on Linux). `keep` is called by
    the thread that starts the process, so that an interrupt here loses no child: `settle` waits for it.
    """
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}

    def start() -> None:
        with log.open("wb") as output:
            keep(
                psutil.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    env={**environment, "LC_ALL": "C.UTF-8"},
                    start_new_session=True,
                    preexec_fn=die_with_parent if bound else None,
                )
            )

    spawning(start)


def settle() -> None:
    """Wait until every child whose start was asked for has started and was kept, also after an interrupt."""
    spawning(lambda: None)


def spawning(start: Callable[[], T]) -> T:
    """Call `start`, which starts a child, in the thread that starts them all; returns what it returns.

    There Ctrl-C cannot fall into the moment of forking, where Python would swallow it.
    """
    return _spawner.submit(start).result()


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs: a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def find(mark: Mark) -> list[psutil.Process]:
    """Every living process that carries the mark."""
    return [process for process in psutil.process_iter() if carries(process, mark)]


def carries(process: psutil.Process, mark: Mark) -> bool:
    """Whether a process lives and carries the mark; a process of somebody else's never does."""
    try:
        return mark.is_on(process.cmdline()) and is_alive(process)
    except psutil.Error:
        return False


def by_pid(pid: int) -> psutil.Process | None:
    """The process of that number, if there is one."""
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def stop(processes: Iterable[psutil.Process], within: float = _STOP_SECONDS) -> None:
    """Ask all to end, and kill those that have not within the limit in seconds."""
    living = [process for process in processes if is_alive(process)]
    for process in living:
        _signal(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(living, timeout=within)
    kill(stubborn)


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kill at once, and see them gone."""
    processes = list(processes)
    for process in processes:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(processes, timeout=_STOP_SECONDS)


def gist_of(log: Path) -> str:
    """The most telling line of a log: the last that names an error, else the last."""
    try:
        lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        lines = []
    telling = [line for line in lines if line.startswith(_TELLING) or "ERROR" in line]
    chosen = telling[-1:] or [line for line in lines if line][-1:] or ["it wrote nothing"]
    return chosen[0][:_GIST_CHARACTERS]


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends (on Linux)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
