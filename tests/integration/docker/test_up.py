from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from contracts.errors import PortTaken
from embedded import running_services

ROOT = Path(__file__).resolve().parents[3]
_LIMIT = 120


class Checkout:
    """A copy of the project's docker folder, used as a person uses it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "docker", root / "docker", ignore=shutil.ignore_patterns("__pycache__"))

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "docker", *arguments],
            cwd=self.root,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=_LIMIT)
        return process.returncode, out, err

    def up(self) -> dict[str, Any]:
        code, out, err = self.run("up", "--json")
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        return found


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    found = Checkout(tmp_path / "a checkout")
    yield found
    assert found.run("down", "--wipe")[0] == 0


def test_up_is_found_again_and_down_ends_it(checkout: Checkout) -> None:
    assert checkout.run("status")[0] == 1
    first = checkout.up()
    written = json.loads((checkout.root / "build" / "services.json").read_text(encoding="utf-8"))
    assert written["bootstrap_servers"] == first["bootstrap_servers"]
    assert written["schema_registry_url"] == first["schema_registry_url"]
    assert checkout.up()["pids"] == first["pids"]
    code, out, _ = checkout.run("status", "--json")
    assert code == 0
    assert json.loads(out)["answers"] == {"broker": True, "registry": True}

    os.kill(first["pids"]["broker"], signal.SIGKILL)
    assert checkout.run("status")[0] == 1
    assert checkout.up()["pids"]["broker"] != first["pids"]["broker"]

    found = running_services(checkout.root)
    assert found is not None
    assert checkout.run("down")[0] == 0
    assert not any(psutil.pid_exists(pid) for pid in found.pids)
    assert not (checkout.root / "build" / "services.json").exists()
    assert checkout.run("status")[0] == 1


def test_two_ups_at_once_start_one_pair(checkout: Checkout) -> None:
    both = [checkout.start("up", "--json") for _ in range(2)]
    answers = [process.communicate(timeout=_LIMIT)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert json.loads(answers[0])["pids"] == json.loads(answers[1])["pids"]


def test_what_a_killed_up_left_behind_is_replaced(checkout: Checkout) -> None:
    left = checkout.up()
    # Killed before it could write where its services are.
    (checkout.root / "build" / "services.json").unlink()
    fresh = checkout.up()
    assert set(fresh["pids"].values()).isdisjoint(left["pids"].values())
    assert not any(psutil.pid_exists(pid) for pid in left["pids"].values())


def test_pids_that_now_belong_to_others_are_not_taken_for_services(checkout: Checkout) -> None:
    row = {"pid": os.getpid(), "log": "gone.log"}
    stale = {
        "bootstrap_servers": "127.0.0.1:9092",
        "schema_registry_url": "http://127.0.0.1:8081",
        "services": {"broker": row, "registry": row},
    }
    (checkout.root / "build").mkdir()
    (checkout.root / "build" / "services.json").write_text(json.dumps(stale), encoding="utf-8")
    assert running_services(checkout.root) is None
    assert checkout.run("down")[0] == 0
    assert psutil.pid_exists(os.getpid())


def test_a_given_port_that_is_taken_ends_up_with_its_own_exit_code(checkout: Checkout) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        code, _, err = checkout.run("up", REGISTRY_PORT=str(port))
    assert code == PortTaken.exit_code
    assert f"port {port} is taken" in err
    assert "Traceback" not in err
    assert running_services(checkout.root) is None


def test_an_interrupted_up_leaves_nothing_running(checkout: Checkout) -> None:
    process = checkout.start("up")
    assert process.stderr is not None
    marks = checkout.root / "build" / "services"
    for _ in range(_LIMIT * 10):
        if (children := _carrying(str(marks))) or process.poll() is not None:
            break
        psutil.wait_procs([psutil.Process(process.pid)], timeout=0.1)
    assert children
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=_LIMIT)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not _carrying(str(marks))


def _carrying(home: str) -> list[int]:
    mark = f"-Dweather-platform.home={home}"
    rows = psutil.process_iter(["cmdline"])
    return [row.pid for row in rows if mark in (row.info["cmdline"] or [])]
