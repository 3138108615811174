"""What a consumer group says of itself, in the metadata of its committed offsets.

It says which fields it reads and, where it came from another generation of the topic, which records behind
the offset it has passed. Kafka keeps the metadata, and shows it to whoever may describe the group.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby

EVERYTHING = "*"
"""Stands for all fields among those that a consumer reads."""

_READS = "reads="
_PASSED = "passed="
_AND = ";"
LONGEST = 4000
"""Bytes; a broker refuses a commit with more than 4096 of metadata, unless it was set up otherwise."""


def note(reads: Collection[str] | None) -> str:
    """The metadata of a consumer that reads the fields of these dotted names; None are all fields.

    Where the names take too much room, the fields that they lie in stand for them, else none.
    """
    names = {EVERYTHING} if reads is None else set(reads)
    for told in (names, {name.partition(".")[0] for name in names}):
        if len(text := _READS + ",".join(sorted(told))) <= LONGEST:
            return text
    return ""


def reads_in(notes: Iterable[str]) -> frozenset[str] | None:
    """The fields that the members read who left these notes; None where no note says it."""
    told = [names.split(",") for text in notes if (names := _part(text, _READS)) is not None]
    return frozenset(name for names in told for name in names) if told else None


def with_passed(text: str, offsets: Collection[int]) -> str:
    """The note `text`, and that records at these offsets are passed, in as many bytes as that takes.

    What it reads is left out where both take too much room.
    """
    if not offsets:
        return text
    passed = _PASSED + ",".join(_spans(sorted(offsets)))
    both = f"{text}{_AND}{passed}" if text else passed
    return both if len(both) <= LONGEST else passed


def passed_in(text: str) -> frozenset[int]:
    """The offsets that a note tells are passed."""
    spans = [span.split("-") for span in (_part(text, _PASSED) or "").split(",") if span]
    return frozenset(offset for ends in spans for offset in range(int(ends[0]), int(ends[-1]) + 1))


def _part(text: str, head: str) -> str | None:
    return next((part.removeprefix(head) for part in text.split(_AND) if part.startswith(head)), None)


def _spans(offsets: list[int]) -> Iterator[str]:
    """Offsets in order as `5-9` or `12`."""
    for _, run in groupby(enumerate(offsets), key=lambda row: row[1] - row[0]):
        first, *others = (offset for _, offset in run)
        yield f"{first}-{others[-1]}" if others else str(first)
