"""Lineage events: their form, where they go, and that an endpoint which is away or slow costs nothing."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from openlineage.client.event_v2 import RunState
from openlineage.client.serde import Serde

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import SchemaRegistry
from streaming.job import Job
from streaming.record.plan import Plan
from streaming.telemetry import lineage
from streaming.telemetry.lineage.events import event, sources_of
from streaming.telemetry.status import Status

JOB = Job(
    product=product_named("weather"),
    kafka=Kafka("b1:9093,b2:9093"),
    registry=SchemaRegistry(url="http://registry"),
    checkpoint=Path("cp"),
)
STATUS = Status(job=JOB, pid=1, started_at=100.0)
RUN = "01939f2c-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The library writes into the environment by itself.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENLINEAGE_")}
    monkeypatch.setattr(os, "environ", clean)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@contextmanager
def endpoint(answer: Callable[[], int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real HTTP server that keeps what it is sent."""
    kept: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answer())
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", kept
    finally:
        server.shutdown()
        server.server_close()


def told(plan: Plan, state: RunState = RunState.START, **changed: Any) -> dict[str, Any]:
    made = event(state, plan, STATUS, run_id=RUN, namespace="weather", now=101.0, **changed)
    return dict(json.loads(Serde.to_json(made)))


def test_topics_are_named_by_the_convention_for_kafka(plan: Plan) -> None:
    found = told(plan)
    assert [(d["namespace"], d["name"]) for d in (*found["inputs"], *found["outputs"])] == [
        ("kafka://b1:9093", "topic-weather"),
        ("kafka://b1:9093", "topic-weather-final"),
        ("kafka://b1:9093", "topic-weather-quarantine"),
    ]
    assert (found["job"]["namespace"], found["job"]["name"]) == ("weather", "streaming.topic-weather")
    assert found["job"]["facets"]["jobType"]["processingType"] == "STREAMING"


def test_datasets_carry_the_contracts_fields_with_words_for_their_types(plan: Plan) -> None:
    fields = {f["name"]: f for f in told(plan)["outputs"][0]["facets"]["schema"]["fields"]}
    assert list(fields) == [field["name"] for field in plan.final.newest.schema["fields"]]
    assert fields["temperature"]["type"] == "double or null"
    assert fields["observed_at"]["type"] == "timestamp-millis"
    assert fields["source"]["type"] == "Source"
    assert fields["temperature"]["description"]


def test_each_field_names_the_raw_fields_that_it_is_made_of(plan: Plan) -> None:
    found = sources_of(plan.raw, plan.final)
    assert found["station"] == ("station",)
    assert found["temperature"] == ("temperature", "units")
    assert found["pressure"] == ("pressure", "sea_level_pressure")
    assert found["rain_1h"] == ("rain", "source")
    assert set(found["dew_point"]) == {"temperature", "humidity", "units"}
    assert {"sunrise_at", "sunset_at"} <= set(found["is_day"])
    assert "flags" not in found
    known = {field["name"] for field in plan.raw.newest.schema["fields"]}
    assert all(set(fields) <= known for fields in found.values())


def test_in_real_time_rows_are_counted_by_the_topics_ends(plan: Plan) -> None:
    status = replace(STATUS, job=replace(JOB, real_time=True))
    status = status.after_ends({JOB.final: {0: 7}}, 101.0).after_ends({JOB.final: {0: 12}}, 103.0)
    made = event(RunState.RUNNING, plan, status, run_id=RUN, namespace="weather", now=104.0)
    written = json.loads(Serde.to_json(made))["outputs"][0]["outputFacets"]["outputStatistics"]
    assert written["rowCount"] == 5


def test_a_failure_carries_its_sentence(plan: Plan) -> None:
    found = told(plan, RunState.FAIL, error="The disk is full.")
    assert found["eventType"] == "FAIL"
    assert found["run"]["facets"]["errorMessage"]["message"] == "The disk is full."


def test_without_a_setting_nothing_is_sent_and_nothing_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert lineage.connect() is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "value", "usable"),
    [
        ("OPENLINEAGE_DISABLED", "true", True),
        ("OPENLINEAGE_NAMESPACE", "x", True),
        ("OPENLINEAGE_URL", "here", False),
    ],
)
def test_settings_that_name_no_endpoint(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, usable: bool
) -> None:
    monkeypatch.setenv(name, value)
    if usable:
        assert lineage.connect() is None
    else:
        with pytest.raises(UnusableSetting, match="OPENLINEAGE_"):
            lineage.connect()


def test_a_run_begins_goes_on_and_ends_under_one_id(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    with endpoint(lambda: 201) as (url, kept):
        monkeypatch.setenv("OPENLINEAGE_URL", url)
        run = lineage.connect()
        assert run
        run.planned(plan, STATUS)
        run.batch(STATUS)
        run.planned(replace(plan, writers={}), STATUS)
        run.end(STATUS, None)
    assert [each["eventType"] for each in kept] == ["START", "RUNNING", "COMPLETE"]
    assert len({each["run"]["runId"] for each in kept}) == 1


def test_a_slow_endpoint_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    let_go = threading.Event()

    def slowly() -> int:
        let_go.wait(30)
        return 201

    with endpoint(slowly) as (url, kept):
        monkeypatch.setenv("OPENLINEAGE_URL", url)
        run = lineage.connect()
        assert run
        began = time.monotonic()
        for _ in range(200):
            run.planned(plan, STATUS)
        took = time.monotonic() - began
        let_go.set()
        run.end(STATUS, None)
    assert took < 30
    assert len(kept) < 200
    assert kept[-1]["eventType"] == "COMPLETE"


def test_an_endpoint_that_is_away_costs_a_few_seconds_at_the_end(
    monkeypatch: pytest.MonkeyPatch, plan: Plan, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:1")
    run = lineage.connect()
    assert run
    run.planned(plan, STATUS)
    began = time.monotonic()
    run.end(STATUS, "It failed.")
    assert time.monotonic() - began < 20
    assert "Traceback" not in capfd.readouterr().err
