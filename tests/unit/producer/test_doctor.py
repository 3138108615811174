"""The doctor tells whether the plan's calls suffice, and goes on after a check that fails."""

from __future__ import annotations

import pytest

from contracts.errors import Unreachable, UnusableSetting
from producer.doctor import Finding, Plan, examine, quota_suffices
from producer.places import WELL_KNOWN


def test_calls_within_the_plan_are_counted() -> None:
    plan = Plan(places=WELL_KNOWN, interval=600, calls_per_minute=60)
    assert quota_suffices(plan) == "10 places every 600 s are 1.0 calls a minute, of 60."


@pytest.mark.parametrize("interval", [0, 5])
def test_too_many_calls_are_refused_with_the_interval_that_would_do(interval: float) -> None:
    with pytest.raises(UnusableSetting, match="set --interval to 10 or more"):
        quota_suffices(Plan(places=WELL_KNOWN, interval=interval, calls_per_minute=60))


def test_every_check_is_carried_out_but_those_that_need_one_that_failed() -> None:
    def fails() -> str:
        raise Unreachable("nothing answers: start it.")

    rows = [("broker", None, fails), ("topics", "broker", fails), ("registry", None, lambda: "it answers.")]
    assert list(examine(rows)) == [
        Finding("broker", False, "nothing answers: start it.", 3),
        Finding("topics", False, "not looked at: it needs the broker; mend that first.", 3),
        Finding("registry", True, "it answers."),
    ]
