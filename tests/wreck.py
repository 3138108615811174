"""A broker that is halted, killed, and robbed of the last writes of one partition.

The last is what a power failure does to a disk that had told them written. It is the certain way to Kafka's
fatal error: the client goes on with a sequence number that the broker cannot know.
"""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
from confluent_kafka import Message

from contracts.broker import Broker
from contracts.kafka import Kafka
from contracts.publishing.tail import behind, ends
from embedded import Services

_STOPS_WITHIN = 30.0
QUICK = {"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "500"}
"""Settings of a broker that is there again soon after a kill."""


class Wreck:
    """Does all this to the broker of `services`."""

    def __init__(self, services: Services, topic: str, partition: int = 0) -> None:
        """Choose the partition that is going to lose its last writes."""
        self._services = services
        self._folder = services.data_dir / "broker" / f"{topic}-{partition}"
        self._copy = services.data_dir / f"copy-of-{topic}-{partition}"

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Halt the broker for the block; one that was killed meanwhile stays dead."""
        broker = self._services.processes["broker"]
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
    return list(behind(kafka, {(topic, p): 0 for p in ends(kafka, [topic])[topic]}))


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
