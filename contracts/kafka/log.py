"""Kafka's log: which topics and offsets a cluster holds, and the records between two offsets.

Every answer comes in time or is a `PlatformError`; asking creates no topic, joins no group, commits nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, TypeVar

from confluent_kafka import (
    OFFSET_INVALID,
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec, TopicDescription  # type: ignore[attr-defined]

from contracts.errors import PlatformError, ServiceFailed, UnusableSetting
from contracts.kafka.cluster import ANSWERS_WITHIN, Kafka
from contracts.kafka.topics import (
    CLIENT_LOG,
    NO_ANSWER,
    admin_client,
    broker_error,
    metadata,
    missing,
    refusal,
)

K = TypeVar("K")
T = TypeVar("T")

Partition = tuple[str, int]
"""A topic, and the number of one of its partitions."""

QUIET_WITHIN = 60.0
"""Seconds for which records may go on coming behind the end of a topic that is to be quiet."""

SILENT_FACTOR = 3
"""Between records a broker may be silent for this many times the time that it has for an answer."""

_LATEST = 2**63 - 1
_AT_ONCE = 2000
_A_MOMENT = 0.1
TOPIC_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""What Kafka takes for the name of a topic."""
_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
"""The id of every topic at a broker that is older than 2.8."""
NO_GROUP = KafkaError.GROUP_AUTHORIZATION_FAILED
"""An error that a reader without a group ignores: Kafka's client looks for the group nevertheless."""


class Span(NamedTuple):
    """Offsets of one partition, from `begin` up to, but not including, `end`."""

    begin: int
    end: int


class Committed(NamedTuple):
    """The offset that a group goes on from in a partition, and the metadata beside it."""

    offset: int
    note: str = ""


def ends_of(spans: Mapping[K, Span]) -> dict[K, int]:
    """Each partition's next offset."""
    return {partition: span.end for partition, span in spans.items()}


