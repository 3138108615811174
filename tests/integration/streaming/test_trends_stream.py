"""The trends as a stream: what is told when, what is late, and that each trend comes once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from pyspark.sql import SparkSession

from streaming.engine.progress import Progress
from streaming.trends.run import TrendsStream
from tests.trends import FIELDS, HOUR, Seen, TrendsPlace, expected, hourly


@pytest.fixture
def at(topic: Callable[..., str], bootstrap_servers: str, registry_url: str) -> Iterator[TrendsPlace]:
    """Final and trends topics of a test's own."""
    place = TrendsPlace(bootstrap_servers, registry_url, topic(partitions=2), topic(partitions=2))
    yield place
    for name in (place.final, place.trends):
        requests.delete(f"{registry_url}/subjects/{name}-value", timeout=10).raise_for_status()


@pytest.fixture
def follow(at: TrendsPlace, spark: SparkSession, tmp_path: Path) -> Callable[[], list[Progress]]:
    """Runs the trends until all that is there is read; gives the batches."""
    ours = spark.newSession()

    def run() -> list[Progress]:
        batches: list[Progress] = []
        TrendsStream(at.job(tmp_path / "checkpoint"), ours).run(batches.append)
        return batches

    return run


Follow = Callable[[], list[Progress]]


def only(found: dict[tuple[int, int], dict[str, Any]]) -> dict[tuple[int, int], dict[str, Any]]:
    return {place: {name: record[name] for name in FIELDS} for place, record in found.items()}


def test_a_trend_is_told_with_the_next_observation_in_a_later_batch_too(
    at: TrendsPlace, follow: Follow
) -> None:
    seen = hourly("temperature", [13.0, 13.9, -10.5, 14.0])
    at.produce(seen[:3])
    follow()
    assert sorted(at.trends_by_place()) == [(0, 0), (0, 1)]

    at.produce(seen[3:])
    follow()

    found = only(at.trends_by_place())
    assert found == {place: row for place, row in expected(seen).items() if place != (0, 3)}
    assert found[0, 2]["qc_spike_temperature"] == 4


@pytest.mark.parametrize("later", [27, 400])
def test_a_station_that_falls_silent_has_its_last_trend_once_the_watermark_has_passed(
    at: TrendsPlace, follow: Follow, later: int
) -> None:
    last = hourly("temperature", [10.0, 11.0])
    at.produce(last)
    follow()
    assert sorted(at.trends_by_place()) == [(0, 0)]

    others = hourly("temperature", [5.0] * 3, start=later, station="LGA")
    at.produce(others)
    follow()

    found = at.trends_by_place()
    assert found[0, 1]["temperature_change_1h"] == 1.0
    assert found[0, 1]["qc_spike_temperature"] == 2
    assert sorted(found) == [(0, 0), (0, 1), (0, later), (0, later + 1)]


def test_what_comes_out_of_order_within_the_watermark_has_its_trend(at: TrendsPlace, follow: Follow) -> None:
    seen = hourly("temperature", [10.0, 11.0, 12.0, 13.0, 14.0])
    for part in (seen[4:], seen[1:2], seen[2:4], seen[:1]):
        at.produce(part)
        follow()

    found = only(at.trends_by_place())

    assert sorted(found) == [(0, 0), (0, 1), (0, 2), (0, 3)]
    assert found[0, 0]["qc_step_temperature"] == 2
    assert found[0, 3]["temperature_change_1h"] == 1.0


def test_what_is_later_than_the_watermark_is_counted_and_has_no_trend(
    at: TrendsPlace, follow: Follow
) -> None:
    at.produce(hourly("temperature", [10.0, 11.0], start=100))
    follow()
    late = Seen(10 * HOUR, {"temperature": 3.0}, at=(0, 999))
    at.produce([late])

    batches = follow()

    assert sum(batch.kept.late for batch in batches if batch.kept) == 1
    assert sorted(at.trends_by_place()) == [(0, 100)]


def test_a_correction_has_a_trend_of_its_own_and_stands_for_its_time_from_then_on(
    at: TrendsPlace, follow: Follow
) -> None:
    at.produce(hourly("temperature", [10.0, 11.0]))
    follow()
    at.produce([Seen(HOUR, {"temperature": 21.0}, at=(1, 7), received=5)])
    follow()
    at.produce(hourly("temperature", [12.0, 12.0], start=2))
    follow()

    found = at.trends_by_place()

    assert found[1, 7]["temperature_change_1h"] == 11.0
    assert found[0, 1]["temperature_change_1h"] == 1.0
    assert found[0, 2]["temperature_change_1h"] == -9.0
    assert sorted(found) == [(0, 0), (0, 1), (0, 2), (1, 7)]


def test_an_observation_that_is_to_come_does_not_make_the_others_late(
    at: TrendsPlace, follow: Follow
) -> None:
    at.produce([Seen(5_000_000_000_000, {"temperature": 10.0}, at=(0, 50))])
    follow()
    at.produce(hourly("temperature", [10.0, 11.0]))
    follow()

    assert sorted(at.trends_by_place()) == [(0, 0)]


def test_bytes_that_nobody_can_read_are_passed_over(at: TrendsPlace, follow: Follow) -> None:
    at.produce_values([b"", b"\x00\x00\x00\x00\x09x", b"junk", None])
    at.produce(hourly("temperature", [10.0, 11.0]))
    at.produce_values([b"\x00" + at.ids["final"].to_bytes(4, "big") + b"\xff\xff"])
    follow()

    assert sorted(at.trends_by_place()) == [(0, 0)]
