"""Long outages under load: the broker for longer than Kafka's client waits, the registry, a full disk."""

from __future__ import annotations

import io
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Producer

from contracts.avro.wire import frame
from contracts.kafka.cluster import Kafka
from contracts.kafka.topics import Broker
from embedded import Services
from tests.stream_process import stream_process
from tests.streams import Place, make_place, raw_values

_WITHIN = 300.0
_A_SECOND = 300
_LONGER_THAN_THE_CLIENT = 75.0


@pytest.fixture
def services(tmp_path: Path, real_part: Callable[[str], None]) -> Iterator[Services]:
    """A broker and a registry of the test's own, which it may kill."""
    with Services(data_dir=tmp_path / "data", log_dir=tmp_path / "logs") as own:
        real_part(f"embedded broker and registry of {tmp_path.name}, pids {own.pids}")
        yield own


@pytest.fixture
def place(services: Services) -> Place:
    topics = ["outage-raw", "outage-final", "outage-quarantine"]
    for topic in topics:
        Broker(Kafka(services.bootstrap_servers)).create(topic, 2)
    return make_place(services.bootstrap_servers, services.schema_registry_url, topics)


@contextmanager
def steady_load(place: Place) -> Iterator[list[int]]:
    """Send records all the time, outages or not; the list holds how many, once the block has ended."""
    values, sent, done = raw_values(1000, place.raw_id), [0], threading.Event()
    producer = Producer({"bootstrap.servers": place.bootstrap_servers, "enable.idempotence": True})

    def send() -> None:
        began = time.monotonic()
        while not done.wait(0.02):
            while sent[0] < (time.monotonic() - began) * _A_SECOND:
                producer.produce(place.raw, values[sent[0] % len(values)], key=f"S{sent[0] % 7}")
                sent[0] += 1
            producer.poll(0)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        done.set()
        thread.join()
        assert producer.flush(120) == 0


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("away", [3.0, _LONGER_THAN_THE_CLIENT])
def test_a_stream_goes_on_by_itself_when_its_broker_was_killed_under_load(
    services: Services, place: Place, tmp_path: Path, away: float
) -> None:
    with stream_process(place, tmp_path / "checkpoint", tmp_path / "log") as stream:
        with steady_load(place) as sent:
            stream.wait_until_published(2000, _WITHIN)
            services.kill("broker")
            time.sleep(away)
            services.restart("broker")
            stream.wait_until_published(place.published() + 2000, _WITHIN)
        seconds = stream.wait_until_published(sent[0], _WITHIN)
        assert stream.end(_WITHIN) == 0, stream.told
    print(
        f"{sent[0]} records; caught up {seconds:.0f} s after the last; the stream told: {stream.told[-2000:]}"
    )
    assert place.lost_and_doubled() == ([], [])


@pytest.mark.timeout(900)
def test_a_minute_without_a_registry_delays_nothing_but_an_unknown_id(
    services: Services, place: Place, tmp_path: Path
) -> None:
    with stream_process(place, tmp_path / "checkpoint", tmp_path / "log") as stream:
        with steady_load(place) as sent:
            stream.wait_until_published(1000, _WITHIN)
            services.kill("registry")
            until = time.monotonic() + 60
            while time.monotonic() < until:
                stream.wait_until_published(place.published() + 100, _WITHIN)
            place.produce([frame(1 << 30, b"x")])
            time.sleep(5)
            services.restart("registry")
        stream.wait_until_published(sent[0] + 1, _WITHIN)
        assert stream.end(_WITHIN) == 0, stream.told
    assert "no schema registry answers" in stream.told
    assert place.lost_and_doubled() == ([], [])
    assert len(place.read(place.quarantine)) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system of its own")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.timeout(900)
def test_a_full_disk_is_told_and_the_next_start_goes_on_once_there_is_space(
    place: Place, small_disk: Path, tmp_path: Path
) -> None:
    checkpoint, filler, log = small_disk / "checkpoint", small_disk / "filler", tmp_path / "log"
    with steady_load(place) as sent, stream_process(place, checkpoint, log) as stream:
        stream.wait_until_published(1000, _WITHIN)
        _fill(filler)
        code = stream.process.wait(_WITHIN)
        assert code == 6, stream.told
        assert "is full: free some space" in stream.told
        assert "Traceback" not in stream.told
        with stream_process(place, checkpoint, log) as again:
            assert again.process.wait(_WITHIN) == 6, again.told
        filler.unlink()
        with stream_process(place, checkpoint, log) as third:
            third.wait_until_published(place.published() + 1000, _WITHIN)
            assert third.end(_WITHIN) == 0, third.told
    with stream_process(place, checkpoint, log) as last:
        last.wait_until_published(sent[0], _WITHIN)
        assert last.end(_WITHIN) == 0, last.told
    assert place.lost_and_doubled() == ([], [])


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as full:
        try:
            while True:
                full.write(bytes(io.DEFAULT_BUFFER_SIZE))
        except OSError:
            return
