"""When a table is due to be maintained."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest

from contracts.tables.columns import OFFSET, PARTITION, TIMESTAMP
from contracts.tables.keep import follow, opened
from contracts.tables.settings import Warehouse
from streaming.tables.maintain import MAINTAINED, is_due
from tests.unit.contracts.built import contract


@pytest.mark.filterwarnings("ignore:Parquet writer option")
def test_a_table_is_due_when_its_interval_has_passed_since_it_began_or_was_maintained(tmp_path: Path) -> None:
    now, hour = datetime.now(timezone.utc), 3600.0
    ours = contract({"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]})
    with opened(Warehouse(str(tmp_path / "tables")), make=True) as catalogue:
        table = follow(catalogue, ours, "id")
        assert not is_due(table, hour, now + timedelta(hours=2))
        row = {"x": 1, PARTITION: 0, OFFSET: 0, TIMESTAMP: now}
        table.append(pa.Table.from_pylist([row], schema=table.schema().as_arrow()))
        assert not is_due(table, hour, now)
        assert is_due(table, hour, now + timedelta(hours=2))
        assert not is_due(table, 0, now + timedelta(hours=2))
        with table.transaction() as change:
            change.set_properties({MAINTAINED: (now + timedelta(hours=1.5)).isoformat()})
        assert not is_due(table, hour, now + timedelta(hours=2))
        assert is_due(table, hour, now + timedelta(hours=2.5))
