"""A broker that is halted, killed, and robbed of the last writes of one partition.

The last is what a power failure does to a disk that had told them written. It is the certain way to Kafka's
fatal error: the client goes on with a sequence number that the broker cannot know.
"""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
from confluent_kafka import Message, Producer

from contracts.kafka.cluster import Kafka
from contracts.kafka.log import open_log
from contracts.kafka.publishing import known_spans
from contracts.kafka.topics import Broker
from embedded import Services

_STOPS_WITHIN = 30.0
_WRITER_ENDS_WITHIN = 15.0
QUICK = {"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "500"}
"""Settings of a broker that is there again soon after a kill."""


@contextmanager
def own_services(
    folder: Path, real_part: Callable[[str], None], settings: Mapping[str, str] = QUICK
) -> Iterator[Services]:
    """A broker and a registry that one test, or one module, may kill."""
    with Services(data_dir=folder / "data", log_dir=folder / "logs", broker_settings=settings) as own:
        real_part(f"embedded broker and registry of {folder.name}, pids {own.pids}")
        yield own


@contextmanager
def halted(services: Services) -> Iterator[None]:
    """Halt the broker for the block; one that was killed meanwhile stays dead."""
    broker = services.processes["broker"]
    broker.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + _STOPS_WITHIN
    while any(psutil.Process(thread.id).status() != psutil.STATUS_STOPPED for thread in broker.threads()):
        assert time.monotonic() < deadline, f"the broker did not stop within {_STOPS_WITHIN} s"
        time.sleep(0.01)
    try:
        yield
    finally:
        if broker.is_running():
            broker.send_signal(signal.SIGCONT)


class Wreck:
    """Does all this to the broker of `services`."""

    def __init__(self, services: Services, topic: str, partition: int = 0) -> None:
        """Choose the partition that is going to lose its last writes."""
        self._services = services
        self._folder = services.data_dir / "broker" / f"{topic}-{partition}"
        self._copy = services.data_dir / f"copy-of-{topic}-{partition}"

    def halted(self) -> AbstractContextManager[None]:
        """Halt the broker for the block; one that was killed meanwhile stays dead."""
        return halted(self._services)

    def halt(self, seconds: float) -> None:
        """Halt the broker for so long."""
        with self.halted():
            time.sleep(seconds)

    def halt_kill_and_forget(self, seconds: float) -> None:
        """Halt the broker for so long, and let it go on no more: see `kill_and_forget`."""
        with self.halted():
            time.sleep(seconds)
            self.kill_and_forget()

    def remember(self) -> None:
        """Keep what the partition holds now."""
        with self.halted():
            shutil.rmtree(self._copy, ignore_errors=True)
            shutil.copytree(self._folder, self._copy)

    def kill_and_forget(self) -> None:
        """Kill the broker, and start it again without what the partition was given since `remember`."""
        self._services.kill("broker")
        shutil.rmtree(self._folder)
        shutil.copytree(self._copy, self._folder)
        self._services.restart("broker")


def make_topics(services: Services, partitions: dict[str, int]) -> None:
    """Create topics by name and number of partitions."""
    for topic, count in partitions.items():
        Broker(Kafka(services.bootstrap_servers)).create(topic, count)


def all_of(services: Services, topic: str) -> list[Message]:
    """Every record of a topic, those of a partition in their order."""
    kafka = Kafka(services.bootstrap_servers)
    with open_log(kafka) as log:
        return list(log.read(known_spans(log, [topic]), quiet=1.0))


def meanwhile(happens: Callable[[], None], work: Callable[[], None]) -> None:
    """Go on with `work` until what `happens` in another thread is over; raises what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            happens()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        work()
    for error in raised:
        raise error


@contextmanager
def another_writer(kafka: Kafka, topic: str) -> Iterator[None]:
    """Someone else writes to `topic`, ten records a second."""
    done, producer = threading.Event(), Producer({**kafka.client(), "linger.ms": 0})

    def write() -> None:
        while not done.wait(0.1):
            producer.produce(topic, b"another's")
            producer.poll(0)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join(_WRITER_ENDS_WITHIN)
        assert producer.flush(_WRITER_ENDS_WITHIN) == 0