def newest(spans: Mapping[K, Span], count: int) -> dict[K, Span]:
    """The spans of the last `count` offsets, as evenly from all partitions as they have them."""
    chosen: dict[K, Span] = {}
    by_size = sorted(spans.items(), key=lambda row: row[1].end - row[1].begin)
    for number, (at, span) in enumerate(by_size):
        share = min(span.end - span.begin, count // (len(by_size) - number))
        chosen[at] = Span(span.end - share, span.end)
        count -= share
    return chosen


class NeverQuiet(ServiceFailed):
    """A topic that was to be read until no more records come goes on getting records."""


def watermarks(kafka: Kafka, topic: str) -> dict[int, Span]:
    """Partition of `topic` to its oldest offset and its next one; raises as `Log.watermarks`."""
    with open_log(kafka) as log:
        return log.watermarks(topic)[topic]


@contextmanager
def open_log(kafka: Kafka) -> Iterator[Log]:
    """The log of a cluster, as long as the block lasts."""
    with closing(Log(kafka.client(), kafka.answers_within)) as log:
        yield log


class Log:
    """The log of one cluster: one thread asks it, or reads it, one thing after another, and closes it."""

    def __init__(self, settings: Mapping[str, Any], answers_within: float = ANSWERS_WITHIN) -> None:
        """Connect lazily, with these properties of Confluent's client; raises `UnusableSetting` for bad ones.

        A question that has no answer after `answers_within` seconds is given up. Records of a transaction
        that is not committed count, unless `settings` has another `isolation.level`.
        """
        self._settings = {"isolation.level": "read_uncommitted", **settings}
        self._within, self._silent_for = answers_within, SILENT_FACTOR * answers_within
        self._consumer: Consumer | None = None
        self._admin, self._check_access = usable(lambda: admin_client(self._settings))
        self._isolation = IsolationLevel[str(self._settings["isolation.level"]).upper()]

    def close(self) -> None:
        """Let go of the connections."""
        if self._consumer:
            self._consumer.close()
            self._consumer = None

    def cluster_id(self) -> str:
        """Identity of the cluster, which its offsets belong to; raises `Unreachable` or `AccessRefused`."""
        (about,) = self._answers(lambda **how: {"": self._admin.describe_cluster(**how)}).values()
        return str(about.cluster_id)

    def topics(self) -> frozenset[str]:
        """Names of all topics; raises `Unreachable` or `AccessRefused`."""
        return frozenset(metadata(self._settings, self._within).topics)

    def topic_ids(self, *topics: str) -> dict[str, str]:
        """Name to id of each of `topics`; a broker older than 2.8, which has no ids, gives none.

        A topic that is deleted and made again has another id. Raises as `watermarks`.
        """
        ids = {topic: str(about.topic_id) for topic, about in self._describe(topics).items()}
        return {topic: topic_id for topic, topic_id in ids.items() if topic_id != _NO_ID}

    def watermarks(self, *topics: str) -> dict[str, dict[int, Span]]:
        """Each of `topics` to the span, by partition, from its oldest offset to its next one.

        Raises `UnusableSetting` for a topic that does not exist, `Unreachable`, `AccessRefused` or
        `ServiceFailed`.
        """
        spans = self.spans(*topics)
        return {topic: {p: span for (t, p), span in spans.items() if t == topic} for topic in topics}

    def spans(self, *topics: str) -> dict[Partition, Span]:
        """As `watermarks`, all partitions side by side, as `read` takes them."""
        parts = [
            (topic, one.id) for topic, about in self._describe(topics).items() for one in about.partitions
        ]
        ends = self._offsets(parts, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        begins = self._offsets(parts, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        # By the second answer the oldest offset may have passed the end of the first: all between is deleted.
        return {at: Span(begins[at], max(begins[at], ends[at])) for at in parts}

    def since(self, topics: Collection[str], time_ms: int) -> dict[Partition, Span]:
        """The span from the first record with this timestamp, or a later one, to the end, by partition.

        `time_ms` is in milliseconds since 1970. Empty spans lie at the end. Raises as `watermarks`.
        """
        spans = self.spans(*topics)
        offsets = self._offsets(spans, OffsetSpec.for_timestamp(min(max(0, time_ms), _LATEST)))
        # The end as it was seen, not as it will be when reading begins: nothing in between is missed.
        begins = {at: offset if offset >= 0 else spans[at].end for at, offset in offsets.items()}
        return {at: Span(begins[at], max(begins[at], span.end)) for at, span in spans.items()}

    def committed(self, group: str) -> dict[Partition, Committed]:
        """What `group` has committed, by partition; nothing where there is no such group.

        Raises `Unreachable`, `AccessRefused` or `ServiceFailed`.
        """
        asked = [ConsumerGroupTopicPartitions(group)]
        (found,) = self._answers(self._admin.list_consumer_group_offsets, asked).values()
        return {
            (at.topic, at.partition): Committed(at.offset, at.metadata or "")
            for at in found.topic_partitions
            if at.offset >= 0
        }

    def members(self, group: str) -> int:
        """How many consumers of a `group` are at work; raises as `committed`."""
        (about,) = self._answers(self._admin.describe_consumer_groups, [group]).values()
        return len(about.members)

    def commit(self, group: str, offsets: Mapping[Partition, Committed]) -> None:
        """Commit for a `group` without members; the broker refuses it for one that is at work.

        Raises as `committed`.
        """
        parts = [TopicPartition(*at, one.offset, one.note) for at, one in offsets.items()]
        asked = [ConsumerGroupTopicPartitions(group, parts)]
        (done,) = self._answers(self._admin.alter_consumer_group_offsets, asked).values()
        for part in done.topic_partitions:
            if part.error:
                raise refusal(part.error, self._settings, part.topic)

    def read(
        self,
        spans: Mapping[Partition, Span],
        *,
        quiet: float = 0.0,
        quiet_within: float = QUIET_WITHIN,
        matters: Callable[[Message], bool] = lambda _: True,
    ) -> Iterator[Message]:
        """Give every record of `spans`, those of a partition in their order.

        With `quiet`, also those behind the ends, until none that `matters` has come for so many seconds;
        `NeverQuiet` is raised when they still come after `quiet_within`. Raises `Unreachable` when the broker
        is silent before the ends, `AccessRefused`, `UnusableSetting` for a topic that was deleted meanwhile,
        `ServiceFailed`.
        """
        left = {at for at, span in spans.items() if span.begin < span.end}
        wanted = spans if quiet else left
        if not wanted:
            return
        newest, deadline = time.monotonic(), None
        for messages in self._moments({at: spans[at].begin for at in wanted}, left):
            for message in messages:
                at, offset = partition_of(message), message.offset() or 0
                if offset >= spans[at].begin and (quiet or offset < spans[at].end):
                    if matters(message):
                        newest = time.monotonic()
                    yield message
                if offset + 1 >= spans[at].end:
                    left.discard(at)
            now = time.monotonic()
            if left:
                newest = now
                continue
            if now - newest >= quiet:
                return
            deadline = deadline or now + quiet_within
            if now > deadline:
                topics = " or ".join(sorted({topic for topic, _ in spans}))
                raise NeverQuiet(
                    f"someone else keeps writing to {topics}, whose newest records have to be read first: "
                    "stop the others that write there until this has begun."
                )

    def _moments(self, begins: Mapping[Partition, int], left: set[Partition]) -> Iterator[list[Message]]:
        """The records from `begins` on, as they come; partitions that have no more go out of `left`."""
        if self._consumer is None:
            self._consumer = usable(lambda: consumer(self._settings, group="weather-platform"))
        self._consumer.assign([TopicPartition(*at, offset) for at, offset in begins.items()])
        silent_for = 0.0
        try:
            while True:
                began = time.monotonic()
                messages = self._consumer.consume(_AT_ONCE, timeout=_A_MOMENT)
                records = [one for one in messages if self._is_record(one, left)]
                # The time that the caller takes for the records is not the broker's silence.
                silent_for = 0.0 if records or not left else silent_for + time.monotonic() - began
                if silent_for > self._silent_for:
                    # The client is silent about a topic that was deleted, too: then this raises.
                    self._describe([topic for topic, _ in left])
                    raise self._no_answer()
                yield records
        except KafkaException as error:
            raise broker_error(error, self._settings) from None
        finally:
            # A reader that was left halfway may end after the log is closed.
            if self._consumer:
                self._consumer.unassign()

    def _is_record(self, message: Message, left: set[Partition]) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            left.discard(partition_of(message))
        elif error.code() != NO_GROUP:
            check_reading(message, self._settings)
        return False

    def _describe(self, topics: Collection[str]) -> dict[str, TopicDescription]:
        for topic in topics:
            if not TOPIC_NAME.fullmatch(topic):
                raise missing(topic, self._settings)
        return self._answers(self._admin.describe_topics, TopicCollection(list(dict.fromkeys(topics))))

    def _offsets(self, parts: Collection[Partition], spec: OffsetSpec) -> dict[Partition, int]:
        """The offset that `spec` asks for; -1 where no record is so late."""
        if not parts:
            return {}
        specs = {TopicPartition(*at): spec for at in parts}
        answers = self._answers(self._admin.list_offsets, specs, isolation_level=self._isolation)
        return {(at.topic, at.partition): answer.offset for at, answer in answers.items()}

    def _answers(self, ask: Callable[..., Mapping[K, Future[Any]]], *what: Any, **how: Any) -> dict[K, Any]:
        """The answers, by what they are about; ask again while a partition gets another leader."""
        deadline = time.monotonic() + self._within
        while True:
            futures = ask(*what, **how, request_timeout=self._within)
            while wait(futures.values(), timeout=_A_MOMENT).not_done and time.monotonic() < deadline + 1:
                self._check_access()
            try:
                return {of: self._answer(of, future) for of, future in futures.items()}
            except _NoAnswer:
                if time.monotonic() > deadline:
                    raise self._no_answer() from None
            time.sleep(_A_MOMENT)

    def _answer(self, of: Any, future: Future[Any]) -> Any:
        try:
            answer = future.result(timeout=0)
        except (KafkaException, FutureTimeoutError) as error:
            if not isinstance(error, KafkaException) or error.args[0].code() in NO_ANSWER:
                raise _NoAnswer from None
            topic = of.topic if isinstance(of, TopicPartition) else of
            raise refusal(error.args[0], self._settings, topic) from None
        # The client gives this for an answer when a broker that it knew does not answer in time.
        if getattr(answer, "offset", 0) == OFFSET_INVALID:
            raise _NoAnswer
        return answer

    def _no_answer(self) -> PlatformError:
        self._check_access()
        return broker_error(KafkaException(KafkaError(KafkaError._TIMED_OUT)), self._settings)


class _NoAnswer(Exception):
    """No answer has come yet."""


def consumer(settings: Mapping[str, Any], group: str, *, commits: bool = False) -> Consumer:
    """Make a client that reads from the oldest record unless it is given an offset, and reports ends.

    It joins its group, and `commits` to it what is stored, only when it subscribes.
    """
    defaults = {"auto.offset.reset": "earliest"}
    fixed = {
        "group.id": group,
        "enable.auto.commit": commits,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
    }
    return Consumer({**defaults, **settings, **fixed}, logger=CLIENT_LOG)


def usable(make: Callable[[], T]) -> T:
    """Return what `make` makes; raises `UnusableSetting` for properties that Kafka's client does not take."""
    try:
        return make()
    except KafkaException as error:
        raise UnusableSetting(f"the Kafka client cannot be set up: {error.args[0].str()}.") from None


def check_reading(message: Message, settings: Mapping[str, Any]) -> None:
    """Raise a `PlatformError` for a `message` that is an error which Kafka's client does not recover from."""
    if (error := message.error()) and not (error.code() in NO_ANSWER or error.retriable()):
        raise refusal(error, settings, message.topic() or "")


def partition_of(message: Message) -> Partition:
    """Where a message that the broker gave comes from."""
    return message.topic() or "", message.partition() or 0
