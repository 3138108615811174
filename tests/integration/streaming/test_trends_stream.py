"""The trends as a stream: what is told when, what is late, and that each trend comes once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
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


def test_each_station_has_its_trends_in_whatever_batches_and_order_its_observations_and_corrections_come(
    at: TrendsPlace, follow: Follow
) -> None:
    """One run for three stations, which know nothing of each other."""
    in_order = hourly("temperature", [13.0, 13.9, -10.5, 14.0])
    mixed = [
        replace(one, at=(0, 100 + one.at[1]))
        for one in hourly("temperature", [10.0, 11.0, 12.0, 13.0, 14.0], station="LGA")
    ]
    corrected = [
        replace(one, at=(0, 200 + one.at[1]))
        for one in hourly("temperature", [10.0, 11.0, 12.0, 12.0], station="EWR")
    ]
    correction = Seen(HOUR, {"temperature": 21.0}, at=(1, 7), received=5, station="EWR")

    at.produce([*in_order[:3], mixed[4], *corrected[:2]])
    follow()
    assert sorted(at.trends_by_place()) == [(0, 0), (0, 1), (0, 200)]
    at.produce([in_order[3], mixed[1], correction])
    follow()
    at.produce([*mixed[2:4], *corrected[2:]])
    follow()
    at.produce(mixed[:1])
    follow()

    every = at.trends_by_place()
    found = only(every)
    assert {place: row for place, row in found.items() if place[1] < 100 and place != (1, 7)} == {
        place: row for place, row in expected(in_order).items() if place != (0, 3)
    }
    assert found[0, 2]["qc_spike_temperature"] == 4
    # What comes out of order within the watermark has its trend.
    assert [place for place in sorted(found) if 100 <= place[1] < 200] == [(0, 100 + i) for i in range(4)]
    assert found[0, 100]["qc_step_temperature"] == 2
    assert found[0, 103]["temperature_change_1h"] == 1.0
    # A correction has a trend of its own, and stands for its time from then on.
    assert every[1, 7]["temperature_change_1h"] == 11.0
    assert every[0, 201]["temperature_change_1h"] == 1.0
    assert every[0, 202]["temperature_change_1h"] == -9.0
    assert [place for place in sorted(found) if place[1] >= 200] == [(0, 200), (0, 201), (0, 202)]


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


def test_what_is_later_than_the_watermark_is_counted_and_what_nobody_can_read_is_passed_over(
    at: TrendsPlace, follow: Follow
) -> None:
    at.produce_values([b"", b"\x00\x00\x00\x00\x09x", b"junk", None])
    at.produce(hourly("temperature", [10.0, 11.0], start=100))
    at.produce_values([b"\x00" + at.ids["final"].to_bytes(4, "big") + b"\xff\xff"])
    follow()
    assert sorted(at.trends_by_place()) == [(0, 100)]
    late = Seen(10 * HOUR, {"temperature": 3.0}, at=(0, 999))
    at.produce([late])

    batches = follow()

    assert sum(batch.kept.late for batch in batches if batch.kept) == 1
    assert sorted(at.trends_by_place()) == [(0, 100)]


def test_an_observation_that_is_to_come_does_not_make_the_others_late(
    at: TrendsPlace, follow: Follow
) -> None:
    at.produce([Seen(5_000_000_000_000, {"temperature": 10.0}, at=(0, 50))])
    follow()
    at.produce(hourly("temperature", [10.0, 11.0]))
    follow()

    assert sorted(at.trends_by_place()) == [(0, 0)]
