"""Why a batch came into no snapshot, in one sentence: read from the text of Spark's own exception."""

from __future__ import annotations

import re
from collections.abc import Callable

from contracts.errors import (
    NoDiskSpace,
    PlatformError,
    RecordsLost,
    ServiceFailed,
    Unreachable,
    UnusableSetting,
)
from streaming.engine.failures import gist_of
from streaming.tables.job import TablesJob

_KNOWN: tuple[tuple[str, Callable[[TablesJob, str], PlatformError]], ...] = (
    (
        r"No space left on device|Disk quota exceeded|SQLITE_FULL",
        lambda job, _: NoDiskSpace(
            f"the disk of the tables in {job.warehouse.location} is full: free some space."
        ),
    ),
    (
        r"KAFKA_DATA_LOSS|OffsetOutOfRangeException|Some data may have been lost|are missing",
        lambda _, topic: RecordsLost(
            f"records of {topic} were deleted before the table had them: --despite-loss goes on behind them."
        ),
    ),
    (
        r"UnknownTopicOrPartitionException|not present in metadata",
        lambda _, topic: UnusableSetting(f"the topic {topic} is gone: run `python -m contracts apply`."),
    ),
    (
        r"Permission denied|Mkdirs failed|Read-only file system|SQLITE_READONLY|Not a directory",
        lambda job, _: UnusableSetting(
            f"the tables' folder {job.warehouse.location} cannot be written: set TABLES_WAREHOUSE."
        ),
    ),
    # Whether the snapshot is there the table itself tells: the next round asks it.
    (
        r"CommitFailedException|CommitStateUnknownException|SQLITE_BUSY|database is locked",
        lambda job, _: Unreachable(
            f"the catalogue of {job.warehouse.location} did not take a snapshot: somebody else changes it."
        ),
    ),
    (
        r"TimeoutException|Connection refused|DisconnectException",
        lambda job, _: Unreachable(
            f"the Kafka broker at {job.kafka.bootstrap_servers}, or the catalogue, no longer answers."
        ),
    ),
)


def failure(message: str, job: TablesJob, topic: str) -> PlatformError:
    """The failure that `message`, the text of an exception, tells of."""
    for pattern, made in _KNOWN:
        if re.search(pattern, message):
            return made(job, topic)
    return ServiceFailed(f"the table of {topic} was not written: {gist_of(message)}")
