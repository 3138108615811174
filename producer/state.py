"""What outlives the process: which observations were sent, which records still wait, how far a backfill came.

One SQLite file, locked by the process that uses it. What it says is of one incarnation of each topic: a topic
that was deleted and made again knows nothing of the former one's records.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from contracts.errors import NoDiskSpace, UnusableSetting
from contracts.folder.product import Product
from producer.observation import Identity

_log = structlog.get_logger(__name__)

_TABLES = """
CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS observation (
    source TEXT, station TEXT, observed_at INTEGER, digest BLOB NOT NULL,
    PRIMARY KEY (source, station, observed_at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL, since INTEGER NOT NULL, key BLOB, value BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS backfill (
    position INTEGER NOT NULL, received_at INTEGER NOT NULL, since INTEGER NOT NULL
);
"""
_REMEMBERED = 48 * 3_600_000
"""Milliseconds before a station's newest observation from which an answer may still repeat an older one."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that the broker has not acknowledged, and when it was first handed over (milliseconds)."""

    id: int
    topic: str
    since: int
    key: bytes | None
    value: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill came: bodies done, when it began and when this was noted (milliseconds)."""

    position: int
    received_at: int
    since: int


def poll_state(folder: Path, product: Product) -> Path:
    """Where the poller of a product keeps its state in `folder`.

    A file from before there were several products is gone on with by the product that it is about.
    """
    own, former = folder / f"poll-{product.name}.sqlite", folder / "poll.sqlite"
    if not former.exists():
        return own
    # One that is in use is not read: opening it says so.
    with suppress(sqlite3.Error), closing(sqlite3.connect(former, timeout=1.0)) as database:
        if not database.execute("SELECT 1 FROM topic WHERE name = ?", (product.raw.topic,)).fetchone():
            return own
    return former


class State:
    """The open file; close it after use. Every method raises `NoDiskSpace` when the disk is full."""

    def __init__(self, file: Path | None, topics: Mapping[str, str]) -> None:
        """Open `file`, or keep all in memory; `topics` are the names and ids of the topics it is about.

        Raises `UnusableSetting` when another process holds it or it cannot be written.
        """
        self.file = file
        try:
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(file or ":memory:", timeout=1.0, isolation_level=None)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(f"BEGIN EXCLUSIVE; {_TABLES} COMMIT;")
        except (sqlite3.Error, OSError) as error:
            held = "locked" in str(error)
            why = "is used by another producer" if held else f"cannot be used ({error})"
            raise UnusableSetting(f"the state in {file} {why}: name another folder with --state.") from None
        self._begin_topics(topics)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def seen(self, observation: Identity) -> bytes | None:
        """The digest that was last noted for `observation`."""
        rows = self._database.execute(
            "SELECT digest FROM observation WHERE source = ? AND station = ? AND observed_at = ?", observation
        )
        row = rows.fetchone()
        return bytes(row[0]) if row else None

    def hand_over(
        self,
        *,
        topic: str,
        since: int,
        key: bytes | None,
        value: bytes,
        seen: tuple[Identity, bytes] | None,
    ) -> int:
        """Note a record as waiting and its observation's digest as seen, both or none; returns its number."""
        with self._transaction() as database:
            if seen is not None:
                source, station, observed_at = seen[0]
                database.execute("REPLACE INTO observation VALUES (?, ?, ?, ?)", (*seen[0], seen[1]))
                database.execute(
                    "DELETE FROM observation WHERE source = ? AND station = ? AND observed_at < ?",
                    (source, station, observed_at - _REMEMBERED),
                )
            row = (topic, since, key, value)
            added = database.execute(
                "INSERT INTO waiting (topic, since, key, value) VALUES (?, ?, ?, ?)", row
            )
            return int(added.lastrowid or 0)

    def delivered(self, numbers: Iterable[int]) -> None:
        """Forget records that are on their topic."""
        with self._transaction() as database:
            database.executemany("DELETE FROM waiting WHERE id = ?", ((number,) for number in numbers))

    def waiting(self) -> list[Waiting]:
        """Records that were handed over and not acknowledged, oldest first."""
        rows = self._database.execute("SELECT id, topic, since, key, value FROM waiting ORDER BY id")
        return [Waiting(*row) for row in rows]

    def count_waiting(self) -> int:
        """How many they are."""
        return int(self._database.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def progress(self) -> Progress | None:
        """How far the backfill of this file came; None when it has not begun."""
        row = self._database.execute("SELECT position, received_at, since FROM backfill").fetchone()
        return Progress(*row) if row else None

    def save(self, progress: Progress) -> None:
        """Note how far the backfill came."""
        with self._transaction() as database:
            database.execute("DELETE FROM backfill")
            row = (progress.position, progress.received_at, progress.since)
            database.execute("INSERT INTO backfill VALUES (?, ?, ?)", row)

    def delete(self) -> None:
        """Close and remove the file: what stood in it is over."""
        self.close()
        if self.file is not None:
            self.file.unlink(missing_ok=True)

    def _begin_topics(self, topics: Mapping[str, str]) -> None:
        with self._transaction() as database:
            known = dict(database.execute("SELECT name, id FROM topic"))
            changed = [name for name, id_ in topics.items() if known.get(name, id_) != id_]
            if changed:
                lost = self.count_waiting()
                for table in ("observation", "waiting", "backfill"):
                    database.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are ours
                _log.warning(
                    "topics were made anew: what was known is forgotten", topics=changed, waiting=lost
                )
            database.executemany("REPLACE INTO topic VALUES (?, ?)", topics.items())

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._database.execute("BEGIN")
            yield self._database
            self._database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            if "full" in str(error):
                raise NoDiskSpace(f"no space left on the disk that holds {self.file}: free some.") from None
            raise UnusableSetting(
                f"{self.file} cannot be written ({error}): name another with --state."
            ) from None
