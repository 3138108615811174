"""A fault is written in one word, and strikes as often as it says."""

from __future__ import annotations

import pytest

from contracts.errors import UnusableSetting
from producer.replay import Fault, fault


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("latency", Fault("latency", 1.0, 1)),
        ("latency=0.25", Fault("latency", 0.25, 1)),
        ("429=7/3", Fault("429", 7.0, 3)),
        ("500/10", Fault("500", 0.0, 10)),
        (" cut ", Fault("cut", 0.0, 1)),
    ],
)
def test_a_written_fault_is_understood(written: str, understood: Fault) -> None:
    assert fault(written) == understood


@pytest.mark.parametrize("written", ["", "503", "500/0", "500/", "latency=x", "cut/2/3"])
def test_what_is_no_fault_is_refused(written: str) -> None:
    with pytest.raises(UnusableSetting, match="is no fault"):
        fault(written)


def test_a_fault_strikes_every_so_many_answers() -> None:
    assert [fault("500/3").strikes(number) for number in range(1, 7)] == [False, False, True] * 2
