"""`python -m streaming run` against a real broker, a real registry and real Spark."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from contracts.avro.wire import frame, schema_id
from tests.stream_process import stream_process
from tests.streams import Place, raw_values

_LIMIT = 240.0
RunCli = Callable[..., Any]


def test_each_raw_record_is_on_exactly_one_output_topic(
    place: Place, run_cli: RunCli, tmp_path: Path
) -> None:
    good = raw_values(500, place.raw_id)
    poison = [b"", b"\1" + good[0][1:], good[0] + b"\0", frame(1 << 30, b"x"), good[0][:-1]]
    place.produce(good + poison)

    done = run_cli(*place.arguments(tmp_path / "checkpoint"), "--available-now", timeout=_LIMIT)

    assert done.returncode == 0, done.stderr
    batches = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(b["final"] for b in batches) == len(good)
    assert sum(b["quarantined"] for b in batches) == len(poison)
    assert sum(batches[-1]["end_offsets"].values()) == len(good) + len(poison)
    assert place.lost_and_doubled() == ([], [])
    final = place.read(place.final)
    assert {schema_id(message.value() or b"") for message in final} == {place.final_id}
    assert len(final) == len(good)


def test_sigterm_ends_the_stream_and_the_next_start_goes_on_from_there(
    place: Place, run_cli: RunCli, tmp_path: Path
) -> None:
    values = raw_values(60, place.raw_id)
    place.produce(values[:40])
    arguments = place.arguments(tmp_path / "checkpoint")
    with subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=place.environment,
    ) as running:
        assert running.stdout
        too_long = threading.Timer(_LIMIT, running.kill)
        too_long.start()
        first = running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        _, told = running.communicate()
        too_long.cancel()
    assert first, told
    assert running.returncode == 0, told

    place.produce(values[40:])
    assert run_cli(*arguments, "--available-now", timeout=_LIMIT).returncode == 0
    assert place.lost_and_doubled() == ([], [])
    assert len(place.read(place.final)) == 60


def test_a_stream_that_is_ended_while_spark_starts_leaves_no_process_behind(
    place: Place, tmp_path: Path
) -> None:
    with stream_process(place, tmp_path / "checkpoint", tmp_path / "log") as stream:
        itself = psutil.Process(stream.process.pid)
        deadline = time.monotonic() + _LIMIT
        while not itself.children(recursive=True):
            assert time.monotonic() < deadline, "Spark did not start"
            time.sleep(0.02)
        assert stream.end(_LIMIT) == 0, stream.told
        while family := [one for one in psutil.process_iter() if _session(one) == stream.process.pid]:
            assert time.monotonic() < deadline, f"left behind: {family}"
            time.sleep(0.1)


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid) if process.status() != psutil.STATUS_ZOMBIE else None
    except (ProcessLookupError, psutil.Error):
        return None


def test_a_broker_that_does_not_answer_is_told_before_spark_starts(run_cli: RunCli) -> None:
    done = run_cli("streaming", "run", env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, timeout=60)
    assert done.returncode == 3
    assert "no Kafka broker answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_topic_that_is_not_there_is_named(run_cli: RunCli) -> None:
    done = run_cli("streaming", "run", "--topic", "nowhere", "--final", "no-final", "--quarantine", "no-dead")
    assert done.returncode == 2
    assert "there is no topic nowhere" in done.stderr


def test_a_contract_that_is_not_registered_is_named(run_cli: RunCli, topic: Callable[..., str]) -> None:
    names = [topic(), topic(), topic()]
    done = run_cli("streaming", "run", "--topic", names[0], "--final", names[1], "--quarantine", names[2])
    assert done.returncode == 10
    assert f"{names[0]}-value is not registered" in done.stderr
