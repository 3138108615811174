from __future__ import annotations

import importlib.util

import pytest

from tests.bench.aims import AIMS, Aim

SPREAD = {"least": 0.8, "median": 0.9, "most": 1.1}


@pytest.mark.parametrize("aim", AIMS, ids=lambda aim: " ".join(aim.where))
def test_each_aim_is_of_a_benchmark_that_there_is(aim: Aim) -> None:
    assert importlib.util.find_spec(f"tests.bench.{aim.where[0]}")


@pytest.mark.parametrize(
    ("bound", "limit", "reached"), [("≥", 0.9, True), ("≥", 1, False), ("≤", 0.8, False)]
)
def test_an_aim_is_reached_by_the_median(bound: str, limit: float, reached: bool) -> None:
    aim = Aim("a figure", ("streaming.steps", "ratio"), bound, limit)  # type: ignore[arg-type]
    figure = aim.figure({"streaming.steps": {"ratio": SPREAD}})
    assert figure == SPREAD
    assert aim.is_reached(figure["median"]) == reached


def test_a_figure_that_was_not_measured_is_none_and_a_number_is_its_own_median() -> None:
    aim = Aim("a figure", ("streaming.steps", "windows", "1000"), "≤", 2)
    assert aim.figure({}) is None
    assert aim.figure({"streaming.steps": {"windows": {"1000": 1.5}}}) == {"median": 1.5}
