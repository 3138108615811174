"""What a contract's table looks like, and how it follows the contract."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import Catalog

from contracts.errors import (
    AccessRefused,
    CheckpointMismatch,
    PlatformError,
    ServiceFailed,
    Unreachable,
    UnusableSchema,
    UnusableSetting,
)
from contracts.folder.model import Contract, Deprecation
from contracts.folder.read import load_contracts
from contracts.tables.columns import BESIDE, columns, properties, time_column
from contracts.tables.keep import follow, opened
from contracts.tables.settings import Warehouse, warehouse
from tests.unit.contracts.built import contract


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalog]:
    with opened(Warehouse(str(tmp_path / "tables")), make=True) as found:
        yield found


def record(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields)}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


TYPES = {
    "boolean": "boolean",
    "int": "int",
    "long": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "bytes": "binary",
    '{"type": "enum", "name": "E", "symbols": ["A"]}': "string",
    '{"type": "fixed", "name": "F", "size": 4}': "binary",
    '{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}': "decimal(9, 2)",
    '{"type": "int", "logicalType": "date"}': "date",
    '{"type": "long", "logicalType": "timestamp-millis"}': "timestamptz",
    '{"type": "long", "logicalType": "timestamp-micros"}': "timestamptz",
    '{"type": "long", "logicalType": "local-timestamp-millis"}': "timestamp",
    '{"type": "string", "logicalType": "uuid"}': "string",
    '{"type": "array", "items": "string"}': "list<string>",
    '{"type": "map", "values": ["null", "int"]}': "map<string, int>",
    '["int", "long"]': "long",
    '["float", "double"]': "double",
}


@pytest.mark.parametrize(("avro", "iceberg"), TYPES.items())
def test_a_type_is_that_which_it_means(avro: str, iceberg: str) -> None:
    import json

    kind = json.loads(avro) if avro[0] in "{[" else avro
    assert str(columns(contract(record(field("x", kind)))).find_type("x")) == iceberg


def test_a_nested_record_is_a_struct_with_comments_and_a_union_has_a_member_for_each_type() -> None:
    inner = {"type": "record", "name": "I", "fields": [field("a", "int", doc="An a.", unit="m")]}
    made = columns(contract(record(field("nested", ["null", inner]), field("either", ["int", "string"]))))
    assert str(made.find_type("nested.a")) == "int"
    assert made.find_field("nested.a").doc == "An a. [m]"
    assert not made.find_field("nested").required
    assert [str(made.find_type(f"either.member{n}")) for n in (0, 1)] == ["int", "string"]


@pytest.mark.parametrize("topic", load_contracts())
def test_every_contract_of_ours_has_a_table_with_a_comment_on_each_column(
    topic: str, catalogue: Catalog
) -> None:
    ours = load_contracts()[topic]
    table = follow(catalogue, ours, "id")
    names = [one["name"] for one in ours.newest.schema["fields"]]
    assert table.schema().column_names[: len(names)] == names or set(names) <= set(
        table.schema().column_names
    )
    assert all(one.doc for one in table.schema().fields)
    assert [one.name for one in table.schema().fields][-len(BESIDE) :] == list(BESIDE)
    (day,) = table.spec().fields
    assert day.name == f"{time_column(ours)}_day"


def test_owner_version_units_and_deprecations_are_properties() -> None:
    gone = Deprecation(reason="Nobody reads it.", until=date(2030, 1, 1), successor="y")
    ours = contract(
        record(field("x", "int", unit="K"), field("y", "int")), owner="us", deprecated={"x": gone}
    )
    told = properties(ours)
    assert told["owner"] == "us"
    assert told["contract.version"] == "1"
    assert told["unit.x"] == "K"
    assert told["deprecated.x"].startswith("x is deprecated and stays until 2030-01-01")
    assert "x is deprecated" in str(columns(ours).find_field("x").doc)


@pytest.mark.parametrize(
    "kind",
    [{"type": "int", "logicalType": "time-millis"}, ["null"], {"type": "record", "name": "N", "fields": []}],
)
def test_a_schema_that_iceberg_cannot_hold_is_refused_by_the_name_of_its_field(kind: Any) -> None:
    with pytest.raises(UnusableSchema, match=r"version 1 of t has no table: x is "):
        columns(contract(record(field("x", kind))))


def test_a_record_that_holds_itself_and_a_name_of_ours_are_refused() -> None:
    with pytest.raises(UnusableSchema, match="holds itself"):
        columns(contract(record(field("x", ["null", "R"]))))
    with pytest.raises(UnusableSchema, match="kafka_offset is the name of a column beside the record"):
        columns(contract(record(field("kafka_offset", "int"))))


def _versions() -> Contract:
    inner = {"type": "record", "name": "I", "fields": [field("a", "int")]}
    grown = {**inner, "fields": [field("a", "long"), field("b", ["null", "string"], default=None)]}
    return contract(
        record(field("x", "int", doc="Old."), field("n", ["null", inner], default=None), field("f", "float")),
        record(
            field("new", "boolean", default=False),
            field("x", ["null", "int"], doc="New."),
            field("n", ["null", grown], default=None),
            field("f", "double"),
        ),
        record(field("x", ["null", "int"], doc="New.")),
    )


def at(ours: Contract, version: int) -> Contract:
    return replace(ours, versions=ours.versions[:version])


def test_a_table_follows_its_contract_and_no_id_is_ever_used_again(catalogue: Catalog) -> None:
    ours = _versions()
    first = follow(catalogue, at(ours, 1), "id").schema()
    table = follow(catalogue, at(ours, 2), "id")
    second = table.schema()
    for path in first.column_names:
        assert second.find_field(path).field_id == first.find_field(path).field_id
    assert {second.find_field(path).field_id for path in ("new", "n.b")}.isdisjoint(first.field_ids)
    assert first.find_field("x").required
    assert not second.find_field("x").required
    assert second.find_field("x").doc == "New."
    assert [str(second.find_type(path)) for path in ("n.a", "f")] == ["long", "double"]
    # What is added is not in the rows before: it cannot be required of them.
    assert not second.find_field("new").required
    assert table.properties["contract.version"] == "2"


def test_a_column_that_its_contract_lets_go_stays(catalogue: Catalog) -> None:
    ours = _versions()
    before = follow(catalogue, at(ours, 2), "id").schema()
    assert follow(catalogue, ours, "id").schema().column_names == before.column_names


def test_to_follow_again_changes_nothing(catalogue: Catalog) -> None:
    ours = _versions()
    follow(catalogue, at(ours, 1), "id")
    once = follow(catalogue, at(ours, 2), "id").metadata_location
    assert follow(catalogue, at(ours, 2), "id").metadata_location == once
    # A release that knows an older version leaves the table as it is.
    assert follow(catalogue, at(ours, 1), "id").metadata_location == once


def test_a_type_that_cannot_follow_is_refused_and_the_table_stays(catalogue: Catalog) -> None:
    ours = contract(record(field("x", "int")), record(field("x", "string")))
    before = follow(catalogue, at(ours, 1), "id").metadata_location
    with pytest.raises(UnusableSchema, match="the table of t cannot follow version 2"):
        follow(catalogue, ours, "id")
    assert follow(catalogue, at(ours, 1), "id").metadata_location == before


def test_a_table_that_somebody_altered_is_told_by_its_column(catalogue: Catalog) -> None:
    ours = contract(record(field("x", "int"), field("y", "int")))
    table = follow(catalogue, ours, "id")
    with table.update_schema() as change:
        change.add_column("theirs", columns(ours).find_type("x"))
    follow(catalogue, ours, "id")
    with table.update_schema() as change:
        change.delete_column("y")
    with pytest.raises(CheckpointMismatch, match=r"somebody altered the table topics\.t: y is gone"):
        follow(catalogue, ours, "id")


def test_a_topic_that_was_made_again_is_not_taken_for_the_one_before(catalogue: Catalog) -> None:
    ours = contract(record(field("x", "int")))
    follow(catalogue, ours, "id")
    with pytest.raises(CheckpointMismatch, match="the topic t was made again"):
        follow(catalogue, ours, "another")


def test_a_folder_and_a_catalogue_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "catalog.db").write_text("no database" * 1000)
    rows = {
        (file / "tables", True): "the tables' folder .* cannot be used .*: set TABLES_WAREHOUSE",
        (tmp_path / "none", False): "there are no tables in ",
        (broken, False): "the catalogue in .* cannot be used .*file is not a database",
    }
    for (folder, make), words in rows.items():
        with pytest.raises(UnusableSetting, match=words), opened(Warehouse(str(folder)), make=make):
            pass


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"TABLES_CATALOG_URI": "ftp://x"}, "TABLES_CATALOG_URI must be"),
        ({"TABLES_CATALOG_URI": "http://me:secret@x"}, "without credentials"),
        ({"TABLES_CATALOG_TOKEN": "secret"}, "without TABLES_CATALOG_URI"),
        ({"TABLES_OPTIONS": "[]"}, "TABLES_OPTIONS must be a JSON object"),
        ({"TABLES_WAREHOUSE": "s3://bucket"}, "TABLES_WAREHOUSE must be a folder"),
        ({"TABLES_WAREHOUSE": "/data/week#1"}, "a folder with # in its name"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(UnusableSetting, match=words) as refused:
        warehouse(given)
    assert "secret" not in str(refused.value)


def test_a_rest_catalogue_is_the_same_to_both_clients() -> None:
    found = warehouse(
        {
            "TABLES_CATALOG_URI": "https://c/",
            "TABLES_CATALOG_TOKEN": "secret",
            "TABLES_WAREHOUSE": "s3://b",
            "TABLES_OPTIONS": '{"s3.region": "eu"}',
        }
    )
    expected = {
        "type": "rest",
        "uri": "https://c/",
        "warehouse": "s3://b",
        "token": "secret",
        "s3.region": "eu",
    }
    assert found.python() == expected
    assert found.spark() == {**expected, "cache-enabled": "false"}
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("status", "exit_code", "words"),
    [
        (401, AccessRefused.exit_code, "refuses access: check TABLES_CATALOG_TOKEN"),
        (403, AccessRefused.exit_code, "refuses access: check TABLES_CATALOG_TOKEN"),
        (500, ServiceFailed.exit_code, "failed .*no storage.*: read its log"),
        (503, Unreachable.exit_code, "is not ready: try again"),
    ],
)
def test_the_answer_of_a_rest_catalogue_that_does_not_serve_is_one_sentence(
    status: int, exit_code: int, words: str
) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html><body><h2>no storage</h2><pre>\tat a.b.C</pre></body></html>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = Warehouse("s3://tables", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(PlatformError, match=words) as raised, opened(where):
            pass
        server.shutdown()
    assert raised.value.exit_code == exit_code
    assert "<" not in str(raised.value)
