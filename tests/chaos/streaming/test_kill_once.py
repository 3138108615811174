"""A stream that remembers observations, killed again and again while the same ones keep coming."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.chaos.streaming.test_kill import BATCH, IN_BATCHES, Campaign
from tests.streams import FINAL, QUARANTINE, Place, decoded

_KILLS = int(os.environ.get("KILLS", "20")) // 2


@pytest.mark.timeout(300 + 60 * _KILLS)
def test_a_stream_that_is_killed_publishes_each_observation_once_and_puts_every_other_record_aside(
    place: Place, tmp_path: Path
) -> None:
    campaign = Campaign(place, tmp_path, [IN_BATCHES], random.Random(_KILLS), ("--once-within", "12h"))
    # Each time the same observations, in other batches.
    campaign.run(_KILLS)
    final = [decoded(message, FINAL) for message in place.read(place.final)]
    letters = [decoded(message, QUARANTINE)["reason"] for message in place.read(place.quarantine)]
    print(f"{dict(campaign.hits)}; {len(final)} published, {letters.count('DUPLICATE')} put aside")
    assert place.lost_and_doubled() == ([], [])
    assert len({(each["station"], each["observed_at"]) for each in final}) == len(final) == BATCH
    assert letters.count("DUPLICATE") == BATCH * _KILLS
    assert campaign.hits["inside a batch"], "no kill hit a batch: the test has proved nothing"
