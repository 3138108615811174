"""One observation is told from another, and from its own correction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.folder.product import product_named
from producer import Context, observation, parse
from producer.observation import News, Recent, Shape, news, shape_of

CONTEXT = Context(product="weather", source="OPENWEATHERMAP", replay=False, units="METRIC", received_at=1)
SHAPE = shape_of("weather")
BODY = b'{"id":7,"dt":1700000000,"main":{"temp":3.5},"rain":{"1h":0.2},"weather":[{"id":500}],"base":"x"}'


def observed(body: bytes = BODY, **values: Any) -> dict[str, Any]:
    return {**parse(body, CONTEXT), **values}


def test_an_observation_is_its_source_station_and_time() -> None:
    assert SHAPE.identity(observed()) == ("OPENWEATHERMAP", "id:7", 1_700_000_000_000)


@pytest.mark.parametrize(
    "change", [{"received_at": 2}, {"correction": True}, {"extra": {}}, {"replay": True}]
)
def test_what_differs_between_two_answers_is_no_news(change: dict[str, Any]) -> None:
    assert SHAPE.digest(observed(**change)) == SHAPE.digest(observed())


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 3.6},
        {"rain": None},
        {"conditions": []},
        {"units": "IMPERIAL"},
        {"precipitation": {"amount": 0.2, "solid": None, "interval": 900}},
    ],
)
def test_every_measure_counts(change: dict[str, Any]) -> None:
    assert SHAPE.digest(observed(**change)) != SHAPE.digest(observed())


def test_news_are_new_unchanged_or_a_correction() -> None:
    assert [news(before, b"b") for before in (None, b"b", b"a")] == [
        News.NEW,
        News.UNCHANGED,
        News.CORRECTION,
    ]


def test_an_answer_that_flaps_between_two_times_is_sent_once_each() -> None:
    recent = Recent(SHAPE)
    times = [1, 2, 1, 2]
    found = [recent.see(observed(observed_at=time)) for time in times]
    assert found == [News.NEW, News.NEW, News.UNCHANGED, News.UNCHANGED]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "REMEMBERED", 2)
    recent = Recent(SHAPE)
    for time in (1, 2, 3):
        recent.see(observed(observed_at=time))
    assert recent.see(observed(observed_at=3)) is News.UNCHANGED
    assert recent.see(observed(observed_at=1)) is News.NEW


def test_each_field_of_the_contract_names_an_observation_is_one_of_its_values_or_may_differ() -> None:
    contract = product_named("weather").raw
    fields = {field["name"] for field in contract.newest.schema["fields"]}
    assert {*SHAPE.identity_fields, *SHAPE.value_fields, *contract.incidental} == fields
    assert {*contract.about_station} <= {*SHAPE.value_fields}


def test_a_field_that_a_newer_contract_adds_counts_as_a_value() -> None:
    contract = product_named("weather").raw
    slope = {"name": "slope", "type": ["null", "double"], "default": None}
    schema = {**contract.newest.schema, "fields": [*contract.newest.schema["fields"], slope]}
    shape = Shape.of(replace(contract, versions=(replace(contract.newest, schema=schema),)))
    record = shape.begin() | observed()
    assert record["slope"] is None
    assert shape.digest(record) != shape.digest(record | {"slope": 4.0})


def test_the_lists_and_maps_of_a_record_are_its_own() -> None:
    one, other = SHAPE.begin(), SHAPE.begin()
    one["extra"]["/base"] = "x"
    assert (other["extra"], other["conditions"]) == ({}, [])
