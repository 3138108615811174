"""The whole platform by compose: what is sent is published once, whatever is killed meanwhile."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
import requests

from contracts.avro.wire import HEADER_SIZE, schema_id
from contracts.consume import consume
from contracts.folder.model import Contract
from contracts.folder.read import HOME, load_contracts
from contracts.kafka.cluster import Kafka
from contracts.records.topic_weather_final import Observation
from contracts.registry.registry import connect
from tests.conftest import ROOT, compose_command
from tests.stack import QUALITY, TRENDS, Stack, all_published, count, each_once, stack
from tests.streams import FINAL, RAW, Place, raw_values

_REPLAYED = 26_115 - 3 * 500
"""Observations that the producer sends at once, before it polls the last ones."""
_RECORDS = 300
_SNOW_DEPTH = {
    "name": "snow_depth",
    "type": ["null", "double"],
    "doc": "Depth of the snow on the ground.",
    "unit": "cm",
    "default": None,
}
_SHOWN_WITHIN = 300
"""Seconds: the trends read all that is there in their first batch, on what the stream leaves them."""
_DASHBOARDS = ROOT / "docker/monitoring/grafana/dashboards"
_LONG_RUNNING = ("broker", "registry", "stream", "quality", "producer")

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def platform(container_images: bool, docker_compose_file: str) -> Iterator[Stack]:
    if not container_images:
        pytest.skip("the compose stack needs an engine with its images: `make docker-offline` builds them")
    with stack(
        # Beside other tests a watch that stands back would rest for minutes.
        compose_command(POLL_INTERVAL="20", QUALITY_EVERY="30s", QUALITY_NICE="0", TABLE_EVERY="2s"),
        docker_compose_file,
        f"stack{os.getpid()}",
    ) as running:
        yield running


def test_every_observation_is_published_or_put_aside_once(platform: Stack) -> None:
    platform.wait_until(lambda n: n[RAW] >= _REPLAYED and all_published(n), "the replay was not published")
    each_once(platform.place())


def test_a_typed_consumer_outside_reads_them(platform: Stack) -> None:
    seen = _read(platform.place(), limit=1000)
    assert len(seen) == 1000
    assert all(value.replay for value in seen)


def test_the_watch_publishes_a_verdict_on_them(platform: Stack) -> None:
    before = platform.wait_until(lambda n: n[QUALITY] > 0, "the watch published no verdict")
    place = platform.place()
    place.produce(raw_values(_RECORDS, place.raw_id, station="watched"))
    platform.wait_until(lambda n: n[QUALITY] > before[QUALITY], "the watch judged nothing new")


def test_every_panel_of_the_dashboards_has_what_it_asks_prometheus_for_and_no_alert_fires(
    platform: Stack,
) -> None:
    """The trends run meanwhile: they follow what is on the final topic, and what comes to it."""
    place = platform.place()
    platform.compose("--profile metrics --profile trends up --no-build -d prometheus trends")
    try:
        platform.wait_until_well()
        ask = f"http://127.0.0.1:{platform.services.port_for('prometheus', 9090)}/api/v1"
        empty, rules, deadline = set(_panels()), _rules(ask), time.monotonic() + _SHOWN_WITHIN
        assert len(rules) == 7
        while empty or any(rule["health"] == "unknown" for rule in rules):
            assert time.monotonic() < deadline, f"{sorted(empty)} {rules}\n{platform.logs()}"
            # One is put aside, for a rule that it breaks; the rates need records that keep coming.
            place.produce(raw_values(20, place.raw_id, station="panels"))
            place.produce(raw_values(1, place.raw_id, station="panels", humidity=500.0))
            time.sleep(1)
            empty, rules = {each for each in empty if not _samples(ask, each)}, _rules(ask)
        assert {rule["health"] for rule in rules} == {"ok"}
        assert "firing" not in {rule["state"] for rule in rules}
        assert count(Kafka(platform.bootstrap_servers), TRENDS) >= _REPLAYED - 3, "the last ones may wait"
    finally:
        platform.compose("--profile metrics --profile trends rm --stop --force prometheus trends")


def test_the_tables_have_every_published_record_once_after_their_writer_crashed(platform: Stack) -> None:
    place = platform.place()
    platform.compose("--profile tables up --no-build -d table")
    try:
        platform.wait_until_well()
        _wait_for_tables(platform)
        place.produce(raw_values(_RECORDS, place.raw_id, station="tables"))
        platform.wait_until(all_published, "the stream was not at rest")
        platform.crash("table")
        platform.wait_until_well()
        before = _wait_for_tables(platform)
        checked = platform.compose("exec -T table python -m streaming table --check --role final --json")
        # Beside the answer are words for people.
        found = next(json.loads(line) for line in checked.splitlines() if line.startswith(b"{"))
        # The producer goes on meanwhile.
        assert found[FINAL]["equal"] >= before
    finally:
        platform.compose("--profile tables rm --stop --force table")


def test_every_service_is_confined(platform: Stack) -> None:
    for name, row in platform.containers().items():
        host = row["HostConfig"]
        published = [one for ports in (host["PortBindings"] or {}).values() for one in ports or ()]
        assert {one["HostIp"] for one in published} <= {"127.0.0.1"}, name
        assert host["Memory"] > 0, name
        assert host["CapDrop"] == ["ALL"], name
        assert host["RestartPolicy"]["Name"] in {"unless-stopped", "on-failure"}, name
        assert row["Config"]["User"].partition(":")[0] not in {"", "0", "root"}, name
        assert name == "contracts" or row["State"]["Health"]["Status"] == "healthy", name


@pytest.mark.parametrize("service", _LONG_RUNNING)
def test_a_service_that_crashes_comes_back_and_nothing_is_lost_or_doubled(
    platform: Stack, service: str
) -> None:
    place = platform.place()
    before = platform.wait_until(all_published, "the stream was not at rest")
    place.produce(raw_values(_RECORDS, place.raw_id, station=f"before-{service}"))
    platform.crash(service)
    place.produce(raw_values(_RECORDS, place.raw_id, station=f"after-{service}"))
    platform.wait_until_well()
    platform.wait_until(
        lambda n: n[RAW] >= before[RAW] + 2 * _RECORDS and all_published(n),
        f"not all was published after {service} crashed",
    )
    each_once(place)


def test_down_and_up_again_keeps_records_ids_and_the_streams_place(platform: Stack) -> None:
    place = platform.place()
    before = platform.wait_until(all_published, "the stream was not at rest")
    platform.compose("down")
    assert platform.containers() == {}
    platform.compose("up --no-build -d")
    platform.wait_until_well()
    again = platform.place()
    assert (again.raw_id, again.final_id) == (place.raw_id, place.final_id)
    again.produce(raw_values(_RECORDS, again.raw_id, station="again"))
    after = platform.wait_until(
        lambda n: n[RAW] >= before[RAW] + _RECORDS and all_published(n), "the stream did not go on"
    )
    assert all(after[topic] >= before[topic] for topic in before)
    each_once(again)


def test_a_registry_that_lost_its_volume_comes_back_from_a_backup(platform: Stack) -> None:
    """As docs/operations.md says: the export holds ids and modes, and the stream never notices."""
    place = platform.place()
    admin = place.registry_url.replace("/apis/ccompat/v7", "/apis/registry/v3/admin")
    backup = requests.get(f"{admin}/export", headers={"Accept": "application/zip"}, timeout=30)
    assert backup.ok
    modes = _modes(place)
    platform.compose("rm --stop --force registry")
    subprocess.run(
        ["docker", "volume", "rm", f"{platform.project}_registry-data"], check=True, capture_output=True
    )
    platform.compose("up --no-build -d --no-deps registry")
    platform.wait_until_well()
    keep = {"X-Registry-Preserve-GlobalId": "true", "X-Registry-Preserve-ContentId": "true"}
    restored = requests.post(
        f"{admin}/import",
        data=backup.content,
        headers={"Content-Type": "application/zip", **keep},
        timeout=30,
    )
    assert restored.ok, restored.text
    again = platform.place()
    assert (again.raw_id, again.final_id) == (place.raw_id, place.final_id)
    assert _modes(again) == modes
    assert set(modes.values()) == {"FULL_TRANSITIVE"}


def test_a_contract_is_upgraded_while_the_stack_runs(platform: Stack, tmp_path: Path) -> None:
    """Contracts first, then a producer of the new version, then the stream: in that order nothing waits."""
    place = platform.place()
    folder = _with_snow_depth(tmp_path / "contracts", place)
    _contracts(folder, place, "apply")

    newer = load_contracts(folder)
    registry = connect(place.registry_url)
    newer_id = registry.versions(newer[RAW].subject)[-1].id
    registry.close()
    assert newer_id != place.raw_id
    before = platform.wait_until(all_published, "the stream was not at rest")
    schema = newer[RAW].newest.schema
    place.produce(raw_values(_RECORDS, newer_id, schema, station="UP-4", snow_depth=4.0))
    platform.wait_until(
        lambda n: n[RAW] >= before[RAW] + _RECORDS and all_published(n), "the new version was not published"
    )

    mounted = tmp_path / "newer.yaml"
    mount = {"volumes": [f"{folder}:/contracts:ro"], "environment": {"CONTRACTS_DIR": "/contracts"}}
    mounted.write_text(json.dumps({"services": {"stream": mount}}), encoding="utf-8")
    platform.compose("up --no-build -d --no-deps stream", mounted)
    platform.wait_until_well()
    place.produce(raw_values(_RECORDS, newer_id, schema, station="UP-8", snow_depth=8.0))
    platform.wait_until(
        lambda n: n[RAW] >= before[RAW] + 2 * _RECORDS and all_published(n),
        "the new stream published nothing",
    )
    each_once(place)
    assert _snow_depths(place, newer[FINAL]) == {8.0: _RECORDS}
    old = Counter(value.station for value in _read(place, stop_at_end=True))
    assert (old["UP-4"], old["UP-8"]) == (_RECORDS, _RECORDS)


def _panels() -> list[str]:
    """What each panel of the dashboards asks for."""
    boards = [json.loads(file.read_text(encoding="utf-8")) for file in _DASHBOARDS.glob("*.json")]
    panels = [panel for board in boards for panel in board["panels"]]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def _samples(ask: str, query: str) -> list[float]:
    """What Prometheus answers now; NaN is no answer."""
    told = requests.get(f"{ask}/query", params={"query": query}, timeout=10)
    assert told.ok, (query, told.text)
    values = (float(one["value"][1]) for one in told.json()["data"]["result"])
    return [value for value in values if not math.isnan(value)]


def _rules(ask: str) -> list[dict[str, Any]]:
    """The alerts as Prometheus has them; their health is unknown until they were looked at."""
    groups = requests.get(f"{ask}/rules", timeout=10).json()["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _modes(place: Place) -> dict[str, str]:
    """Compatibility mode by subject, as the registry tells."""
    contracts = load_contracts().values()
    urls = {one.subject: f"{place.registry_url}/config/{one.subject}" for one in contracts}
    return {name: requests.get(url, timeout=10).json()["compatibilityLevel"] for name, url in urls.items()}


def _contracts(folder: Path, place: Place, *words: str) -> dict[str, Any]:
    """Run a verb of `python -m contracts` on a folder; gives what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "contracts", *words, "--json"],
        env={**place.environment, "CONTRACTS_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _with_snow_depth(folder: Path, place: Place) -> Path:
    """The platform's contracts with a field more, raw and final, locked."""
    shutil.copytree(HOME, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for topic in (RAW, FINAL):
        file = Path(_contracts(folder, place, "new-version", topic)["file"])
        schema = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**schema, "fields": [*schema["fields"], _SNOW_DEPTH]}), encoding="utf-8")
    about = folder / RAW / "contract.yaml"
    text = about.read_text(encoding="utf-8")
    about.write_text(text.replace("reads: [source,", "reads: [source, snow_depth,"), encoding="utf-8")
    _contracts(folder, place, "lock")
    return folder


