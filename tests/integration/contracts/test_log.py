"""What the log of a real broker answers, at its edges; an answer that does not come in time is a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from confluent_kafka import Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from contracts.errors import Unreachable, UnusableSetting
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import Log, NeverQuiet, Span, open_log, watermarks
from contracts.kafka.topics import Broker
from embedded import Services
from tests.conftest import MakeTopic
from tests.wreck import another_writer, halted

LIMIT = 15.0
STEP_BY_STEP = {"queued.min.messages": 1, "fetch.message.max.bytes": 2000, "fetch.queue.backoff.ms": 1}
"""A reader with these asks the broker for few records at a time."""


@pytest.fixture
def kafka(bootstrap_servers: str) -> Kafka:
    return Kafka(bootstrap_servers)


def send(kafka: Kafka, topic: str, values: list[bytes], *, partition: int = 0, at: int = 0) -> None:
    """Records a second apart, the first of them at the time `at`, in ms; 0 is now."""
    producer = Producer({**kafka.client(), "batch.num.messages": 10})
    for number, value in enumerate(values):
        producer.produce(topic, value, partition=partition, timestamp=at and at + 1000 * number)
    assert producer.flush(LIMIT) == 0


def delete_before(kafka: Kafka, topic: str, offset: int) -> None:
    admin = AdminClient(kafka.client())
    for future in admin.delete_records([TopicPartition(topic, 0, offset)]).values():
        future.result(LIMIT)


def delete(kafka: Kafka, topic: str) -> None:
    """Delete a topic, and wait until the broker knows it no more: until then it still gives its records."""
    admin = AdminClient(kafka.client())
    admin.delete_topics([topic])[topic].result(LIMIT)
    deadline = time.monotonic() + LIMIT
    while topic in Broker(kafka).topics():
        assert time.monotonic() < deadline, f"{topic} was not deleted within {LIMIT:.0f} s"
        time.sleep(0.05)


def values(messages: Iterator[Message]) -> list[bytes | str | None]:
    return [message.value() for message in messages]


def numbers(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


ASKING: list[Callable[[Log, str], object]] = [
    lambda log, topic: log.watermarks(topic),
    lambda log, topic: log.since([topic], 0),
    lambda log, topic: log.topic_ids(topic),
]


@pytest.mark.parametrize("ask", ASKING)
@pytest.mark.parametrize("name", ["topic-nobody-made", "no name", "", "..\0", "x" * 250])
def test_a_topic_that_is_not_there_is_named_and_is_not_there_afterwards(
    ask: Callable[[Log, str], object], name: str, kafka: Kafka
) -> None:
    with open_log(kafka) as log:
        with pytest.raises(UnusableSetting, match="there is no topic"):
            ask(log, name)
        assert name not in Broker(kafka).topics()


def test_reading_what_is_not_there_names_it_and_does_not_make_it(bootstrap_servers: str) -> None:
    with open_log(Kafka(bootstrap_servers, answers_within=0.5)) as log:
        with pytest.raises(UnusableSetting, match="there is no topic topic-nobody-made"):
            list(log.read({("topic-nobody-made", 0): Span(0, 1)}))
        assert "topic-nobody-made" not in Broker(Kafka(bootstrap_servers)).topics()


def test_watermarks_are_the_oldest_offset_and_the_next_one(topic: MakeTopic, kafka: Kafka) -> None:
    name, other = topic(partitions=2), topic()
    send(kafka, name, numbers(5))
    delete_before(kafka, name, 3)
    with open_log(kafka) as log:
        assert log.watermarks(name, other, name) == {name: {0: (3, 5), 1: (0, 0)}, other: {0: (0, 0)}}
        assert log.watermarks() == {}
    delete_before(kafka, name, 5)
    assert watermarks(kafka, name) == {0: Span(5, 5), 1: Span(0, 0)}


def test_a_span_begins_with_the_first_record_that_is_not_older(topic: MakeTopic, kafka: Kafka) -> None:
    name = topic(partitions=2)
    send(kafka, name, numbers(3), at=1_000_000)
    with open_log(kafka) as log:
        begins = {
            at: log.since([name], at)[name, 0]
            for at in (-1, 0, 1_000_000, 1_000_001, 1_002_000, 1_002_001, 2**70)
        }
        assert list(begins.values()) == [(0, 3), (0, 3), (0, 3), (1, 3), (2, 3), (3, 3), (3, 3)]
        assert log.since([name], 0)[name, 1] == (0, 0)
        delete_before(kafka, name, 2)
        assert log.since([name], 0)[name, 0] == (2, 3)


def test_just_the_records_between_two_offsets_are_read(topic: MakeTopic, kafka: Kafka) -> None:
    name = topic(partitions=2)
    send(kafka, name, numbers(10))
    send(kafka, name, [b"other"], partition=1)
    with open_log(kafka) as log:
        assert values(log.read({(name, 0): Span(2, 5)})) == [b"2", b"3", b"4"]
        assert values(log.read({(name, 0): Span(9, 99), (name, 1): Span(1, 1)})) == [b"9"]
        assert sorted(map(str, values(log.read({(name, 0): Span(9, 10), (name, 1): Span(0, 1)})))) == [
            "b'9'",
            "b'other'",
        ]
        assert values(log.read({(name, 0): Span(20, 30)})) == []
        assert values(log.read({})) == []
        delete_before(kafka, name, 4)
        assert values(log.read({(name, 0): Span(2, 6)})) == [b"4", b"5"], "what is deleted is passed over"


def test_a_reader_that_leaves_halfway_does_not_disturb_the_next(topic: MakeTopic, kafka: Kafka) -> None:
    name = topic()
    send(kafka, name, numbers(10))
    with open_log(kafka) as log:
        assert next(log.read({(name, 0): Span(0, 10)})).value() == b"0"
        assert values(log.read({(name, 0): Span(7, 9)})) == [b"7", b"8"]


def test_offsets_without_a_record_are_passed_over(topic: MakeTopic, kafka: Kafka) -> None:
    name = topic()
    producer = Producer({**kafka.client(), "transactional.id": name})
    producer.init_transactions(LIMIT)
    for end in (producer.commit_transaction, producer.abort_transaction):
        producer.begin_transaction()
        producer.produce(name, b"x")
        producer.flush(LIMIT)
        end(LIMIT)
    # Two records, each with the mark of its transaction behind it, which the broker writes in its own time.
    deadline = time.monotonic() + LIMIT
    while (held := watermarks(kafka, name)[0]) != (0, 4):
        assert time.monotonic() < deadline, f"{held} after {LIMIT:.0f} s"
        time.sleep(0.05)
    with open_log(kafka) as log:
        assert [message.offset() for message in log.read({(name, 0): held})] == [0, 2]


def test_what_another_has_not_committed_yet_hides_nothing_behind_it(topic: MakeTopic, kafka: Kafka) -> None:
    name = topic()
    producer = Producer({**kafka.client(), "transactional.id": name})
    producer.init_transactions(LIMIT)
    producer.begin_transaction()
    producer.produce(name, b"open")
    producer.flush(LIMIT)
    send(kafka, name, [b"ours"])
    with open_log(kafka) as log:
        held = log.watermarks(name)[name][0]
        assert held == (0, 2)
        assert values(log.read({(name, 0): held})) == [b"open", b"ours"]
    with closing(Log({**kafka.client(), "isolation.level": "read_committed"})) as log:
        assert log.watermarks(name) == {name: {0: (0, 0)}}
    producer.abort_transaction(LIMIT)


def test_a_topic_made_again_has_another_id(topic: MakeTopic, kafka: Kafka) -> None:
    name = topic()
    with open_log(kafka) as log:
        first, cluster = log.topic_ids(name), log.cluster_id()
        assert log.topic_ids(name) == first
        delete(kafka, name)
        with pytest.raises(UnusableSetting, match=name):
            log.topic_ids(name)
        Broker(kafka).create(name, 1)
        assert log.topic_ids(name) != first
        assert log.cluster_id() == cluster


def test_a_topic_that_is_never_quiet_is_told_and_its_records_are_given(
    topic: MakeTopic, kafka: Kafka
) -> None:
    name, read = topic(), list[object]()
    send(kafka, name, numbers(3))
    with another_writer(kafka, name), open_log(kafka) as log:
        spans = log.since([name], 0)
        with pytest.raises(NeverQuiet, match=f"someone else keeps writing to {name}"):
            read.extend(one.value() for one in log.read(spans, quiet=1.0, quiet_within=2.0))
        assert read[:3] == numbers(3)
        ours = log.read(spans, quiet=1.0, matters=lambda one: one.value() != b"another's")
        assert set(numbers(3)) <= set(values(ours)), "others' records keep nobody waiting"


def test_the_work_of_a_slow_reader_is_not_the_silence_of_the_broker(topic: MakeTopic, kafka: Kafka) -> None:
    name = topic()
    with closing(Log({**kafka.client(), **STEP_BY_STEP}, 0.3)) as log:
        send(kafka, name, [b"x" * 1500] * 4)
        read = 0
        for _ in log.read({(name, 0): Span(0, 4)}):
            read += 1
            time.sleep(1.0)
    assert read == 4


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services of the module's own, which may be halted."""
    folder = tmp_path_factory.mktemp("services")
    with Services(data_dir=folder / "data", log_dir=folder / "logs") as services:
        yield services


