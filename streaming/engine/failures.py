"""Why a query ended, in one sentence with an exit code: read from the text of Spark's own exception."""

from __future__ import annotations

import re
from collections.abc import Callable

from contracts.errors import (
    AccessRefused,
    NoDiskSpace,
    PlatformError,
    RecordsLost,
    ServiceFailed,
    Unreachable,
    UnusableSetting,
)
from streaming.job import Job
from streaming.record.judge import UNREGISTERED

_KNOWN: tuple[tuple[str, Callable[[Job], PlatformError]], ...] = (
    (
        r"SaslAuthenticationException|SslAuthenticationException|AuthorizationException",
        lambda job: AccessRefused(
            f"the Kafka broker at {job.kafka.bootstrap_servers} no longer lets us in: "
            "look at the KAFKA_ settings and at what the user may do."
        ),
    ),
    (
        r"STREAMING_REAL_TIME_MODE",
        lambda _: UnusableSetting(
            "real-time mode does not know an operator of this plan or its setting: leave out --real-time."
        ),
    ),
    (
        r"No space left on device|Disk quota exceeded",
        lambda job: NoDiskSpace(f"the disk of the checkpoint {job.checkpoint} is full: free some space."),
    ),
    (
        r"KAFKA_DATA_LOSS|OffsetOutOfRangeException|offset was changed from|Some data may have been lost|"
        r"are missing|PARTITIONS_DELETED",
        lambda job: RecordsLost(
            f"records of {job.topic} were deleted before the stream had read them, or the topic was made "
            f"again: another --checkpoint than {job.checkpoint} starts from what is left."
        ),
    ),
    (
        r"RecordTooLargeException",
        lambda job: UnusableSetting(
            f"a record is larger than {job.final} or {job.quarantine} accepts: raise their max.message.bytes."
        ),
    ),
    (
        r"UnknownTopicOrPartitionException|not present in metadata",
        lambda job: UnusableSetting(
            f"one of the topics {job.topic}, {job.final} and {job.quarantine} is gone: "
            "run `python -m contracts apply`."
        ),
    ),
    (
        r"ArithmeticException: long overflow",
        lambda job: UnusableSetting(
            f"a record of {job.topic} has a Kafka timestamp that the executors cannot read: go past it by "
            f"`python -m streaming run --available-now`, outside the cluster, on {job.checkpoint}."
        ),
    ),
    (
        r"TimeoutException|Connection refused|DisconnectException",
        lambda job: Unreachable(f"the Kafka broker at {job.kafka.bootstrap_servers} no longer answers."),
    ),
)


_NO_CAUSE = re.compile(r"\s*(at |An error occurred while calling |$)")
_PASSING = re.compile(r"ExecutorLostFailure|Executor heartbeat timed out|worker lost", re.IGNORECASE)


def passes(message: str) -> bool:
    """Whether the cluster itself makes good what a query failed for: an executor that it lost."""
    return bool(_PASSING.search(message))


def unregistered(message: str) -> int | str | None:
    """The schema id or GUID that a batch failed for since it may have been registered just now; else None."""
    found = re.search(rf"{UNREGISTERED} (?:([0-9a-f]{{8}}(?:-[0-9a-f]{{4,12}}){{4}})|(\d+))", message)
    return found and (found[1] or int(found[2]))


def translate(message: str, job: Job) -> PlatformError:
    """The failure that `message`, the text of a query's exception, tells of."""
    for pattern, failure in _KNOWN:
        if re.search(pattern, message):
            return failure(job)
    return ServiceFailed(f"the stream failed: {gist_of(message)}")


def gist_of(message: str) -> str:
    """The first line of an exception's text that tells a cause: no place in the code, no call from Python."""
    causes = [line.strip(": \t") for line in message.splitlines() if not _NO_CAUSE.match(line)]
    return " ".join(causes[0].split())[:300] if causes else "no reason given"
