"""A stream's checkpoint: claimed, read from the files that Spark writes, and noted in, without Spark."""

from __future__ import annotations

import errno
import fcntl
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from contracts.errors import CheckpointMismatch, NoDiskSpace, UnusableSetting
from contracts.process.files import write_whole

Offsets = Mapping[int, int]
"""Partition to offset."""

_REAL_TIME = ".real-time"
"""Our own file beside Spark's: Spark notes a real-time batch only at its end."""
_TOPICS = "topics.json"
"""Another one: topic to its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch that was planned: where it ends, and when that was decided (ms since 1970, UTC)."""

    number: int
    ends: Offsets
    """The offset behind the last record of the batch."""
    planned_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RealTime:
    """Records behind the newest commit may be published: a real-time batch was, or may have been, cut."""

    since: int
    """None of them was published before this time (ms since 1970, UTC)."""
    at_work: bool
    """Whether real-time batches are being committed: then none was published before the newest one began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How far a stream has come."""

    begins: Offsets
    """Where its first batch began."""
    done: Batch | None
    """The newest batch that was published and committed."""
    unfinished: Batch | None
    """The batch that was planned and never committed: none, some or all of it is published."""
    real_time: RealTime | None = None
    """What real-time mode may have published behind the newest commit."""
    keeps_state: bool = False
    """Whether the stream remembers observations from batch to batch."""

    @property
    def records(self) -> int:
        """How many records the committed batches had."""
        return sum(end - self.begins.get(p, 0) for p, end in self.next_offsets.items())

    @property
    def next_offsets(self) -> Offsets:
        """Where the stream goes on reading."""
        return self.done.ends if self.done else self.begins

    @property
    def published_since(self) -> int | None:
        """Time since which real-time mode has published what is not committed; None where it has not."""
        note, done = self.real_time, self.done
        if note and note.at_work and done:
            return max(note.since, done.planned_at)
        return note.since if note else None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The folder in which the stream over `topic` remembers how far it has come.

    Raises `CheckpointMismatch` for what cannot be read, `UnusableSetting` or `NoDiskSpace` for what cannot be
    written.
    """

    folder: Path
    topic: str

    def claim(self) -> BinaryIO:
        """Keep other streams off until the file that is returned is closed, or this process is gone.

        Raises `UnusableSetting` when another stream has the checkpoint.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".claimed").open("wb")
        except OSError as error:
            raise self._cannot_write(error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise UnusableSetting(
                f"another stream runs on the checkpoint {self.folder}: stop it, or give this one its own."
            ) from None
        return lock

    def read(self) -> Memory | None:
        """What it says now; None where there is nothing yet. One over another topic cannot be read."""
        planned = _numbers(self.folder / "offsets")
        if not planned and not (self.folder / "sources" / "0" / "0").exists():
            return None
        newest = max(planned, default=-1)
        committed = max(_numbers(self.folder / "commits"), default=-1)
        try:
            return Memory(
                begins=_offsets(_lines(self.folder / "sources" / "0" / "0")[-1], self.topic),
                done=self._batch(committed) if committed in planned else None,
                unfinished=self._batch(newest) if newest > committed else None,
                real_time=self.real_time(),
                keeps_state=(self.folder / "state").is_dir(),
            )
        except (OSError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise self._cannot_read(error) from None

    def real_time(self) -> RealTime | None:
        """What `note_real_time` wrote."""
        try:
            held = json.loads((self.folder / _REAL_TIME).read_text(encoding="utf-8"))
            return RealTime(since=int(held["since"]), at_work=bool(held["at_work"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._cannot_read(error) from None

    def note_real_time(self, note: RealTime | None) -> None:
        """Write down, before it begins, that real-time mode is at work; None when all it did is committed."""
        file = self.folder / _REAL_TIME
        if note is None:
            file.unlink(missing_ok=True)
            return
        try:
            write_whole(file, json.dumps(asdict(note)), durable=True)
        except OSError as error:
            raise self._cannot_write(error) from None

    def topic_ids(self) -> dict[str, str]:
        """What `note_topic_ids` wrote; empty where it wrote nothing yet."""
        file = self.folder / _TOPICS
        try:
            return {str(topic): str(number) for topic, number in json.loads(file.read_text("utf-8")).items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise CheckpointMismatch(
                f"{file} cannot be read ({error}): restore it, or delete it to go on with the topics as they "
                "are."
            ) from None

    def note_topic_ids(self, ids: Mapping[str, str]) -> None:
        """Write down the ids of the topics that the stream works on."""
        try:
            write_whole(self.folder / _TOPICS, json.dumps(ids, sort_keys=True) + "\n", durable=True)
        except OSError as error:
            raise self._cannot_write(error) from None

    def _batch(self, number: int) -> Batch:
        """Read `offsets/<number>`: the version, then a line on the batch, then one on each source.

        A query that names its topic several times has a source for each: the first one stands for all.
        """
        _, about, source, *_ = _lines(self.folder / "offsets" / str(number))
        planned_at = int(json.loads(about)["batchTimestampMs"])
        return Batch(number=number, ends=_offsets(source, self.topic), planned_at=planned_at)

    def _cannot_read(self, error: Exception) -> CheckpointMismatch:
        return CheckpointMismatch(
            f"the checkpoint {self.folder} cannot be read ({error}): restore it, or give another "
            "--checkpoint."
        )

    def _cannot_write(self, error: OSError) -> NoDiskSpace | UnusableSetting:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return NoDiskSpace(f"the disk of the checkpoint {self.folder} is full: free some space.")
        return UnusableSetting(
            f"the checkpoint {self.folder} cannot be written ({error.strerror}): give another --checkpoint."
        )


def _numbers(folder: Path) -> list[int]:
    """Numbers of the batches that have a file; Spark's temporary and checksum files have other names."""
    if not folder.is_dir():
        return []
    return sorted(int(file.name) for file in folder.iterdir() if file.name.isdigit())


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _offsets(line: str, topic: str) -> dict[int, int]:
    held: dict[str, Any] = json.loads(line)
    if set(held) != {topic}:
        raise CheckpointMismatch(
            f"the checkpoint belongs to a stream over {', '.join(sorted(held))}, not over {topic}: "
            "give each stream a --checkpoint of its own."
        )
    return {int(partition): int(offset) for partition, offset in held[topic].items()}
