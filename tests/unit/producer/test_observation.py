"""One observation is told from another, and from its own correction."""

from __future__ import annotations

from typing import Any

import pytest

from producer import Context, observation, parse
from producer.observation import News, Recent, digest, identity, news

CONTEXT = Context(source="OPENWEATHERMAP", replay=False, units="METRIC", received_at=1)
BODY = b'{"id":7,"dt":1700000000,"main":{"temp":3.5},"rain":{"1h":0.2},"weather":[{"id":500}],"base":"x"}'


def observed(body: bytes = BODY, **values: Any) -> dict[str, Any]:
    return {**parse(body, CONTEXT), **values}


def test_an_observation_is_its_source_station_and_time() -> None:
    assert identity(observed()) == ("OPENWEATHERMAP", "id:7", 1_700_000_000_000)


@pytest.mark.parametrize(
    "change", [{"received_at": 2}, {"correction": True}, {"extra": {}}, {"replay": True}]
)
def test_what_differs_between_two_answers_is_no_news(change: dict[str, Any]) -> None:
    assert digest(observed(**change)) == digest(observed())


@pytest.mark.parametrize(
    "change", [{"temperature": 3.6}, {"rain": None}, {"conditions": []}, {"units": "IMPERIAL"}]
)
def test_every_measure_counts(change: dict[str, Any]) -> None:
    assert digest(observed(**change)) != digest(observed())


def test_news_are_new_unchanged_or_a_correction() -> None:
    assert [news(before, b"b") for before in (None, b"b", b"a")] == [
        News.NEW,
        News.UNCHANGED,
        News.CORRECTION,
    ]


def test_an_answer_that_flaps_between_two_times_is_sent_once_each() -> None:
    recent = Recent()
    times = [1, 2, 1, 2]
    found = [recent.see(observed(observed_at=time)) for time in times]
    assert found == [News.NEW, News.NEW, News.UNCHANGED, News.UNCHANGED]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "REMEMBERED", 2)
    recent = Recent()
    for time in (1, 2, 3):
        recent.see(observed(observed_at=time))
    assert recent.see(observed(observed_at=3)) is News.UNCHANGED
    assert recent.see(observed(observed_at=1)) is News.NEW
