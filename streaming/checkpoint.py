"""What a checkpoint remembers, read from the files that Spark writes, without Spark."""

from __future__ import annotations

import errno
import fcntl
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from contracts.errors import CheckpointMismatch, NoDiskSpace, UnusableSetting
from contracts.files import write_whole

Offsets = Mapping[int, int]
"""Partition to offset."""

_REAL_TIME = ".real-time"
"""Our own file beside Spark's: Spark notes a real-time batch only at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch that was planned: where it ends, and when that was decided (ms since 1970, UTC)."""

    number: int
    ends: Offsets
    """The offset behind the last record of the batch."""
    planned_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How far a stream has come."""

    begins: Offsets
    """Where its first batch began."""
    done: Batch | None
    """The newest batch that was published and committed."""
    unfinished: Batch | None
    """The batch that was planned and never committed: none, some or all of it is published."""

    @property
    def records(self) -> int:
        """How many records the committed batches held."""
        return sum(end - self.begins.get(p, 0) for p, end in self.next_offsets.items())

    @property
    def next_offsets(self) -> Offsets:
        """Where the stream goes on reading."""
        return self.done.ends if self.done else self.begins


def remember(folder: Path, topic: str) -> Memory | None:
    """Read the checkpoint in `folder` of a stream over `topic`; None where there is nothing yet.

    Raises `CheckpointMismatch` for a checkpoint over another topic, and for files that Spark did not write.
    """
    planned = _numbers(folder / "offsets")
    if not planned and not (folder / "sources" / "0" / "0").exists():
        return None
    newest = max(planned, default=-1)
    committed = max(_numbers(folder / "commits"), default=-1)
    try:
        done = _batch(folder, committed, topic) if committed in planned else None
        unfinished = _batch(folder, newest, topic) if newest > committed else None
        begins = _offsets(_lines(folder / "sources" / "0" / "0")[-1], topic)
    except (OSError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise CheckpointMismatch(
            f"the checkpoint {folder} cannot be read ({error}): restore it, or give another --checkpoint."
        ) from None
    return Memory(begins=begins, done=done, unfinished=unfinished)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealTime:
    """Records behind the newest commit may be published: a real-time batch was, or may have been, cut."""

    since: int
    """None of them was published before this time (ms since 1970, UTC)."""
    at_work: bool
    """Whether real-time batches are being committed: then none was published before the newest one began."""


def note_real_time(folder: Path, note: RealTime | None) -> None:
    """Write down, before it begins, that real-time mode is at work; None when all it did is committed."""
    file = folder / _REAL_TIME
    if note is None:
        file.unlink(missing_ok=True)
        return
    try:
        write_whole(file, json.dumps(asdict(note)), durable=True)
    except OSError as error:
        raise cannot_write(folder, error) from None


def real_time_note(folder: Path) -> RealTime | None:
    """What `note_real_time` wrote; raises `CheckpointMismatch` when it cannot be read."""
    file = folder / _REAL_TIME
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        return RealTime(since=int(held["since"]), at_work=bool(held["at_work"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointMismatch(
            f"the checkpoint {folder} cannot be read ({error}): restore it, or give another --checkpoint."
        ) from None


def keeps_state(folder: Path) -> bool:
    """Whether the stream of a checkpoint remembers observations from batch to batch."""
    return (folder / "state").is_dir()


def claim(folder: Path) -> BinaryIO:
    """Keep other streams off `folder` until the file that is returned is closed, or this process is gone.

    Raises `UnusableSetting` when another stream has it, or when it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".claimed").open("wb")
    except OSError as error:
        raise cannot_write(folder, error) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise UnusableSetting(
            f"another stream runs on the checkpoint {folder}: stop it, or give this one its own."
        ) from None
    return lock


def cannot_write(checkpoint: Path, error: OSError) -> NoDiskSpace | UnusableSetting:
    """What an `error` at writing into a checkpoint means for a person."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoDiskSpace(f"the disk of the checkpoint {checkpoint} is full: free some space.")
    return UnusableSetting(
        f"the checkpoint {checkpoint} cannot be written ({error.strerror}): give another --checkpoint."
    )


def _numbers(folder: Path) -> list[int]:
    """Numbers of the batches that have a file; Spark's temporary and checksum files have other names."""
    if not folder.is_dir():
        return []
    return sorted(int(file.name) for file in folder.iterdir() if file.name.isdigit())


def _batch(folder: Path, number: int, topic: str) -> Batch:
    """Read `offsets/<number>`: the version, then a line on the batch, then one on each source."""
    _, about, source = _lines(folder / "offsets" / str(number))
    planned_at = int(json.loads(about)["batchTimestampMs"])
    return Batch(number=number, ends=_offsets(source, topic), planned_at=planned_at)


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
