"""A replay goes on where Kafka's client gives up for ever, as long as the lease is its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from embedded import Services
from tests.wreck import QUICK, make_topics

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
