from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.records.topic_weather_quality import Bin, Distribution, Slice, Validation
from quality.portrait.drift import baseline, pooled, psi


def spread(bins: dict[int, int]) -> Distribution:
    return Distribution(
        field="temperature",
        present=sum(bins.values()),
        missing=0,
        step=1.0,
        bins=tuple(Bin(at=at, records=records) for at, records in bins.items()),
    )


def at(validation: Validation, name: str, start: int, end: int) -> Validation:
    slices = (Slice(partition=0, start=start, end=end),)
    return replace(validation, id=name, slices=slices, distributions=(spread({1: 5, 2: 5}),))


def test_a_baseline_shares_no_record_with_itself_or_with_the_window(validation: Validation) -> None:
    old = [
        at(validation, "first", 0, 10),
        at(validation, "again", 5, 20),
        at(validation, "second", 20, 30),
        at(validation, "overlapping", 25, 40),
        at(validation, "third", 40, 50),
    ]
    slices = at(validation, "now", 45, 60).slices
    assert [one.id for one in baseline(slices, old)] == ["again", "overlapping"]


def test_a_baseline_is_made_of_the_newest_windows(validation: Validation) -> None:
    old = [at(validation, f"w{n}", n * 10, n * 10 + 10) for n in range(40)]
    found = baseline(at(validation, "now", 400, 410).slices, old)
    assert [one.id for one in found] == [f"w{n}" for n in range(16, 40)]


def test_psi_is_what_its_definition_says() -> None:
    # (0.75 - 0.5) ln(0.75 / 0.5) + (0.25 - 0.5) ln(0.25 / 0.5)
    assert psi(spread({0: 75, 1: 25}), {0: 50, 1: 50}) == pytest.approx(0.27465, abs=1e-5)
    assert psi(spread({0: 50, 1: 50}), {0: 500, 1: 500}) == 0
    assert psi(spread({9: 100}), {0: 50, 1: 50}) == pytest.approx(4.6048, abs=1e-3)
    assert psi(spread({0: 1}), {}) is None


def test_bins_of_several_windows_are_added(validation: Validation) -> None:
    two = [at(validation, "a", 0, 1), at(validation, "b", 1, 2)]
    assert pooled(two, "temperature") == {1: 10, 2: 10}
    assert pooled(two, "humidity") == {}
