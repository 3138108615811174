"""Which raw record a published one came from: it says so in its headers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from confluent_kafka import Message

PARTITION_HEADER = "source-partition"
OFFSET_HEADER = "source-offset"
"""Headers of every published record, as decimal text: they name the raw record that it came from."""

Coordinates = tuple[int, int]
"""Partition and offset of a raw record."""


def source_of(message: Message) -> Coordinates | None:
    """The raw record that a published one names; None where it names none."""
    headers: Mapping[str, object] = dict(message.headers() or ())
    partition, offset = headers.get(PARTITION_HEADER), headers.get(OFFSET_HEADER)
    with suppress(ValueError):
        if isinstance(partition, bytes) and isinstance(offset, bytes):
            return int(partition), int(offset)
    return None
