"""A stream that publishes two generations, killed again and again: each record is once in each."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.streaming.test_kill import IN_BATCHES, REAL_TIME, Campaign
from tests.generations import two_generations

_KILLS = int(os.environ.get("KILLS", "20"))


@pytest.mark.timeout(300 + 60 * _KILLS)
def test_a_stream_that_is_killed_publishes_each_record_once_in_each_generation(
    topic: Callable[..., str],
    bootstrap_servers: str,
    registry_url: str,
    tmp_path: Path,
) -> None:
    two = two_generations(topic, bootstrap_servers, registry_url, tmp_path / "contracts")
    two.begin()
    campaign = Campaign(two, tmp_path, [IN_BATCHES, REAL_TIME, IN_BATCHES], random.Random(_KILLS))
    campaign.run(_KILLS)
    found = {final: two.seen_as(final).lost_and_doubled() for final in (two.final, two.second)}
    print(f"{dict(campaign.hits)}; {found}")
    assert found == dict.fromkeys(found, ([], []))
    assert campaign.hits["inside a batch"], "no kill hit a batch: the test has proved nothing of them"