def _wait_for_tables(platform: Stack) -> int:
    """Wait until the final topic's table has as many rows as the topic has records; gives how many."""
    ask = 'exec -T table python -m contracts ask --json "SELECT count(*) AS rows FROM topic_weather_final"'
    rows, deadline = 0, time.monotonic() + _SHOWN_WITHIN
    while rows != (wanted := count(Kafka(platform.bootstrap_servers), FINAL)):
        assert time.monotonic() < deadline, f"{rows} of {wanted} rows\n{platform.logs()}"
        # Not yet there is an answer, too.
        with contextlib.suppress(Exception):
            rows = json.loads(platform.compose(ask))["rows"]
    return rows


def _read(place: Place, **how: Any) -> list[Observation]:
    """What a typed consumer outside of the stack reads of the final topic."""
    where = {"bootstrap_servers": place.bootstrap_servers, "registry_url": place.registry_url}
    options: dict[str, Any] = {**where, **how}
    return [message.value for message in consume(FINAL, Observation, **options)]


def _snow_depths(place: Place, final: Contract) -> Counter[float]:
    """How often each depth of snow stands in what was written by the newest version of the final contract."""
    registry = connect(place.registry_url)
    number = registry.versions(final.subject)[-1].id
    registry.close()
    values = [message.value() or b"" for message in place.read(FINAL)]
    bodies = [io.BytesIO(value[HEADER_SIZE:]) for value in values if schema_id(value) == number]
    schema = fastavro.parse_schema(final.newest.schema)
    records: list[Any] = [fastavro.schemaless_reader(body, schema, None) for body in bodies]
    return Counter(record["snow_depth"] for record in records if record["snow_depth"] is not None)
