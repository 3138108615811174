"""Through halts and kills of the broker, reprocessing that is repeated sends each letter once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from contracts.errors import PlatformError
from contracts.kafka.cluster import Kafka
from embedded import Services
from streaming.lease import Lease
from streaming.reprocess import Sender
from tests.letters import QUARANTINE, RAW, marks, send
from tests.wreck import Wreck, make_topics, own_services

_LETTERS = 40_000
_WITHIN = 600.0


@pytest.fixture
def services(tmp_path: Path, real_part: Callable[[str], None]) -> Iterator[Services]:
    """A broker of the test's own."""
    with own_services(tmp_path, real_part) as own:
        make_topics(own, {RAW: 3, QUARANTINE: 1})
        yield own


@pytest.mark.timeout(1200)
def test_reprocessing_that_is_begun_again_until_it_ends_well_send_each_letter_once(
    services: Services,
) -> None:
    kafka, wreck, moments = Kafka(services.bootstrap_servers), Wreck(services, RAW), random.Random(7)

    def trouble() -> None:
        # About as long as a letter may be under way, far longer, and far shorter.
        for seconds in (9.0, 10.0, 11.0, 40.0, *(moments.uniform(0, 3) for _ in range(8))):
            time.sleep(moments.uniform(0, 2))
            wreck.halt(seconds)
        for _ in range(4):
            time.sleep(moments.uniform(0, 2))
            services.kill("broker")
            services.restart("broker")

    thread, sentences, sent = Thread(target=trouble), list[str](), 0
    thread.start()
    deadline = time.monotonic() + _WITHIN
    while thread.is_alive() or sent < _LETTERS:
        assert time.monotonic() < deadline, sentences
        try:
            with Lease(kafka, QUARANTINE) as lease:
                # As `sent_marks` does: what is there with its mark is not sent again.
                before = {int(mark) for mark in marks(services)}
                sent = max(sent, len(before))
                missing = (number for number in range(sent + 20 * 500) if number not in before)
                with Sender(kafka, RAW, lease) as sender:
                    send(sender, missing)
        except PlatformError as error:
            sentences.append(str(error))
    thread.join()
    counts = marks(services)
    print(f"{len(counts)} letters; runs that ended early: {sentences}")
    assert set(counts.values()) == {1}
    assert sorted(map(int, counts)) == list(range(len(counts)))
