"""A replay goes on where Kafka's client gives up for ever, as long as the lease is its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

import pytest

from contracts.kafka import Kafka
from contracts.records.topic_weather_quarantine import DeadLetter, Header, Reason, Stage
from embedded import Services
from streaming.lease import Lease, LeaseLost
from streaming.replay import Sender
from tests.wreck import QUICK, Wreck, all_of, make_topics

RAW, QUARANTINE = "raw", "quarantine"


@pytest.fixture
def services(
    tmp_path_factory: pytest.TempPathFactory, real_part: Callable[[str], None]
) -> Iterator[Services]:
    """A broker of the test's own, which it may kill."""
    folder = tmp_path_factory.mktemp("replay")
    with Services(data_dir=folder / "data", log_dir=folder / "logs", broker_settings=QUICK) as own:
        real_part(f"embedded broker of {folder.name}, pids {own.pids}")
        make_topics(own, {RAW: 3, QUARANTINE: 1})
        yield own
