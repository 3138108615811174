"""Tells whether an observation is new, was seen before, or corrects one that was.

An observation is its source, station and time; the API repeats one for minutes.
"""

from __future__ import annotations

import hashlib
import marshal
from collections import OrderedDict
from enum import Enum
from operator import itemgetter

from producer.parse import RawRecord

Identity = tuple[str, str, int]
"""Source, station, and time of observation in milliseconds."""

REMEMBERED = 50_000
"""Observations that a backfill remembers at once, so that its memory stays flat."""

# Left out is what differs between two answers that tell the same observation.
_VALUES = itemgetter(
    *(
        "units",
        "city_id",
        "name",
        "country",
        "latitude",
        "longitude",
        "utc_offset",
        "sunrise_at",
        "sunset_at",
    ),
    *("conditions", "temperature", "feels_like", "temperature_min", "temperature_max", "pressure"),
    *("sea_level_pressure", "ground_level_pressure", "humidity", "visibility", "wind_speed", "wind_gust"),
    *("wind_direction", "cloudiness", "rain", "snow"),
)
_IDENTITY = itemgetter("source", "station", "observed_at")
_STABLE_FORMAT = 2
"""The last of marshal's formats that writes equal values as equal bytes."""


class News(Enum):
    """What an observation is to those that were seen before."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CORRECTION = "correction"


def identity(record: RawRecord) -> Identity:
    """Name the observation that `record` tells."""
    found: Identity = _IDENTITY(record)
    return found


def digest(record: RawRecord) -> bytes:
    """Sixteen bytes that stand for the values observed."""
    return hashlib.blake2b(marshal.dumps(_VALUES(record), _STABLE_FORMAT), digest_size=16).digest()


def news(before: bytes | None, now: bytes) -> News:
    """Compare the digest of the same observation as it was seen `before`, if it was, and `now`."""
    if before is None:
        return News.NEW
    return News.UNCHANGED if before == now else News.CORRECTION


class Recent:
    """The last `REMEMBERED` observations, in memory."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._seen: OrderedDict[Identity, bytes] = OrderedDict()

    def see(self, record: RawRecord) -> News:
        """Say what `record` is to those seen before, and remember it."""
        key, now = identity(record), digest(record)
        found = news(self._seen.pop(key, None), now)
        self._seen[key] = now
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return found
