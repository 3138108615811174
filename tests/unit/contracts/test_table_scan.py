"""Asking a table: what scan and SQL give, and the cookbook of docs/table.md."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from contracts.errors import UnusableSetting
from contracts.folder.read import contract_of
from contracts.tables import Warehouse, ask, scan
from contracts.tables.ask import tables_there
from contracts.tables.columns import OFFSET, PARTITION, TIMESTAMP
from contracts.tables.keep import SNAPSHOT_ENDS, ends, follow, opened, table_of

JFK = "id:94789"
"""As the replay names it, and the cookbook."""
TOPIC = "topic-weather-final"
ROOT = Path(__file__).parents[3]
BEGIN = datetime(2013, 7, 1, tzinfo=timezone.utc)
PLAIN = {"string": "", "boolean": False, "int": 0, "long": 0, "double": 0.0, "timestamptz": BEGIN}

pytestmark = pytest.mark.filterwarnings("ignore:Parquet writer option")


def _append(where: Warehouse, rows: Sequence[dict[str, Any]], version: int = 2, topic: str = TOPIC) -> None:
    """Append rows as a writer of the contract's `version` would, with these values and plain ones."""
    ours = contract_of(topic)
    with opened(where, make=True) as catalogue:
        table = follow(catalogue, replace(ours, versions=ours.versions[:version]), "id")
        required = [one for one in table.schema().fields if one.required]
        plain = {one.name: PLAIN.get(str(one.field_type), []) for one in required}
        begin = ends(table).get(0, 0)
        full = [
            {**plain, PARTITION: 0, OFFSET: number, TIMESTAMP: BEGIN + timedelta(seconds=number), **row}
            for number, row in enumerate(rows, begin)
        ]
        table.append(
            pa.Table.from_pylist(full, schema=table.schema().as_arrow()),
            snapshot_properties={SNAPSHOT_ENDS: json.dumps({"0": begin + len(full)})},
        )


@pytest.fixture
def where(tmp_path: Path) -> Warehouse:
    """Two days of two stations, an hour without JFK, and one observation that was corrected."""
    place = Warehouse(str(tmp_path / "tables"))
    hours = [
        {
            "station": station,
            "observed_at": BEGIN + timedelta(hours=hour),
            "temperature": 10.0 + hour % 24,
            "flags": ["temperature-plausible"] if hour % 10 == 0 else [],
        }
        for hour in range(48)
        for station in (JFK, "LGA")
        if (station, hour) not in {(JFK, 5), (JFK, 6)}
    ]
    _append(place, hours, version=1)
    _append(place, [{"station": JFK, "observed_at": BEGIN, "temperature": -5.0, "correction": True}])
    return place


def test_rows_are_chosen_by_station_and_time(where: Warehouse) -> None:
    one = scan(TOPIC, station=JFK, since="2013-07-02", until=BEGIN + timedelta(hours=30), at=where)
    assert one.num_rows == 6
    both = scan(TOPIC, station=[JFK, "LGA"], since="2013-07-01T00:00Z", until="2013-07-02", at=where)
    assert both.num_rows == 24 + 22 + 1


def test_each_column_tells_its_unit_and_words(where: Warehouse) -> None:
    schema = scan(TOPIC, columns=["temperature", "station"], at=where).schema
    assert schema.names == ["temperature", "station"]
    assert schema.field("temperature").metadata[b"unit"].decode() == "°C"
    assert b"unit" not in schema.field("station").metadata
    assert schema.metadata[b"contract.version"] == b"2"
    assert schema.metadata[b"owner"].decode() == contract_of(TOPIC).owner


def test_corrections_are_rows_and_the_last_word_is_one(where: Warehouse) -> None:
    chosen: dict[str, Any] = {
        "station": JFK,
        "until": BEGIN + timedelta(hours=1),
        "columns": ["temperature"],
    }
    assert sorted(scan(TOPIC, **chosen, at=where)["temperature"].to_pylist()) == [-5.0, 10.0]
    assert scan(TOPIC, **chosen, latest=True, at=where)["temperature"].to_pylist() == [-5.0]


