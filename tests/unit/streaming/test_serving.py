"""What a stream serves over HTTP, and how `status` finds it and knows that it is the right one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from contracts.errors import NotRunning, PortTaken, Unreachable, UnusableSetting
from contracts.folder.product import product_named
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import SchemaRegistry
from streaming.job import Job
from streaming.telemetry.ask import FILE, Note, ask_at, ask_beside, write_note
from streaming.telemetry.metrics import StatusCollector
from streaming.telemetry.serve import Server
from streaming.telemetry.shown import facts, iso
from streaming.telemetry.status import Status

JOB = Job(
    product=product_named("weather"),
    kafka=Kafka("broker:9092"),
    registry=SchemaRegistry(url="http://registry"),
    checkpoint=Path("cp"),
)
STATUS = Status(job=JOB, pid=4321, started_at=100.0)
TROUBLE = "It rains into the machine."


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server(
        "127.0.0.1",
        0,
        metrics=StatusCollector(lambda: STATUS, lambda: 101.0),
        status=lambda: facts(STATUS, 101.0),
        trouble=lambda: TROUBLE,
    )
    yield served
    served.close()


def note(url: str, **changed: object) -> Note:
    fields = {"pid": 4321, "url": url, "started_at": iso(100.0), **changed}
    return Note(**fields)  # type: ignore[arg-type]


def test_each_path_answers_with_its_own_kind(server: Server) -> None:
    with urlopen(f"{server.url}/metrics") as answer:
        assert answer.headers.get_content_type() == "text/plain"
        assert list(parse(answer.read().decode()))
    wanted = Request(f"{server.url}/metrics", headers={"Accept": "application/openmetrics-text"})
    with urlopen(wanted) as answer:
        assert answer.headers.get_content_type() == "application/openmetrics-text"
    with urlopen(f"{server.url}/status?pretty") as answer:
        assert json.load(answer) == json.loads(json.dumps(facts(STATUS, 101.0)))
    with urlopen(Request(f"{server.url}/status", method="HEAD")) as answer:
        assert answer.read() == b""


def test_a_stream_that_is_not_well_answers_503_and_says_why(server: Server) -> None:
    with pytest.raises(HTTPError) as failed:
        urlopen(f"{server.url}/healthz")
    assert failed.value.code == 503
    assert json.loads(failed.value.read()) == {"well": False, "trouble": TROUBLE}
    failed.value.close()


def test_other_paths_are_not_found(server: Server) -> None:
    with pytest.raises(HTTPError) as failed:
        urlopen(f"{server.url}/../etc/passwd")
    assert failed.value.code == 404
    failed.value.close()


def test_a_taken_port_and_a_foreign_address_are_told(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    collector = StatusCollector(lambda: STATUS, lambda: 101.0)
    with pytest.raises(PortTaken, match=f"port {port} of 127.0.0.1 is taken"):
        Server("127.0.0.1", port, metrics=collector, status=dict, trouble=lambda: None)
    with pytest.raises(UnusableSetting, match=r"192\.0\.2\.77"):
        Server("192.0.2.77", 0, metrics=collector, status=dict, trouble=lambda: None)


def test_the_note_leads_to_the_stream(server: Server, tmp_path: Path) -> None:
    write_note(tmp_path, note(server.url))
    assert ask_beside(tmp_path)["pid"] == 4321
    assert ask_at(f"{server.url}/metrics")["state"] == "starting"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"pid": 9}, r"pid 9, started 1970-01-01T00:01:40\.000\+00:00\) is gone without a word"),
        ({"started_at": "2020-01-01T00:00:00+00:00"}, "is gone without a word"),
        ({"ended_at": "2020-01-02T00:00:00+00:00"}, "ended at 2020-01-02T00:00:00"),
        (
            {"ended_at": "2020-01-02T00:00:00+00:00", "error": "The disk is full."},
            "failed at .*: The disk is full.",
        ),
    ],
)
def test_a_note_of_another_stream_or_of_one_that_ended_is_no_stream(
    server: Server, tmp_path: Path, changed: dict[str, object], told: str
) -> None:
    write_note(tmp_path, note(server.url, **changed))
    with pytest.raises(NotRunning, match=told):
        ask_beside(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": 1, "url": "x", "started_at": "y", "more": 1}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(NotRunning, match="no stream has run"):
        ask_beside(tmp_path)


def test_an_address_where_nothing_of_ours_answers_is_unreachable(server: Server) -> None:
    server.close()
    with pytest.raises(Unreachable):
        ask_at(server.url)
    for odd in ("9464", "ftp://host", "http://[bad"):
        with pytest.raises(UnusableSetting):
            ask_at(odd)
