"""A broker that takes connections and answers nothing: every tool says so in a sentence, soon."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Addresses, RunCli

ROOT = Path(__file__).resolve().parents[2]
_WITHIN = 60.0


@pytest.fixture(scope="module")
def silent_broker() -> Iterator[dict[str, str]]:
    """The environment of a tool whose broker listens, and says nothing; it has half a second to answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        yield {"KAFKA_BOOTSTRAP_SERVERS": address, "KAFKA_ANSWERS_WITHIN": "0.5"}


def check(done: subprocess.CompletedProcess[str], code: int, broker: dict[str, str]) -> None:
    said = " ".join(done.stderr.split())
    assert f"error: no Kafka broker answers at {broker['KAFKA_BOOTSTRAP_SERVERS']}: start it" in said
    assert "Traceback" not in said
    assert (done.returncode, done.stdout) == (code, "")


@pytest.mark.parametrize(
    ("code", "command"),
    [
        # `contracts` and `quality` promise 0, 1 and 2 alone.
        (2, "contracts read topic-weather-final --limit 1"),
        (2, "contracts read topic-weather-final --at 0:7"),
        (2, "contracts apply"),
        (3, "streaming run"),
        (3, "streaming run --real-time"),
        (3, "streaming reprocess --all"),
        (3, "streaming reprocess --all --dry-run"),
        (2, "quality validate"),
        (2, "quality watch --once"),
        (2, "quality report"),
        (3, "producer replay run --polled 1"),
    ],
)
def test_a_tool_says_in_one_sentence_that_its_broker_is_silent(
    code: int, command: str, run_cli: RunCli, applied: None, silent_broker: dict[str, str], tmp_path: Path
) -> None:
    place = ["--checkpoint", str(tmp_path)] if command.startswith("streaming run") else []
    done = run_cli(*command.split(), *place, env=silent_broker, timeout=_WITHIN)
    check(done, code, silent_broker)


def test_the_pipeline_says_in_one_sentence_that_its_broker_is_silent(
    services: Addresses, silent_broker: dict[str, str], tmp_path: Path
) -> None:
    for room in ("contracts", "docker"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "docker", "pipeline"],
        cwd=tmp_path,
        env={**os.environ, **services.environment, **silent_broker, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    check(done, 3, silent_broker)
