"""Where a consumer goes on in a new generation: by the raw records that it has passed in the old one.

Pure: what both topics hold is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.kafka.coordinates import Coordinates


@dataclass(frozen=True)
class Passed:
    """What a consumer has read of the old topic, and what it has not, by the raw records behind it."""

    done: set[Coordinates] = field(default_factory=set)
    left: set[Coordinates] = field(default_factory=set)
    deleted_below: Mapping[int, int] = field(default_factory=dict)
    """Raw partition to the offset below which the old topic has let go of its records, all of them read."""

    def holds(self, source: Coordinates) -> bool:
        """Whether the consumer has read what came from a raw record."""
        partition, offset = source
        return source in self.done or offset < self.deleted_below.get(partition, 0)


@dataclass(frozen=True)
class Start:
    """Where a consumer goes on in a partition of the new topic."""

    offset: int
    """Of the first record that it has not passed."""
    passed: tuple[int, ...]
    """Offsets behind that of records which it has passed: between two topics a few change places."""


Records = Mapping[int, Sequence[tuple[int, Coordinates]]]
"""Partition of the new topic to its records, in order: the offset, and the raw record that it came from."""


def starts(passed: Passed, records: Records, ends: Mapping[int, int]) -> dict[int, Start]:
    """Where to go on in each partition of the new topic, whose next offsets are `ends`."""
    return {partition: _start(passed, records.get(partition, ()), end) for partition, end in ends.items()}


def _start(passed: Passed, records: Sequence[tuple[int, Coordinates]], end: int) -> Start:
    first = next((offset for offset, source in records if not passed.holds(source)), end)
    behind = (offset for offset, source in records if offset > first and passed.holds(source))
    return Start(first, tuple(behind))


def missed(passed: Passed, records: Records) -> set[Coordinates]:
    """What the consumer has yet to read of the old topic, and what the new one lacks before what it has.

    It came before the new generation, or the stream is still to write it.
    """
    there = _sources(records)
    newest: dict[int, int] = {}
    for partition, offset in there:
        newest[partition] = max(offset, newest.get(partition, offset))
    return {(p, offset) for p, offset in passed.left - there if p not in newest or offset < newest[p]}


def awaited(passed: Passed, records: Records) -> set[Coordinates]:
    """What the consumer has read, and what is still to come to the new topic: it would read that again."""
    there = _sources(records)
    oldest = oldest_of(there)
    return {(p, offset) for p, offset in passed.done - there if p in oldest and offset > oldest[p]}


def _sources(records: Records) -> set[Coordinates]:
    return {source for found in records.values() for _, source in found}


def oldest_of(sources: Iterable[Coordinates]) -> dict[int, int]:
    """Raw partition to the oldest of its records."""
    oldest: dict[int, int] = {}
    for partition, offset in sources:
        oldest[partition] = min(offset, oldest.get(partition, offset))
    return oldest
