"""Iceberg tables of real topics, kept by the real process: each record once, in a schema that follows."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.tables import Warehouse, scan
from contracts.tables.keep import opened, table_of
from tests.conftest import ROOT
from tests.stream_process import kill_with_children
from tests.streams import Place
from tests.tables import BEGIN, TableUnderTest, wait_for
from tests.versions import with_a_new_field

_RECORDS = 600


@pytest.fixture
def kept(place: Place, tmp_path: Path) -> TableUnderTest:
    return TableUnderTest(place, Warehouse(str(tmp_path / "tables")))


def _run(kept: TableUnderTest, *more: str, verb: str = "table") -> subprocess.CompletedProcess[str]:
    arguments = kept.arguments(*more) if verb == "table" else ["streaming", verb, *more]
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        timeout=180,
        env=kept.environment,
        cwd=ROOT,
        check=False,
    )


def _fill(kept: TableUnderTest, records: int = _RECORDS) -> None:
    """Records of both versions of the contract, and two that nobody can read."""
    v1, v2 = (version.schema for version in kept.contract.versions)
    kept.produce(v1, kept.register(v1), records // 3, 1)
    kept.produce_bytes(b"no record")
    kept.produce(v2, kept.place.final_id, records - records // 3, 2)
    kept.produce_bytes(b"\0\0\0\0")


@pytest.mark.timeout(600)
def test_each_record_is_in_the_table_once_with_all_its_values_however_often_the_writer_is_killed(
    kept: TableUnderTest, tmp_path: Path
) -> None:
    _fill(kept)
    log = tmp_path / "log"
    for kill in range(1, 4):
        with kept.running(log, "--every", "1s", "--largest-batch", "60") as process:
            before = kept.rows()
            wait_for(lambda before=before: kept.rows() > before, process, log)  # type: ignore[misc]
            kill_with_children(process)
        assert 0 < kept.rows() < _RECORDS, f"kill {kill} came too late"
    done = _run(kept, "--available-now", "--json")
    assert done.returncode == 0, done.stderr
    found = kept.compared()
    assert (found.faults, found.equal, found.unreadable, found.not_yet) == ({}, _RECORDS, 2, 0)
    rows = scan(kept.place.final, at=kept.warehouse)
    assert {one["name"] for one in kept.contract.newest.schema["fields"]} < set(rows.schema.names)
    assert sorted(set(rows["writer_version"].to_pylist())) == [1, 2]
    again = _run(kept, "--available-now", "--json")
    assert (again.returncode, again.stdout) == (0, "")
    checked = _run(kept, "--check", "--json")
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)[kept.place.final]["equal"] == _RECORDS


@pytest.mark.timeout(600)
def test_the_table_follows_a_new_version_while_it_runs_and_old_snapshots_stay_as_they_were(
    kept: TableUnderTest, tmp_path: Path
) -> None:
    _fill(kept, 30)
    log = tmp_path / "log"
    with kept.running(log, "--every", "1s") as process:
        wait_for(lambda: kept.rows() == 30, process, log)
        with opened(kept.warehouse) as catalogue:
            old = table_of(catalogue, kept.place.final)
        grown = with_a_new_field(kept.contract.newest.schema)
        kept.produce(grown, kept.register(grown), 20, 2, uv_index=3.5)
        wait_for(lambda: kept.rows() == 50, process, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert kept.compared().faults == {}
    rows = scan(kept.place.final, at=kept.warehouse, columns=["uv_index", "kafka_offset"])
    assert rows["uv_index"].to_pylist().count(3.5) == 20
    assert rows["uv_index"].null_count == 30
    assert rows.schema.field("uv_index").metadata == {b"doc": b"UV index."}
    before = old.current_snapshot()
    assert before is not None
    assert old.scan(snapshot_id=before.snapshot_id).to_arrow().num_rows == 30


@pytest.mark.timeout(600)
def test_what_the_topic_no_longer_has_comes_back_from_the_table_once_in_a_topic_of_its_own(
    kept: TableUnderTest,
) -> None:
    _fill(kept, 90)
    assert _run(kept, "--available-now").returncode == 0
    known = {f"{one.partition}:{one.offset}": one.value for one in kept.typed(kept.place.final)}
    to = f"{kept.place.final}-restored"

    def restore(*more: str) -> subprocess.CompletedProcess[str]:
        own = ("--final", kept.place.final, "--to", to, "--json", *more)
        return _run(kept, *own, verb="restore")

    taken = restore("--to", "topic-weather-final")
    assert (taken.returncode, "is the topic of a contract" in taken.stderr) == (2, True)
    assert json.loads(restore("--dry-run").stdout) == {
        "dry_run": True, "to": to, "sent": 90, "sent_before": 0,
    }  # fmt: skip
    # The first 24 hours of both versions, then all: as after a run that was cut short.
    first = restore("--until", "2024-02-29")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["sent"] == 48
    whole = restore()
    assert whole.returncode == 0, whole.stderr
    assert json.loads(whole.stdout) == {"dry_run": False, "to": to, "sent": 42, "sent_before": 48}
    came = list(kept.typed(to))
    marks = [(dict(one.headers)["replay-of"] or b"").decode() for one in came]
    assert sorted(marks) == sorted(known)
    for mark, one in zip(marks, came, strict=True):
        assert one.value == known[mark]
        assert (one.partition, one.key) == (int(mark.partition(":")[0]), one.value.station.encode())


@pytest.mark.timeout(600)
def test_maintenance_makes_few_files_of_many_and_changes_no_row(kept: TableUnderTest) -> None:
    kept.produce(kept.contract.newest.schema, kept.place.final_id, 60, 2, observed_at=BEGIN)
    done = _run(kept, "--available-now", "--largest-batch", "8")
    assert done.returncode == 0, done.stderr
    with opened(kept.warehouse) as catalogue:
        table = table_of(catalogue, kept.place.final)
        files = len(list(table.scan().plan_files()))
    maintained = _run(kept, "--maintain", "--keep", "1s", "--json")
    assert maintained.returncode == 0, maintained.stderr
    with opened(kept.warehouse) as catalogue:
        table = table_of(catalogue, kept.place.final)
        assert (files >= 8, len(list(table.scan().plan_files()))) == (True, 1)
        assert len(table.snapshots()) <= 10
    # Behind it the writer goes on where it was.
    again = _run(kept, "--available-now", "--json")
    assert (again.returncode, again.stdout) == (0, "")
    found = kept.compared()
    assert (found.faults, found.equal) == ({}, 60)


def test_what_cannot_be_is_told_in_one_sentence_with_a_code_of_its_kind(
    kept: TableUnderTest, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    elsewhere = replace(kept, warehouse=Warehouse(str(tmp_path / "file" / "tables")))
    unusable = _run(elsewhere, "--available-now")
    assert (unusable.returncode, "cannot be used" in unusable.stderr) == (2, True)
    none = _run(kept, "--check")
    assert (none.returncode, "there are no tables in" in none.stderr) == (2, True)
    assert "Traceback" not in unusable.stderr + none.stderr


@pytest.mark.timeout(600)
def test_the_checker_tells_a_row_that_is_doubled_gone_or_another(kept: TableUnderTest) -> None:
    _fill(kept, 30)
    done = _run(kept, "--available-now")
    assert done.returncode == 0, done.stderr
    with opened(kept.warehouse) as catalogue:
        table = table_of(catalogue, kept.place.final)
        first = table.scan("kafka_offset = 0").to_arrow()
        assert first.num_rows == 2
        table.append(first.slice(0, 1))
        table.delete("kafka_partition = 0 and kafka_offset = 3")
    found = kept.compared()
    assert [len(places) for places in (found.doubled, found.missing, found.different)] == [1, 1, 0]
    failed = _run(kept, "--check")
    assert (failed.returncode, "is not what the topic holds" in failed.stderr) == (1, True)
