"""The writer of an Iceberg table, killed again and again: each record is in the table once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from contracts.tables import Warehouse, scan
from tests.stream_process import kill_with_children
from tests.streams import Place
from tests.tables import TableUnderTest, wait_for

_KILLS = min(int(os.environ.get("KILLS", "20")), 20)
_RECORDS = 120 * (_KILLS + 2)


@pytest.fixture
def kept(place: Place, tmp_path: Path) -> TableUnderTest:
    return TableUnderTest(place, Warehouse(str(tmp_path / "tables")))


@pytest.mark.timeout(300 + 60 * _KILLS)
def test_each_record_is_in_the_table_once_with_all_its_values_however_often_the_writer_is_killed(
    kept: TableUnderTest, tmp_path: Path
) -> None:
    kept.fill(_RECORDS)
    log = tmp_path / "log"
    for kill in range(1, _KILLS + 1):
        with kept.running(log, "--every", "1s", "--largest-batch", "60") as process:
            before = kept.rows()
            wait_for(lambda before=before: kept.rows() > before, process, log)  # type: ignore[misc]
            kill_with_children(process)
        assert 0 < kept.rows() < _RECORDS, f"kill {kill} came too late"
    done = kept.run("--available-now", "--json")
    assert done.returncode == 0, done.stderr
    found = kept.compared()
    assert (found.faults, found.equal, found.unreadable, found.not_yet) == ({}, _RECORDS, 2, 0)
    rows = scan(kept.place.final, at=kept.warehouse)
    assert {one["name"] for one in kept.contract.newest.schema["fields"]} < set(rows.schema.names)
    assert sorted(set(rows["writer_version"].to_pylist())) == [1, 2]
    again = kept.run("--available-now", "--json")
    assert (again.returncode, again.stdout) == (0, "")
    checked = kept.run("--check", "--json")
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)[kept.place.final]["equal"] == _RECORDS
