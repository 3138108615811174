"""A field that both contracts have alike reaches the final topic without a row of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from contracts.folder.read import load_contracts
from streaming.record.enrich import ENRICHMENTS, Enrichment
from streaming.record.enrich.table import Row
from streaming.record.plan import Plan, unfilled
from streaming.record.schema import enums

SNOW_DEPTH: dict[str, Any] = {"name": "snow_depth", "type": ["null", "double"], "unit": "cm", "default": None}


def record(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields)}


@pytest.mark.parametrize(
    ("raw", "passes"),
    [
        ({**SNOW_DEPTH, "doc": "Depth of the snow."}, True),
        ({**SNOW_DEPTH, "unit": "in"}, False),
        ({**SNOW_DEPTH, "type": ["null", "string"]}, False),
        ({**SNOW_DEPTH, "name": "depth"}, False),
    ],
)
def test_only_a_field_of_the_same_name_type_and_unit_passes(raw: dict[str, Any], passes: bool) -> None:
    assert Enrichment().passing(record(raw), record(SNOW_DEPTH)) == (
        {"snow_depth": Row("record.snow_depth + 0D")} if passes else {}
    )


def test_a_field_with_an_enrichment_of_its_own_does_not_pass() -> None:
    humidity = {"name": "humidity", "type": ["null", "double"], "unit": "%"}
    own = Enrichment(observed={"humidity": Row("record.humidity / 100")})
    assert own.passing(record(humidity), record(humidity)) == {}


def test_a_final_field_that_nothing_fills_is_named() -> None:
    contracts = load_contracts()
    raw, final = contracts["topic-weather"], contracts["topic-weather-final"]
    assert unfilled(raw, final) == ()
    schema = {**final.newest.schema, "fields": [*final.newest.schema["fields"], SNOW_DEPTH]}
    newer = replace(final, versions=(replace(final.newest, schema=schema),))
    assert unfilled(raw, newer) == ("snow_depth",)


def test_each_text_of_a_derived_enum_is_one_of_its_symbols() -> None:
    texts = {
        (product, name): (set(re.findall(r"'([^']*)'", enrichment.derived[name].sql)), {*enum["symbols"]})
        for product, enrichment in ENRICHMENTS.items()
        for name, enum in enums(load_contracts()[f"topic-{product}-final"].newest.schema).items()
        if name in enrichment.derived
    }
    assert ("weather", "day_phase") in texts
    assert all(own and own <= symbols for own, symbols in texts.values()), texts


def test_only_a_plan_that_was_learned_later_and_differs_replaces_another(plan: Plan) -> None:
    later = replace(plan, learned_at=plan.learned_at + 1)
    assert not later.replaces(plan)
    wider = replace(later, writers={**plan.writers, 99: "a schema"})
    assert wider.replaces(plan)
    assert not plan.replaces(wider)
    assert replace(later, final_id=98).replaces(plan)
