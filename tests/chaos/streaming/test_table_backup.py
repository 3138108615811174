"""A table's folder is lost, and a copy from before takes its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contracts.tables import Warehouse
from tests.streams import Place
from tests.tables import TableUnderTest

pytestmark = pytest.mark.timeout(600)


def test_a_copy_of_the_folder_is_filled_up_with_what_came_since_and_nothing_is_doubled(
    place: Place, tmp_path: Path
) -> None:
    kept = TableUnderTest(place, Warehouse(str(tmp_path / "tables")))
    kept.fill(60)
    assert kept.run("--available-now").returncode == 0
    folder, backup = Path(kept.warehouse.location), tmp_path / "backup"
    shutil.copytree(folder, backup)
    kept.produce(kept.contract.newest.schema, place.final_id, 40, 2)
    assert kept.run("--available-now").returncode == 0
    assert kept.rows() == 100
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    assert kept.rows() == 60
    assert kept.run("--available-now").returncode == 0
    found = kept.compared()
    assert (found.faults, found.equal) == ({}, 100)
