"""Each value goes to one topic only, whole, and says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from streaming.record.plan import LARGEST_VALUE, Plan
from tests.poison import Poison, RawValue
from tests.poison import poison as table

Publish = Callable[..., list[Any]]

FOREIGN_ID = 21
"""An id that the plan of these tests knows as another subject's."""


@pytest.fixture(scope="module")
def poison(raw_value: RawValue) -> Poison:
    """Reason code, and a value that must be put aside for it."""
    return table(raw_value, FOREIGN_ID)


def test_poison_is_put_aside_with_its_bytes_its_reason_and_its_source(
    publish: Publish, plan: Plan, poison: Poison
) -> None:
    found = publish([value for _, value in poison])
    assert [dead.record["reason"] for dead in found] == [reason for reason, _ in poison]
    assert [dead.record["value"] for dead in found] == [value for _, value in poison]
    assert {dead.topic for dead in found} == {plan.quarantine.topic}
    for offset, dead in enumerate(found, 100):
        assert dead.key == dead.record["key"] == b"k"
        assert (dead.record["source_partition"], dead.record["source_offset"]) == (3, offset)
        assert dead.record["source_timestamp"].microsecond == 123_000
        assert dead.record["stage"] == "STREAMING"
        assert dead.record["explanation"].endswith(".")


def test_a_dead_letter_names_every_critical_rule_that_it_breaks(
    publish: Publish, plan: Plan, raw_value: RawValue
) -> None:
    present = next(rule for rule in plan.final.rules if rule.id == "station-present")
    also = replace(present, id="station-named", parameters={"field": "station", "pattern": "[A-Z]"})
    final = replace(plan.final, rules=(*plan.final.rules, also))
    (dead,) = publish([raw_value(station=" ", temperature=99.0)], plan=replace(plan, final=final))
    assert dead.record["rules"] == ["station-present", "station-named"]


def test_the_largest_value_that_is_allowed_is_read(publish: Publish, plan: Plan, raw_value: RawValue) -> None:
    filler = LARGEST_VALUE - len(raw_value(extra={"/a": ""})) - 2
    value = raw_value(extra={"/a": "x" * filler})
    assert len(value) == LARGEST_VALUE
    assert publish([value])[0].topic == plan.final.topic


def test_a_published_record_is_keyed_by_station_and_names_its_source(
    publish: Publish, plan: Plan, raw_value: RawValue
) -> None:
    (published,) = publish([raw_value(station="Zürich")])
    assert published.topic == plan.final.topic
    assert published.key == "Zürich".encode()
    assert published.headers == {"source-partition": b"3", "source-offset": b"100"}
    assert published.record["writer_schema_id"] == 7


def test_a_broken_warning_flags_a_record_that_passes(
    publish: Publish, plan: Plan, raw_value: RawValue
) -> None:
    (published,) = publish([raw_value(visibility=-1.0)])
    assert (published.topic, published.record["flags"]) == (plan.final.topic, ["visibility-possible"])


def test_a_time_long_past_or_in_the_future_is_flagged_and_a_replay_of_old_times_is_not(
    publish: Publish, plan: Plan, raw_value: RawValue
) -> None:
    received, hour, replayed = 1_700_000_000_000, 3_600_000, 1_356_998_400_000
    found = publish(
        [raw_value(received_at=received, observed_at=received + h * hour) for h in (-4, -3, 0, 1)]
        + [raw_value(received_at=received, observed_at=replayed, replay=True)]
    )
    assert {published.topic for published in found} == {plan.final.topic}
    late, ahead = ["observed-when-received"], ["observed-not-ahead"]
    assert [published.record["flags"] for published in found] == [late, [], [], ahead, []]


def test_a_replay_of_a_time_that_nobody_observed_is_flagged(
    publish: Publish, plan: Plan, raw_value: RawValue
) -> None:
    received, day = 1_700_000_000_000, 86_400_000
    times = (-1000, 1000, day, received + 2 * day, 253_402_300_799_000)
    found = publish([raw_value(received_at=received, observed_at=time, replay=True) for time in times])
    assert {published.topic for published in found} == {plan.final.topic}
    assert [published.record["flags"] for published in found] == [["time-possible"]] * len(times)
