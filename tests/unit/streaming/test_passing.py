"""A field that both contracts have alike reaches the final topic without a row of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.folder.read import load_contracts
from streaming.record.enrich import Enrichment
from streaming.record.plan import Plan, unfilled

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
    assert Enrichment().passing(record(raw), record(ELEVATION)) == (
        {"elevation": "record.elevation"} if passes else {}
    )


def test_a_field_with_an_enrichment_of_its_own_does_not_pass() -> None:
    humidity = {"name": "humidity", "type": ["null", "double"], "unit": "%"}
    own = Enrichment(observed={"humidity": "record.humidity / 100"})
    assert own.passing(record(humidity), record(humidity)) == {}


def test_a_final_field_that_nothing_fills_is_named() -> None:
    contracts = load_contracts()
    raw, final = contracts["topic-weather"], contracts["topic-weather-final"]
    assert unfilled(raw, final) == ()
    schema = {**final.newest.schema, "fields": [*final.newest.schema["fields"], ELEVATION]}
    newer = replace(final, versions=(replace(final.newest, schema=schema),))
    assert unfilled(raw, newer) == ("elevation",)


def test_only_a_plan_that_was_learned_later_and_differs_replaces_another(plan: Plan) -> None:
    later = replace(plan, learned_at=plan.learned_at + 1)
    assert not later.replaces(plan)
    wider = replace(later, writers={**plan.writers, 99: "a schema"})
    assert wider.replaces(plan)
    assert not plan.replaces(wider)
    assert replace(later, final_id=98).replaces(plan)
