"""What a raw contract says of an observation: how one is named, what it is worth, and how a record begins.

A source repeats an observation for minutes, so each one is new, unchanged or corrected beside the last.
"""

from __future__ import annotations

import functools
import hashlib
import marshal
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter
from typing import Any

from contracts.folder.model import Contract
from contracts.folder.product import product_named

RawRecord = dict[str, Any]
"""A record of a raw contract; times are milliseconds since 1970, UTC."""

Identity = tuple[str, str, int]
"""Source, station, and time of observation in milliseconds."""

REMEMBERED = 50_000
"""Observations that a backfill remembers at once, so that its memory stays flat."""

_STABLE_FORMAT = 2
"""The last of marshal's formats that writes equal values as equal bytes."""


class News(Enum):
    """What an observation is to those that were seen before."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Shape:
    """A raw contract as the producer uses it: each list of fields follows from the schema."""

    identity_fields: tuple[str, ...]
    first_fields: tuple[str, ...]
    """The fields of the contract's first version but those that differ between two answers that tell the same
    observation."""
    later_fields: tuple[str, ...]
    """Those that came with later versions."""
    measures: tuple[str, ...]
    """The fields that hold what the product observes; a record has one of them at least."""
    defaults: RawRecord
    """What a record begins with: the schema's defaults, None where it has none."""
    containers: RawRecord
    """Lists and maps that it begins with, each of its own."""

    @classmethod
    def of(cls, contract: Contract) -> Shape:
        """The shape of a raw contract's newest version."""
        fields = {field["name"]: field for field in contract.newest.schema["fields"]}
        values = tuple(name for name in fields if name not in {*contract.identity, *contract.incidental})
        first = {field["name"] for field in contract.versions[0].schema["fields"]}
        defaults = {name: field.get("default") for name, field in fields.items()}
        containers = {name: value for name, value in defaults.items() if isinstance(value, (dict, list))}
        return cls(
            identity_fields=contract.identity,
            first_fields=tuple(name for name in values if name in first),
            later_fields=tuple(name for name in values if name not in first),
            measures=tuple(
                name
                for name in values
                if name not in contract.about_station and "null" in fields[name]["type"]
            ),
            defaults={name: value for name, value in defaults.items() if name not in containers},
            containers=containers,
        )

    @property
    def value_fields(self) -> tuple[str, ...]:
        """All but those that differ between two answers that tell the same observation."""
        return self.first_fields + self.later_fields

    def begin(self) -> RawRecord:
        """A record with every default of the schema."""
        return self.defaults | {name: value.copy() for name, value in self.containers.items()}

    def identity(self, record: RawRecord) -> Identity:
        """Name the observation that `record` tells."""
        found: Identity = itemgetter(*self.identity_fields)(record)
        return found

    def digest(self, record: RawRecord) -> bytes:
        """Sixteen bytes that stand for the values observed."""
        values: tuple[Any, ...] = itemgetter(*self.first_fields)(record)
        # One without a value does not count, so that an upgrade makes no correction of what was seen before.
        values += tuple((name, record[name]) for name in self.later_fields if record[name] is not None)
        return hashlib.blake2b(marshal.dumps(values, _STABLE_FORMAT), digest_size=16).digest()


@functools.cache
def shape_of(product: str) -> Shape:
    """The shape of a product's raw contract, which is read once."""
    return Shape.of(product_named(product).raw)


def news(before: bytes | None, now: bytes) -> News:
    """Compare the digest of the same observation as it was seen `before`, if it was, and `now`."""
    if before is None:
        return News.NEW
    return News.UNCHANGED if before == now else News.CORRECTION


class Recent:
    """The last `REMEMBERED` observations, in memory."""

    def __init__(self, shape: Shape) -> None:
        """Remember nothing yet."""
        self._shape = shape
        self._seen: OrderedDict[Identity, bytes] = OrderedDict()

    def see(self, record: RawRecord) -> News:
        """Say what `record` is to those seen before, and remember it."""
        key, now = self._shape.identity(record), self._shape.digest(record)
        found = news(self._seen.pop(key, None), now)
        self._seen[key] = now
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return found
