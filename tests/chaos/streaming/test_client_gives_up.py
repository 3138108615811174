"""Reprocessing goes on where Kafka's client gives up for ever, as long as the lease is its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from contracts.errors import Unreachable
from contracts.kafka.cluster import Kafka
from embedded import Services
from streaming.lease import Lease, LeaseLost
from streaming.reprocess import Sender
from tests.letters import LOT, QUARANTINE, RAW, letter, marks, send
from tests.wreck import Wreck, make_topics, own_services


@pytest.fixture
def services(
    tmp_path_factory: pytest.TempPathFactory, real_part: Callable[[str], None]
) -> Iterator[Services]:
    """A broker of the test's own, which it may kill."""
    folder = tmp_path_factory.mktemp("reprocess")
    with own_services(folder, real_part) as own:
        make_topics(own, {RAW: 3, QUARANTINE: 1})
        yield own


@contextmanager
def fatal_to(sender: Sender, services: Services) -> Iterator[None]:
    """What is sent in the block is under way when the client gives up; of lot 1, partition 0 is forgotten."""
    wreck = Wreck(services, RAW)
    send(sender, range(LOT))
    wreck.remember()
    send(sender, range(LOT, 2 * LOT))
    # The first of a lot asks for the lease, which a halted broker does not give.
    sender.send_letter(letter(1000), b"1000")
    with wreck.halted():
        yield
        wreck.kill_and_forget()


def test_where_the_client_gives_up_each_letter_goes_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.reprocess.DELIVERED_WITHIN", 60.0)
    kafka = Kafka(services.bootstrap_servers)
    with Lease(kafka, QUARANTINE) as lease, Sender(kafka, RAW, lease) as sender:
        with fatal_to(sender, services):
            send(sender, range(1001, 1400))
        send(sender, range(1400, 2300))
    forgotten = {number for number in range(500, 1000) if number % 3 == 0}
    assert marks(services) == {str(number).encode(): 1 for number in range(2300) if number not in forgotten}


def test_where_another_has_taken_over_nothing_is_sent_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.reprocess.DELIVERED_WITHIN", 60.0)
    monkeypatch.setattr("streaming.lease.DELIVERED_WITHIN", 1.0)
    kafka = Kafka(services.bootstrap_servers)
    with Lease(kafka, QUARANTINE) as first, pytest.raises(LeaseLost), Sender(kafka, RAW, first) as sender:
        with fatal_to(sender, services):
            send(sender, range(1001, 1400))
        with Lease(kafka, QUARANTINE):
            before = marks(services)
            send(sender, range(1400, 1500))
    assert marks(services) == before
    assert set(before.values()) == {1}


def test_a_broker_that_is_halted_while_the_lease_is_asked_is_one_sentence(services: Services) -> None:
    kafka, wreck = Kafka(services.bootstrap_servers), Wreck(services, RAW)
    with Lease(kafka, QUARANTINE) as lease:
        lease.begin()
        with wreck.halted(), pytest.raises(Unreachable, match="no Kafka broker answers"):
            lease.begin()
        lease.begin()
        lease.end()
