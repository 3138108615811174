"""A running stream tells how it is doing: over HTTP, by `status`, in its log and to a lineage endpoint.

One stream runs for all the tests here: what it told is held against what is on the topics.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from confluent_kafka.admin import AdminClient
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from contracts.avro.wire import frame
from contracts.folder.read import load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import watermarks
from contracts.kafka.topics import Broker
from tests.streams import RAW, Place, make_place, raw_values

NEWEST = load_contracts()[RAW].newest.number
_LIMIT = 240.0
_OPENMETRICS = "application/openmetrics-text; version=1.0.0"
RunCli = Callable[..., Any]


@dataclass(frozen=True)
class Seen:
    """What one stream told while it ran and after it had caught up, and how it ended."""

    place: Place
    checkpoint: Path
    text: str
    openmetrics: str
    status: dict[str, Any]
    page: str
    health: dict[str, Any]
    batches: list[dict[str, Any]]
    log: list[dict[str, Any]]
    lineage: list[dict[str, Any]]
    exit_code: int

    @property
    def values(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Every sample by name and labels."""
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in _families(self, openmetrics=False)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        return self.values[f"weather_stream_{name}", frozenset(labels.items())]


@pytest.fixture(scope="module")
def seen(
    bootstrap_servers: str, registry_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("telemetry")
    topics = [f"telemetry-{role}-{uuid.uuid4().hex[:8]}" for role in ("raw", "final", "quarantine")]
    broker = Broker(Kafka(bootstrap_servers))
    for topic in topics:
        broker.create(topic, 2)
    place = make_place(bootstrap_servers, registry_url, topics)
    good = raw_values(200, place.raw_id)
    place.produce(
        [
            *good,
            *raw_values(30, place.raw_id, station=" "),
            *raw_values(20, place.raw_id, visibility=-1.0),
            *raw_values(10, place.raw_id, wind_speed=9.0, wind_gust=3.0),
            b"\1" + good[0][1:],
            frame(1 << 30, b"x"),
            good[0][:-1],
        ]
    )
    with endpoint() as (lineage_url, lineage):
        yield _watch(place, folder, lineage_url, lineage)
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    for future in admin.delete_topics(topics).values():
        future.result(15)


def _watch(place: Place, folder: Path, lineage_url: str, lineage: list[dict[str, Any]]) -> Seen:
    checkpoint, log = folder / "checkpoint", folder / "log"
    endpoint_of = {"OPENLINEAGE_URL": lineage_url, "OPENLINEAGE_API_KEY": "key-of-the-endpoint"}
    with _running(place.arguments(checkpoint), log, {**place.environment, **endpoint_of}) as running:
        assert running.stdout
        batches: list[dict[str, Any]] = []
        while sum(batch["rows"] for batch in batches) < 263:
            told = running.stdout.readline()
            assert told, log.read_text()
            batches.append(json.loads(told))
        url = json.loads((checkpoint / ".running.json").read_text())["url"]
        _wait_until(lambda: _caught_up(_status(url), place))
        texts = _get(f"{url}/metrics"), _get(f"{url}/metrics", _OPENMETRICS), _get(f"{url}/healthz")
        asked = [
            subprocess.run(
                [sys.executable, "-m", "streaming", "status", "--checkpoint", str(checkpoint), *options],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            ).stdout
            for options in (["--json"], [])
        ]
        running.send_signal(signal.SIGTERM)
        running.wait(_LIMIT)
    lines = log.read_text(encoding="utf-8").splitlines()
    return Seen(
        place=place,
        checkpoint=checkpoint,
        text=texts[0],
        openmetrics=texts[1],
        status=json.loads(asked[0]),
        page=asked[1],
        health=json.loads(texts[2]),
        batches=batches,
        log=[json.loads(line) for line in lines if line.startswith("{")],
        lineage=lineage,
        exit_code=running.returncode,
    )


@contextmanager
def _running(arguments: list[str], log: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a stream that is killed should it take too long."""
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
        ) as running,
    ):
        too_long = threading.Timer(_LIMIT, running.kill)
        too_long.start()
        try:
            yield running
        finally:
            too_long.cancel()
            running.kill()


@contextmanager
def endpoint() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real HTTP server that keeps the lineage events which it is sent."""
    kept: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.append({"path": self.path, "key": self.headers["Authorization"], **json.loads(body)})
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", kept
    server.shutdown()
    server.server_close()


def _families(seen: Seen, *, openmetrics: bool) -> Iterable[Metric]:
    if openmetrics:
        return list(parse_openmetrics(seen.openmetrics))  # type: ignore[no-untyped-call]
    return parse_text(seen.text)


def _get(url: str, accept: str = "text/plain") -> str:
    with urlopen(Request(url, headers={"Accept": accept}), timeout=10) as answer:
        return str(answer.read().decode())


def _status(url: str) -> dict[str, Any]:
    return dict(json.loads(_get(f"{url}/status")))


def _published(told: dict[str, Any]) -> int:
    return sum(told["read_offsets"].values())


def _caught_up(told: dict[str, Any], place: Place) -> bool:
    """Whether the broker was asked after everything had been published."""
    ends = [told["end_offsets"].get(topic, {}) for topic in (place.final, place.quarantine)]
    return bool(told["lag"] == 0 and sum(sum(parts.values()) for parts in ends) == 263)


def _wait_until(holds: Callable[[], bool], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"what was waited for did not come within {within:.0f} s"
        time.sleep(0.1)


def test_the_metrics_are_what_is_on_the_topics(seen: Seen) -> None:
    place = seen.place
    final, quarantine = len(place.read(place.final)), len(place.read(place.quarantine))
    assert seen.value("records_total", verdict="final") == final == 230
    assert seen.value("records_total", verdict="quarantined") == quarantine == 33
    assert seen.value("flagged_records_total") == 20
    reasons = {"RULE_BROKEN": 30, "WRONG_MAGIC": 1, "UNKNOWN_SCHEMA": 1, "UNDECODABLE": 1, "OVERSIZE": 0}
    for reason, count in reasons.items():
        assert seen.value("quarantined_records_total", reason=reason) == count
    rules = {
        "station-present": "critical",
        "visibility-possible": "value",
        "gust-at-least-wind": "info",
    }
    broken = [
        seen.value("rule_broken_records_total", rule=rule, severity=severity)
        for rule, severity in rules.items()
    ]
    assert broken == [30, 20, 10]
    assert seen.value("rule_broken_records_total", rule="temperature-present", severity="warning") == 0
    # The wrong magic byte and the unknown id name no writer; the record that is too short does.
    assert seen.value("writer_records_total", schema_id=str(place.raw_id), version=str(NEWEST)) == 261
    assert seen.value("writer_records_total", schema_id="other", version="other") == 2


def test_offsets_and_lag_are_the_brokers(seen: Seen) -> None:
    place = seen.place
    for role, topic in (("raw", place.raw), ("final", place.final), ("quarantine", place.quarantine)):
        for partition, (_, end) in watermarks(Kafka(place.bootstrap_servers), topic).items():
            labels = {"role": role, "topic": topic, "partition": str(partition)}
            assert seen.value("topic_end_offset", **labels) == end
            if role == "raw":
                assert seen.value("read_offset", partition=str(partition)) == end
                assert seen.value("lag_records", partition=str(partition)) == 0


def test_batches_and_latency_are_told(seen: Seen) -> None:
    assert seen.value("batches_total") == len(seen.batches)
    assert seen.value("last_batch_number") == seen.batches[-1]["batch"]
    assert seen.value("batch_duration_seconds_count") == len(seen.batches)
    assert seen.value("batch_duration_seconds_sum") == pytest.approx(sum(b["seconds"] for b in seen.batches))
    assert seen.value("record_latency_seconds_count") == 263
    assert 0 < seen.value("record_latency_mean_seconds") <= seen.value("record_latency_max_seconds") < _LIMIT


@pytest.mark.parametrize("openmetrics", [False, True])
def test_the_official_parser_reads_them(seen: Seen, openmetrics: bool) -> None:
    families = list(_families(seen, openmetrics=openmetrics))
    assert all(family.documentation and family.type != "unknown" for family in families)
    assert len({family.name for family in families}) == len(families) > 20


def test_status_tells_the_same_and_the_versions(seen: Seen) -> None:
    told, place = seen.status, seen.place
    assert (told["state"], told["mode"], told["final"], told["quarantined"]) == (
        "running",
        "micro-batch",
        230,
        33,
    )
    assert told["last_batch"]["batch"] == seen.batches[-1]["batch"]
    assert told["versions"]["raw"] == {"reader": NEWEST, "writers": {str(place.raw_id): NEWEST}}
    assert told["versions"]["final"]["schema_id"] == place.final_id
    assert told["checkpoint"] == str(seen.checkpoint)
    assert "230 published (20 with a flag), 33 in quarantine" in " ".join(seen.page.split())
    assert seen.health == {"well": True, "trouble": None}


def test_nothing_runs_any_more_and_status_says_so(seen: Seen, run_cli: RunCli) -> None:
    assert seen.exit_code == 0
    done = run_cli("streaming", "status", "--json", "--checkpoint", str(seen.checkpoint))
    assert done.returncode == 15
    assert json.loads(done.stdout)["running"] is False
    assert f"no stream runs on the checkpoint {seen.checkpoint}" in done.stderr
    assert "ended at" in done.stderr
    never = run_cli("streaming", "status", "--checkpoint", str(seen.checkpoint / "nowhere"))
    assert (never.returncode, "Traceback" in never.stderr) == (15, False)


def test_in_real_time_lag_speed_and_latency_move_before_the_batch_ends(place: Place, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    place.produce(raw_values(50, place.raw_id))
    with _running(
        [*place.arguments(checkpoint), "--real-time"], tmp_path / "log", place.environment
    ) as running:
        note = checkpoint / ".running.json"
        _wait_until(note.exists, _LIMIT)
        url = json.loads(note.read_text())["url"]
        _wait_until(lambda: _status(url)["lag"] == 0 and _published(_status(url)) == 50, _LIMIT)
        place.produce(raw_values(250, place.raw_id))
        _wait_until(lambda: _status(url)["lag"] == 0 and _published(_status(url)) == 300)
        told = _status(url)
        running.send_signal(signal.SIGTERM)
        running.wait(_LIMIT)
    assert (told["mode"], told["batches"]) == ("real-time", 0)
    assert told["records_per_second"] > 0
    assert 0 <= told["latency_max_seconds"] < 30
    assert running.returncode == 0


def test_a_port_that_is_taken_is_told_before_spark_starts(run_cli: RunCli) -> None:
    with endpoint() as (url, _):
        port = url.rpartition(":")[2]
        done = run_cli("streaming", "run", "--metrics-port", port, timeout=30)
        other = run_cli("streaming", "status", "--url", url)
    assert done.returncode == 8
    assert f"port {port} of 127.0.0.1 is taken" in done.stderr
    assert other.returncode == 3


def test_the_log_names_plans_and_ends(seen: Seen) -> None:
    events = {line["event"]: line for line in seen.log}
    assert events["plan started"]["writers"] == {str(seen.place.raw_id): NEWEST}
    assert events["ended"]["final"] == 230
    assert all(line["timestamp"] and line["level"] for line in seen.log)
    assert "key-of-the-endpoint" not in json.dumps(seen.log)


def test_a_lineage_endpoint_is_told_of_the_run(seen: Seen) -> None:
    from openlineage.client.generated import base

    assert [event["eventType"] for event in seen.lineage] == ["START", "COMPLETE"]
    first, last = seen.lineage
    assert {event["path"] for event in seen.lineage} == {"/api/v1/lineage"}
    assert first["key"] == "Bearer key-of-the-endpoint"
    assert first["run"]["runId"] == last["run"]["runId"] == str(uuid.UUID(first["run"]["runId"]))
    host = seen.place.bootstrap_servers
    datasets = [(each["namespace"], each["name"]) for each in (*last["inputs"], *last["outputs"])]
    assert datasets == [
        (f"kafka://{host}", t) for t in (seen.place.raw, seen.place.final, seen.place.quarantine)
    ]
    rows = [out["outputFacets"]["outputStatistics"]["rowCount"] for out in last["outputs"]]
    assert rows == [230, 33]
    assert last["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] == 263
    fields = Counter(field["name"] for field in last["outputs"][0]["facets"]["schema"]["fields"])
    assert fields["dew_point"] == 1
    lineage = last["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert {field["field"] for field in lineage["dew_point"]["inputFields"]} >= {"temperature", "humidity"}
    # The library's own classes take what was sent.
    base.RunEvent(
        eventTime=last["eventTime"],
        eventType=base.EventType(last["eventType"]),
        run=base.Run(last["run"]["runId"]),
        job=base.Job(last["job"]["namespace"], last["job"]["name"]),
    )