def test_a_moment_and_a_version_give_what_there_was(where: Warehouse) -> None:
    with opened(where) as catalogue:
        first, second = table_of(catalogue, TOPIC).snapshots()
    assert first.timestamp_ms < second.timestamp_ms
    then = scan(TOPIC, as_of=datetime.fromtimestamp(first.timestamp_ms / 1000, timezone.utc), at=where)
    assert (then.num_rows, "qc" in then.schema.names) == (94, False)
    now = scan(TOPIC, at=where)
    assert (now.num_rows, "qc" in now.schema.names, now["qc"].null_count) == (95, True, 95)
    assert "qc" not in scan(TOPIC, version=1, at=where).schema.names


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"columns": ["nothing"]}, "has no column nothing"),
        ({"columns": ["qc"], "version": 1}, "has no column qc of version 1"),
        ({"version": 99}, "has no version 99"),
        ({"as_of": "1999-01-01"}, "keeps no snapshot of 1999-01-01"),
        ({"since": "yesterday"}, "'yesterday' is no time"),
    ],
)
def test_what_there_is_not_is_told(where: Warehouse, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(UnusableSetting, match=words):
        scan(TOPIC, **asked, at=where)


def test_a_topic_without_a_table_is_told(where: Warehouse) -> None:
    with pytest.raises(UnusableSetting, match="topic-air-final has no table yet"):
        scan("topic-air-final", at=where)


def test_where_the_table_has_read_to_is_told_by_its_rows_once_the_snapshots_that_said_so_are_gone(
    where: Warehouse,
) -> None:
    with opened(where) as catalogue:
        table = table_of(catalogue, TOPIC)
        assert ends(table) == {0: 95}
        table.overwrite(table.scan().to_arrow())
        ids = [one.snapshot_id for one in table.snapshots() if one.summary and one.summary.get(SNAPSHOT_ENDS)]
        table.maintenance.expire_snapshots().by_ids(ids).commit()
        table = table_of(catalogue, TOPIC)
        assert not any(one.summary.get(SNAPSHOT_ENDS) for one in table.snapshots() if one.summary)
        assert ends(table) == {0: 95}


def test_sql_sees_each_table_by_its_name_and_the_last_word_on_each_observation(where: Warehouse) -> None:
    (found,) = ask(
        "SELECT count(*) AS rows, count(qc) AS qc, min(observed_at) AS first FROM topic_weather_final",
        at=where,
    ).to_pylist()
    assert found == {"rows": 95, "qc": 0, "first": BEGIN}
    last = ask(
        f"SELECT temperature FROM topic_weather_final_latest WHERE station = '{JFK}' ORDER BY observed_at",
        at=where,
    )
    assert (last.num_rows, last["temperature"][0].as_py()) == (46, -5.0)
    assert ask("FROM topic_weather_final", at=where).schema.names == scan(TOPIC, at=where).schema.names


def test_sql_sees_a_moment_as_it_was(where: Warehouse) -> None:
    with opened(where) as catalogue:
        first = table_of(catalogue, TOPIC).snapshots()[0].timestamp_ms
    then = ask("FROM topic_weather_final", as_of=datetime.fromtimestamp(first / 1000, timezone.utc), at=where)
    assert (then.num_rows, "qc" in then.schema.names) == (94, False)


def test_a_window_is_read_again_as_it_was_judged(where: Warehouse) -> None:
    quality = "topic-weather-quality"
    judged = {
        "id": "w1",
        "topic": TOPIC,
        "slices": [{"partition": 0, "start": 10, "end": 94}, {"partition": 1, "start": 0, "end": 0}],
    }
    later = {"id": "w2", "topic": TOPIC, "slices": [{"partition": 0, "start": 0, "end": 96}]}
    _append(where, [judged, later], version=4, topic=quality)
    for found in (scan(TOPIC, window="w1", at=where), ask("FROM topic_weather_final", window="w1", at=where)):
        # The correction, and the columns of version 2, came behind the window.
        assert found["kafka_offset"].to_pylist() == list(range(10, 94))
        assert "qc" not in found.schema.names
    with pytest.raises(UnusableSetting, match="has not read all of the window w2"):
        ask("FROM topic_weather_final", window="w2", at=where)
    with pytest.raises(UnusableSetting, match="no quality table has a validation w3"):
        scan(TOPIC, window="w3", at=where)
    with pytest.raises(UnusableSetting, match="is one of topic-weather-final, not of"):
        scan(quality, window="w1", at=where)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT nothing FROM topic_weather_final", "nothing.*the tables are topic_weather_final"),
        ("SELECT 1 FROM topic_air_final", "topic_air_final"),
        ("", "no question"),
    ],
)
def test_a_question_that_cannot_be_asked_is_told(where: Warehouse, sql: str, words: str) -> None:
    with pytest.raises(UnusableSetting, match=words):
        ask(sql, at=where)


def test_a_table_of_somebody_else_is_asked_too_and_none_is_no_traceback(tmp_path: Path) -> None:
    where = Warehouse(str(tmp_path / "tables"))
    with opened(where, make=True) as catalogue:
        assert tables_there(where) == []
        with pytest.raises(UnusableSetting, match="the tables are not there yet"):
            ask("FROM topic_weather_final", at=where)
        catalogue.create_namespace("topics")
        rows = pa.table({"n": [1, 2]})
        catalogue.create_table("topics.theirs", rows.schema).append(rows)
    assert ask("SELECT sum(n) AS n FROM THEIRS", at=where).to_pylist() == [{"n": 3}]
    assert tables_there(where) == []


def test_rows_that_somebody_deleted_stay_away(where: Warehouse) -> None:
    with opened(where) as catalogue:
        table_of(catalogue, TOPIC).delete("kafka_offset < 40")
    assert ask("FROM topic_weather_final", at=where).num_rows == 55


def test_a_folder_with_blanks_and_a_quote_is_asked_as_any_other(tmp_path: Path) -> None:
    place = Warehouse(str(tmp_path / "a weather's platform"))
    _append(place, [{"station": JFK, "observed_at": BEGIN}])
    assert ask("FROM topic_weather_final", at=place).num_rows == 1
    (there,) = tables_there(place)
    assert (there.name, there.rows, there.version) == ("topic_weather_final", 1, 2)
    assert [one.name for one in tmp_path.iterdir()] == [Path(place.location).name]


def test_the_examples_of_the_cookbook_run(where: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLES_WAREHOUSE", where.location)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/table.md").read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/table.md", "exec"), names)
    assert names["jfk"].num_rows == 47
    climate = names["climate"].to_dicts()
    assert [row["hour"] for row in climate] == list(range(24))
    assert climate[0]["lowest"] == -5.0
    assert names["gaps"]["station"].to_list() == [JFK]
    (flagged,) = names["flagged"].to_dicts()
    assert (flagged["flag"], flagged["records"]) == ("temperature-plausible", 5)
    assert names["last"].num_rows == 94
