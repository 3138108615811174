"""Running trends tell how they are doing, as the stream does: over HTTP and by `status`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from contracts.folder.read import load_contracts
from tests.stream_process import kill_with_children
from tests.trends import HOUR, Seen, TrendsPlace, hourly

_WITHIN = 240.0
_OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}
_NEWEST = load_contracts()["topic-weather-final"].newest.number
RunCli = Callable[..., Any]


def _when(holds: Callable[[dict[str, Any]], bool], note: Path, process: subprocess.Popen[bytes]) -> str:
    """The address that the trends left in `note`, once their status `holds`."""
    deadline, now = time.monotonic() + _WITHIN, {}
    while True:
        if note.exists():
            url = str(json.loads(note.read_text())["url"])
            now = requests.get(f"{url}/status", timeout=10).json()
            if holds(now):
                return url
        assert process.poll() is None, f"the trends ended with {process.returncode}"
        assert time.monotonic() < deadline, f"not within {_WITHIN:.0f} s: {now}"
        time.sleep(0.1)


@pytest.mark.timeout(2 * _WITHIN)
def test_what_running_trends_tell_is_what_is_on_their_topics(
    topic: Callable[..., str], bootstrap_servers: str, registry_url: str, tmp_path: Path, run_cli: RunCli
) -> None:
    place = TrendsPlace(bootstrap_servers, registry_url, topic(partitions=2), topic(partitions=2))
    checkpoint, log = tmp_path / "checkpoint", tmp_path / "log"
    place.produce(hourly("temperature", [10.0] * 30, start=100))
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", *place.arguments(checkpoint), "--trigger", "0 seconds"],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=place.environment,
            start_new_session=True,
        )
    try:
        # The watermark passes what came first, before the late one and another batch are there.
        url = _when(
            lambda now: now["trends"] == 29 and now["lag"] == 0, checkpoint / ".running.json", process
        )
        place.produce([Seen(10 * HOUR, {"temperature": 3.0}, at=(0, 999))])
        _when(lambda now: now["late"] == 1 and now["lag"] == 0, checkpoint / ".running.json", process)
        text = requests.get(f"{url}/metrics", headers=_OPENMETRICS, timeout=10).text
        health = requests.get(f"{url}/healthz", timeout=10)
        beside = run_cli("streaming", "status", "--json", "--checkpoint", str(checkpoint))
        there = run_cli("streaming", "status", "--url", url)
        process.send_signal(signal.SIGTERM)
        exit_code = process.wait(60)
        after = run_cli("streaming", "status", "--checkpoint", str(checkpoint))
    finally:
        kill_with_children(process)

    samples = {
        (sample.name.removeprefix("weather_trends_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }
    counts = ("read", "published", "late")
    assert [samples[f"{name}_records_total",] for name in counts] == [31, place.held(), 1] == [31, 29, 1]
    assert samples["state", "running"] == 1
    assert samples["state_rows",] > 0
    assert samples["state_memory_bytes",] > 0
    assert samples["watermark_time_seconds",] == (129 - 26) * 3600
    assert sum(value for (name, *_), value in samples.items() if name == "read_offset") == 31
    assert sum(value for (name, *_), value in samples.items() if name == "lag_records") == 0
    assert samples["output_schema_info", "trends", str(place.ids["trends"]), place.trends, "1"] == 1
    assert (health.status_code, health.json()["well"]) == (200, True)
    now = json.loads(beside.stdout)
    assert (now["kind"], now["topics"]) == ("trends", {"final": place.final, "trends": place.trends})
    assert now["versions"]["final"] == {"reader": _NEWEST, "writers": {str(place.ids["final"]): _NEWEST}}
    assert "31 read, 29 trends, 1 late" in there.stdout
    assert (exit_code, after.returncode) == (0, 15)
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line[:1] == "{"]
    assert {"kind": "trends", "event": "starting"}.items() <= events[0].items()
    assert {"event": "ended", "trends": 29, "late": 1}.items() <= events[-1].items()


def test_no_trends_run_and_status_says_so(run_cli: RunCli, tmp_path: Path) -> None:
    done = run_cli("streaming", "status", "--trends", "--product", "weather", cwd=tmp_path)
    assert done.returncode == 15
    assert "no stream has run on the checkpoint build/checkpoint/weather-trends" in done.stderr
