"""A running stream and what goes through it at a steady pace: a sender, and a reader in another process."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import cast

import psutil
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from contracts.errors import ServiceFailed
from contracts.kafka.cluster import Kafka
from contracts.kafka.coordinates import OFFSET_HEADER, PARTITION_HEADER
from contracts.kafka.topics import CLIENT_LOG
from embedded.java import wheel_java
from streaming.job import Job
from tests.bench.raw_records import Record

Times = dict[tuple[int, int], int]
"""Partition and offset of a raw record to a time: ns of the machine's steady clock."""

_ANSWER_WITHIN = 120.0


def command(job: Job, *options: str) -> list[str]:
    """The stream's command line on `job`."""
    topics = {"topic": job.topic, "final": job.final, "quarantine": job.quarantine}
    given = [f"--{name}={value}" for name, value in {**topics, "checkpoint": job.checkpoint}.items()]
    return [sys.executable, "-m", "streaming", "run", *given, *options]


@contextmanager
def running(job: Job, environment: dict[str, str], *options: str) -> Iterator[psutil.Process]:
    """The stream's command line on `job`, as a process."""
    with subprocess.Popen(
        command(job, *options),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()


def java_of(stream: psutil.Process) -> psutil.Process:
    """The Java process of a running stream."""
    for child in stream.children(recursive=True):
        if child.name() == "java":
            return child
    raise ServiceFailed("the stream has no Java process: run it by hand to see why.")


def live(java: psutil.Process) -> int:
    """Bytes of the objects on the heap of a Java process that are in use, counted while it stands still."""
    command = [str(wheel_java().parent / "jcmd"), str(java.pid), "GC.class_histogram"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return int(told.split()[-1])


class Sender:
    """Sends raw records one by one, at a pace, and notes when each was handed over."""

    def __init__(self, kafka: Kafka, topic: str, partitions: int, records: Iterator[Record]) -> None:
        """Take `records` in turn; those who send more than there are get a StopIteration."""
        self.sent: Times = {}
        self._records = records
        self._topic = topic
        self._turns = itertools.cycle(range(partitions))
        self._producer = Producer({**kafka.client(), "linger.ms": 0, "acks": "all"}, logger=CLIENT_LOG)

    def send(self, rate: int, seconds: float) -> Times:
        """Send `rate` records a second; gives the times of these."""
        began, before = time.monotonic(), set(self.sent)
        for number in range(round(rate * seconds)):
            while (ahead := began + number / rate - time.monotonic()) > 0:
                self._producer.poll(0)
                time.sleep(min(ahead, 0.01))
            key, value = next(self._records)
            self._producer.produce(
                self._topic, value, key, next(self._turns), on_delivery=self._note(time.monotonic_ns())
            )
            self._producer.poll(0)
        if self._producer.flush(_ANSWER_WITHIN):
            raise ServiceFailed("the broker did not take what was sent: look into its log.")
        return {where: at for where, at in self.sent.items() if where not in before}

    def _note(self, at: int) -> Callable[[KafkaError | None, Message], None]:
        def note(error: KafkaError | None, message: Message) -> None:
            if error:
                raise ServiceFailed(f"the broker did not take a record: {error}")
            self.sent[message.partition() or 0, message.offset() or 0] = at

        return note


class Reader:
    """Reads a topic message by message in a process of its own, and notes when each could be read."""

    def __init__(self, kafka: Kafka, topic: str, partitions: int) -> None:
        """Start to read."""
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._seen, self._done = context.Event(), context.Event()
        self._process = context.Process(
            target=_read, args=(kafka, topic, partitions, self._seen, self._done, there), daemon=True
        )
        self._process.start()

    def wait_for_first(self) -> None:
        """Wait until a message has come."""
        if not self._seen.wait(_ANSWER_WITHIN):
            raise ServiceFailed("nothing came out of the stream: run it by hand to see why.")

    def stop(self) -> Times:
        """When the record that came from each raw one could be read."""
        self._done.set()
        if not self._here.poll(_ANSWER_WITHIN):
            raise ServiceFailed("the reader does not answer.")
        found: list[tuple[int, int, int]] = self._here.recv()
        self._process.join(_ANSWER_WITHIN)
        return {(partition, offset): at for partition, offset, at in found}


def _read(kafka: Kafka, topic: str, partitions: int, seen: Event, done: Event, to: Connection) -> None:
    consumer = Consumer({**kafka.client(), "group.id": "bench", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    found: list[tuple[int, int, int]] = []
    while not done.is_set():
        message = consumer.poll(0.2)
        if message is None:
            continue
        at = time.monotonic_ns()
        if error := message.error():
            raise KafkaException(error)
        headers = dict(cast(list[tuple[str, bytes]], message.headers()))
        found.append((int(headers[PARTITION_HEADER]), int(headers[OFFSET_HEADER]), at))
        seen.set()
    to.send(found)
    consumer.close()


class Steadily:
    """Keeps sending beside the caller's work, as a context."""

    def __init__(self, sender: Sender, rate: int) -> None:
        """Prepare to send `rate` records a second."""
        self._sender, self._rate = sender, rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def _send(self) -> None:
        while not self._stop.is_set():
            self._sender.send(self._rate, 1)

    def __enter__(self) -> Steadily:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End within a second."""
        self._stop.set()
        self._thread.join(_ANSWER_WITHIN)


def percentiles(values: Sequence[float], wanted: Sequence[float]) -> dict[str, float]:
    """The value that so many per cent do not exceed."""
    ordered = sorted(values)
    return {f"p{p:g}": ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))] for p in wanted}
