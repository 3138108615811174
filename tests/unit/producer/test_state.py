"""What was noted is there after a restart, and is of one incarnation of the topics."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from contracts.errors import UnusableSetting
from producer.state import Progress, State

TOPICS = {"weather": "first-id"}
OBSERVATION = ("OPENWEATHERMAP", "id:7", 1_700_000_000_000)


def hand_over(state: State, observed_at: int = OBSERVATION[2]) -> int:
    seen = (("OPENWEATHERMAP", "id:7", observed_at), b"digest")
    return state.hand_over(topic="weather", since=5, key=b"id:7", value=b"value", seen=seen)


def test_a_restart_finds_what_was_seen_and_what_still_waits(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "state.sqlite"
    with closing(State(file, TOPICS)) as state:
        first, second = hand_over(state), hand_over(state)
        state.delivered([first])
        state.save(Progress(20, 3, 4))
    with closing(State(file, TOPICS)) as state:
        assert state.seen(OBSERVATION) == b"digest"
        ((number, topic, since, key, value),) = [
            (row.id, row.topic, row.since, row.key, row.value) for row in state.waiting()
        ]
        assert (number, topic, since, key, value) == (second, "weather", 5, b"id:7", b"value")
        assert state.progress() == Progress(20, 3, 4)


def test_a_topic_that_was_made_anew_knows_nothing_of_the_former_one(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    with closing(State(file, TOPICS)) as state:
        hand_over(state)
    with closing(State(file, {"weather": "other-id"})) as state:
        assert state.seen(OBSERVATION) is None
        assert state.count_waiting() == 0


def test_observations_of_two_days_before_are_forgotten(tmp_path: Path) -> None:
    with closing(State(None, TOPICS)) as state:
        hand_over(state)
        hand_over(state, OBSERVATION[2] + 47 * 3_600_000)
        assert state.seen(OBSERVATION) == b"digest"
        hand_over(state, OBSERVATION[2] + 49 * 3_600_000)
        assert state.seen(OBSERVATION) is None


def test_two_producers_do_not_share_a_state(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    with closing(State(file, TOPICS)), pytest.raises(UnusableSetting, match="used by another producer"):
        State(file, TOPICS)


def test_a_place_that_cannot_hold_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "noise.sqlite").write_bytes(b"this is no database at all" * 100)
    for file in (tmp_path / "file" / "state.sqlite", tmp_path / "noise.sqlite"):
        with pytest.raises(UnusableSetting, match=r"cannot be used .*--state"):
            State(file, TOPICS)
