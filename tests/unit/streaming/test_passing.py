"""A field that both contracts have alike reaches the final topic without a row of its own."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.folder import load_contracts
from streaming.enrich import passing

ELEVATION: dict[str, Any] = {"name": "elevation", "type": ["null", "double"], "unit": "m", "default": None}


def record(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields)}


@pytest.mark.parametrize(
    ("raw", "passes"),
    [
        ({**ELEVATION, "doc": "Height of the station."}, True),
        ({**ELEVATION, "unit": "ft"}, False),
        ({**ELEVATION, "type": ["null", "string"]}, False),
        ({**ELEVATION, "name": "height"}, False),
    ],
)
def test_only_a_field_of_the_same_name_type_and_unit_passes(raw: dict[str, Any], passes: bool) -> None:
    assert passing(record(raw), record(ELEVATION)) == ({"elevation": "record.elevation"} if passes else {})


def test_a_field_with_an_enrichment_of_its_own_does_not_pass() -> None:
    humidity = {"name": "humidity", "type": ["null", "double"], "unit": "%"}
    assert passing(record(humidity), record(humidity)) == {}


def test_the_platforms_contracts_need_no_field_to_pass() -> None:
    contracts = load_contracts()
    raw, final = contracts["topic-weather"], contracts["topic-weather-final"]
    assert passing(raw.newest.schema, final.newest.schema) == {}
