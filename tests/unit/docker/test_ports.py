from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from contracts.errors import PortTaken, UnusableSetting
from embedded import ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_given_port_that_is_taken_is_an_error_that_names_its_holder(taken: int) -> None:
    with pytest.raises(PortTaken, match=rf"{taken} is taken by .*pid {os.getpid()}.*KAFKA_PORT"):
        ports.choose("broker", {"broker": taken})


def test_a_taken_preferred_port_gives_way_to_a_later_free_one(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ports.PREFERRED, "registry", taken)
    port, note = ports.choose("registry", {})
    assert port > taken
    assert ports.is_free(port)
    assert str(taken) in note
    assert str(port) in note


def test_a_free_given_port_is_kept() -> None:
    (port,) = ports.free_ports(1)
    assert ports.choose("broker", {"broker": port}) == (port, "")


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "9092 "])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UnusableSetting, match="KAFKA_PORT"):
        ports.given_ports({"KAFKA_PORT": text})


def test_free_ports_are_all_different() -> None:
    assert len(set(ports.free_ports(20))) == 20
