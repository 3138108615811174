"""Runs `python -m …` in a process of its own that has the platform's imports behind it.

The imports of a command line take a second or two, those of Great Expectations five and more, and the tests
run hundreds of them. So one process imports
what they share, once, and forks itself for each: the server below, which `COMMAND_LINES` starts and asks.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import random
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

_ROOT = Path(__file__).resolve().parent.parent
_IMPORTED = (
    *("contracts.cli", "producer.cli", "streaming.cli", "quality.cli"),
    *("quality.judge.engine", "quality.report.data_docs", "quality.report.page.page"),
)
_START_SECONDS = 120.0
_PYTHONS_OWN = ("PYTHON", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM")
"""Variables that are read when Python, or the console, starts: who changes one gets a Python that starts."""


class CommandLines:
    """Runs command lines one after the other; starts its server when it is first asked.

    The server ends when this process has.
    """

    def __init__(self) -> None:
        """Begin without a server."""
        self._ours: socket.socket | None = None
        self._one_at_a_time = threading.Lock()

    def run(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        *,
        cwd: Path = _ROOT,
        timeout: float = 120,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` of `python -m *arguments`; raises its `TimeoutExpired`."""
        if not _can_be_forked(env):
            return subprocess.run(
                [sys.executable, "-m", *arguments],
                capture_output=True,
                text=True,
                input=stdin,
                timeout=timeout,
                cwd=cwd,
                env=dict(env),
                check=False,
            )
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("in", "out", "err")]
            files[0].write_text(stdin or "", encoding="utf-8")
            request = {"arguments": list(arguments), "env": dict(env), "cwd": str(cwd)}
            with self._one_at_a_time:
                code = self._ask({**request, "files": [str(file) for file in files]}, timeout)
            out, err = (file.read_text(encoding="utf-8", errors="replace") for file in files[1:])
        if code is None:
            raise subprocess.TimeoutExpired(list(arguments), timeout, out, err)
        return subprocess.CompletedProcess(list(arguments), code, out, err)

    def _ask(self, request: Mapping[str, Any], timeout: float) -> int | None:
        """The exit code of what is requested; None where it was killed after `timeout` seconds."""
        if self._ours is None:
            self._ours, theirs = socket.socketpair()
            with theirs:
                command = [sys.executable, "-m", "tests.forked", str(theirs.fileno())]
                subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=_ROOT)
            self._ours.settimeout(_START_SECONDS)
            assert self._ours.recv(1) == b"!", "the server of command lines did not start"
        lines = self._ours.makefile("rw", encoding="utf-8")
        lines.write(json.dumps(request) + "\n")
        lines.flush()
        child = int(lines.readline())
        self._ours.settimeout(timeout)
        try:
            return int(self._ours.recv(64))
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            self._ours.settimeout(_START_SECONDS)
            self._ours.recv(64)
            return None


COMMAND_LINES = CommandLines()
"""Those of this process."""


def _can_be_forked(env: Mapping[str, str]) -> bool:
    names = {name for name in {*env, *os.environ} if name.startswith(_PYTHONS_OWN)}
    return all(env.get(name) == os.environ.get(name) for name in names)


def _serve(connection: socket.socket) -> None:
    for module in _IMPORTED:
        __import__(module)
    assert threading.active_count() == 1, "a thread of the server would be missing in what it forks"
    connection.sendall(b"!")
    lines = connection.makefile("rw", encoding="utf-8")
    for line in lines:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            connection.close()
            _run(request)
        lines.write(f"{child}\n")
        lines.flush()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        connection.sendall(str(code).encode())


def _run(request: Mapping[str, Any]) -> NoReturn:
    """Be the command line that is requested, to its end."""
    for number, (name, flags) in enumerate(
        zip(request["files"], (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT), strict=True)
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    random.seed()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    module, *arguments = request["arguments"]
    sys.argv = [module, *arguments]
    code = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = _code_of(end)
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _code_of(end: SystemExit) -> int:
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
        return 1
    return end.code or 0


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
