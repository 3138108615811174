"""The lock tells every change that matters from every change that does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import UnusableSetting
from contracts.folder.lock import differences, digest, load, lock_of, parse, render
from contracts.folder.read import contracts_folder, load_contracts
from contracts.registry.registered import meaning
from tests.spellings import SCHEMAS, spelled_anew

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Reading",
    "namespace": "weather.test",
    "fields": [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "When."},
        {"name": "level", "type": "double", "unit": "m", "default": 0.0, "aliases": ["height"]},
        {"name": "place", "type": {"type": "record", "name": "Place", "fields": []}},
        {"name": "other", "type": ["null", "weather.test.Place"], "default": None},
    ],
}


def changed(field: int, **attributes: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(SCHEMA))
    copy["fields"][field].update(attributes)
    return copy


@pytest.mark.parametrize(
    "other",
    [
        changed(0, type="long"),
        changed(0, type={"type": "long", "logicalType": "timestamp-micros"}),
        changed(0, doc="Whenever."),
        changed(1, default=1.0),
        changed(1, unit="km"),
        changed(1, aliases=[]),
        {**SCHEMA, "fields": SCHEMA["fields"][::-1]},
        {**SCHEMA, "namespace": "weather.other"},
    ],
)
def test_every_change_that_a_reader_could_notice_changes_the_digest(other: dict[str, Any]) -> None:
    assert digest(other) != digest(SCHEMA)


@pytest.mark.parametrize(
    "other",
    [
        dict(reversed(SCHEMA.items())),
        {**{k: v for k, v in SCHEMA.items() if k != "namespace"}, "name": "weather.test.Reading"},
        changed(1, type={"type": "double"}),
        changed(3, type=["null", "Place"]),
    ],
    ids=["order of attributes", "name with namespace", "bare type in braces", "short reference"],
)
def test_another_spelling_of_the_same_schema_keeps_the_digest(other: dict[str, Any]) -> None:
    assert digest(other) == digest(SCHEMA)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_a_schema_means_the_same_however_it_is_spelled(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS)
    assert meaning(schema) == meaning(spelled_anew(data, schema))


@pytest.mark.parametrize(
    "other",
    [
        changed(0, type="long"),
        changed(0, type={"type": "long", "logicalType": "timestamp-micros"}),
        changed(0, doc="Whenever."),
        changed(0, order="descending"),
        changed(1, default=1.0),
        changed(1, unit="km"),
        changed(1, aliases=["depth"]),
        {**SCHEMA, "fields": SCHEMA["fields"][::-1]},
        {**SCHEMA, "namespace": "weather.other"},
        {**SCHEMA, "doc": "A reading."},
    ],
)
def test_every_change_that_a_reader_could_notice_changes_the_meaning(other: dict[str, Any]) -> None:
    assert meaning(other) != meaning(SCHEMA)


@pytest.mark.parametrize("other", [None, 5, "weather.Unknown", {"type": "record"}, {"fields": 5}, [[[]]]])
def test_what_is_no_schema_has_no_meaning(other: Any) -> None:
    assert meaning(other) is None


def test_a_lock_survives_its_file() -> None:
    lock = lock_of(load_contracts().values())
    assert lock
    assert parse(render(lock)) == lock


def test_the_lock_tells_new_changed_and_lost_versions_apart() -> None:
    contracts = tuple(load_contracts().values())
    lock = dict(lock_of(contracts))
    del lock["topic-weather", 1]
    lock["topic-weather-final", 1] = "0" * 64
    lock["topic-gone", 3] = "0" * 64
    kinds = {(row.topic, row.version): row.kind for row in differences(lock, contracts)}
    assert kinds == {
        ("topic-weather", 1): "new",
        ("topic-weather-final", 1): "changed",
        ("topic-gone", 3): "gone",
    }


def test_the_committed_lock_holds_every_version_as_it_stands() -> None:
    assert differences(load(contracts_folder()), load_contracts().values()) == ()


def test_a_line_that_is_no_lock_is_named() -> None:
    with pytest.raises(UnusableSetting, match="line 2"):
        parse("# lock\nnonsense\n")
