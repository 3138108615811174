"""Each value goes to one topic only, whole, and says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from contracts.wire import frame
from streaming.plan import LARGEST_VALUE, Plan

Publish = Callable[[Sequence[bytes | None]], list[Any]]
RawValue = Callable[..., bytes]
Poison = list[tuple[str, bytes | None]]


FOREIGN_ID = 21
"""An id that the plan of these tests knows as another subject's."""


def bombs(good: bytes, raw_value: RawValue) -> list[bytes]:
    """A few bytes that claim an array of two thousand million conditions, in either of Avro's notations."""
    one = raw_value(conditions=[{"id": 800, "main": "Clear", "description": "clear sky"}])
    at = next(i for i, (a, b) in enumerate(zip(good, one, strict=False)) if a != b)
    claimed = b"\xfe\xff\xff\xff\x0f"
    return [good[:at] + claimed, good[:at] + b"\xff\xff\xff\xff\x0f" + claimed]


@pytest.fixture(scope="module")
def poison(raw_value: RawValue) -> Poison:
    """Reason code, and a value that must be put aside for it."""
    good = raw_value()
    return [
        ("NULL_VALUE", None),
        ("SHORT_VALUE", b""),
        ("SHORT_VALUE", b"\0\0\0\0"),
        ("WRONG_MAGIC", b"\1" + good[1:]),
        ("UNKNOWN_SCHEMA", good[:1] + (4_000_000_000).to_bytes(4, "big") + good[5:]),
        ("FOREIGN_SUBJECT", frame(FOREIGN_ID, good[5:])),
        ("OVERSIZE", good + bytes(LARGEST_VALUE)),
        ("UNDECODABLE", good[:5]),
        ("UNDECODABLE", good[:-1]),
        ("UNDECODABLE", good[:5] + b"\xff" * 200),
        # A length below zero, and one that claims more than there is: of the first text, the station's.
        ("UNDECODABLE", good.replace(b"\x06JFK", b"\x05JFK")),
        ("UNDECODABLE", good.replace(b"\x06JFK", b"\xfe\xff\xff\xff\x0fJFK")),
        *(("UNDECODABLE", bomb) for bomb in bombs(good, raw_value)),
        ("UNDECODABLE", good.replace(b"JFK", b"J\xff\xfe")),
        ("UNDECODABLE", raw_value(observed_at=1 << 62)),
        ("TRAILING_BYTES", good + b"\0"),
        ("TRAILING_BYTES", good + good),
        ("RULE_BROKEN", raw_value(humidity=101.0)),
        ("RULE_BROKEN", raw_value(temperature=float("nan"))),
        ("RULE_BROKEN", raw_value(wind_speed=float("inf"))),
        ("RULE_BROKEN", raw_value(station=" ")),
    ]


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
    publish: Publish, raw_value: RawValue
) -> None:
    (dead,) = publish([raw_value(humidity=-1.0, temperature=99.0)])
    assert dead.record["rules"] == ["temperature-possible", "humidity-possible"]


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
        [raw_value(received_at=received, observed_at=received + h * hour) for h in (-25, -24, 0, 1)]
        + [raw_value(received_at=received, observed_at=replayed, replay=True)]
    )
    assert {published.topic for published in found} == {plan.final.topic}
    late = ["observed-when-received"]
    assert [published.record["flags"] for published in found] == [late, [], [], late, []]