QUESTIONS: list[Callable[[Log, str], object]] = [
    *ASKING,
    lambda log, _: log.cluster_id(),
    lambda log, _: log.topics(),
    lambda log, topic: list(log.read({(topic, 0): Span(0, 10_000)})),
]


def test_no_answer_in_time_is_told_for_each_question_and_the_next_answer_is_right(own: Services) -> None:
    kafka, name = Kafka(own.bootstrap_servers, answers_within=1.0), "topic-halted"
    Broker(kafka).create(name, 2)
    send(kafka, name, [b"x" * 100] * 10_000)
    for ask in QUESTIONS:
        with open_log(kafka) as log:
            ask(log, name)
            began = time.monotonic()
            with halted(own), pytest.raises(Unreachable, match="no Kafka broker answers"):
                ask(log, name)
            assert time.monotonic() - began < LIMIT
            assert log.watermarks(name) == {name: {0: (0, 10_000), 1: (0, 0)}}


def test_a_reader_whose_broker_halts_halfway_is_told_and_the_rest_may_be_read_later(own: Services) -> None:
    kafka, name = Kafka(own.bootstrap_servers, answers_within=1.0), "topic-halfway"
    Broker(kafka).create(name, 1)
    send(kafka, name, [b"x" * 1000] * 1000)
    read: list[int | None] = []
    slowly = {**kafka.client(), **STEP_BY_STEP, "fetch.queue.backoff.ms": 300}
    with closing(Log(slowly, kafka.answers_within)) as log:
        reading = log.read({(name, 0): Span(0, 1000)})
        read.append(next(reading).offset())
        with halted(own), pytest.raises(Unreachable, match="no Kafka broker answers"):
            read.extend(message.offset() for message in reading)
    assert len(read) < 1000
    with open_log(kafka) as log:
        read.extend(message.offset() for message in log.read({(name, 0): Span(len(read), 1000)}))
    assert read == list(range(1000))


def test_a_topic_that_is_deleted_while_it_is_read_is_named(topic: MakeTopic, bootstrap_servers: str) -> None:
    kafka, name = Kafka(bootstrap_servers, answers_within=1.0), topic()
    send(kafka, name, [b"x" * 1000] * (more_than_at_once := 3000))
    with closing(Log({**kafka.client(), **STEP_BY_STEP}, kafka.answers_within)) as log:
        reading = log.read({(name, 0): Span(0, more_than_at_once)})
        next(reading)
        delete(kafka, name)
        with pytest.raises(UnusableSetting, match=f"there is no topic {name}"):
            list(reading)
    Broker(kafka).create(name, 1)
