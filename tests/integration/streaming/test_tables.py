"""Iceberg tables of real topics, kept by the real process: each record once, in a schema that follows."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.folder.model import LATEST
from contracts.tables import Warehouse, scan
from contracts.tables.keep import opened, table_of
from streaming.tables.spark import full_name
from tests.streams import Place
from tests.tables import BEGIN, TableUnderTest, asked_by_spark, wait_for
from tests.versions import with_a_new_field

_RECORDS = 600


@pytest.fixture
def kept(place: Place, tmp_path: Path) -> TableUnderTest:
    return TableUnderTest(place, Warehouse(str(tmp_path / "tables")))


@pytest.mark.timeout(600)
def test_the_table_follows_a_new_version_while_it_runs_and_old_snapshots_stay_as_they_were(
    kept: TableUnderTest, tmp_path: Path
) -> None:
    kept.fill(30)
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
    # Spark's own view of the last word on each observation has followed, too.
    view = f"{full_name(kept.place.final)}{LATEST}"
    question = f"SELECT count(*) AS rows, count(uv_index) AS new FROM {view}"
    ((last,),) = asked_by_spark(kept.warehouse, [question])
    words = scan(kept.place.final, at=kept.warehouse, columns=["uv_index"], latest=True)
    assert last == {"rows": words.num_rows, "new": words.num_rows - words["uv_index"].null_count}
    assert last["new"] == 20 > last["rows"] - 30


@pytest.mark.timeout(600)
def test_what_the_topic_no_longer_has_comes_back_from_the_table_once_in_a_topic_of_its_own(
    kept: TableUnderTest,
) -> None:
    kept.fill(90)
    assert kept.run("--available-now").returncode == 0
    known = {f"{one.partition}:{one.offset}": one.value for one in kept.typed(kept.place.final)}
    to = f"{kept.place.final}-restored"

    taken = kept.restore("--to", "topic-weather-final")
    assert (taken.returncode, "is the topic of a contract" in taken.stderr) == (2, True)
    assert json.loads(kept.restore("--to", to, "--dry-run").stdout) == {
        "dry_run": True, "to": to, "sent": 90, "sent_before": 0,
    }  # fmt: skip
    # The first 24 hours of both versions, then all: as after a run that was cut short.
    first = kept.restore("--to", to, "--until", "2024-02-29")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["sent"] == 48
    whole = kept.restore("--to", to)
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
    kept.produce(kept.contract.newest.schema, kept.place.final_id, 40, 2, observed_at=BEGIN)
    done = kept.run("--available-now", "--largest-batch", "8")
    assert done.returncode == 0, done.stderr
    with opened(kept.warehouse) as catalogue:
        table = table_of(catalogue, kept.place.final)
        files = len(list(table.scan().plan_files()))
    maintained = kept.run("--maintain", "--keep", "1s", "--json")
    assert maintained.returncode == 0, maintained.stderr
    with opened(kept.warehouse) as catalogue:
        table = table_of(catalogue, kept.place.final)
        assert (files >= 5, len(list(table.scan().plan_files()))) == (True, 1)
        assert len(table.snapshots()) <= 10
    # Behind it the writer goes on where it was.
    again = kept.run("--available-now", "--json")
    assert (again.returncode, again.stdout) == (0, "")
    found = kept.compared()
    assert (found.faults, found.equal) == ({}, 40)


def test_what_cannot_be_is_told_in_one_sentence_with_a_code_of_its_kind(
    kept: TableUnderTest, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    elsewhere = replace(kept, warehouse=Warehouse(str(tmp_path / "file" / "tables")))
    unusable = elsewhere.run("--available-now")
    assert (unusable.returncode, "cannot be used" in unusable.stderr) == (2, True)
    none = kept.run("--check")
    assert (none.returncode, "there are no tables in" in none.stderr) == (2, True)
    assert "Traceback" not in unusable.stderr + none.stderr


@pytest.mark.timeout(600)
def test_the_checker_tells_a_row_that_is_doubled_gone_or_another(kept: TableUnderTest) -> None:
    kept.fill(30)
    done = kept.run("--available-now")
    assert done.returncode == 0, done.stderr
    with opened(kept.warehouse) as catalogue:
        table = table_of(catalogue, kept.place.final)
        first = table.scan("kafka_offset = 0").to_arrow()
        assert first.num_rows == 2
        table.append(first.slice(0, 1))
        table.delete("kafka_partition = 0 and kafka_offset = 3")
    found = kept.compared()
    assert [len(places) for places in (found.doubled, found.missing, found.different)] == [1, 1, 0]
    failed = kept.run("--check")
    assert (failed.returncode, "is not what the topic holds" in failed.stderr) == (1, True)
