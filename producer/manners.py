"""Good manners towards the API, as pure decisions: when the next call may go, and what is worth sending."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from producer.parse import RawRecord

_PER_MINUTE = 60.0


@dataclass(slots=True)
class Pace:
    """Spreads calls evenly: one every `60 / calls_per_minute` seconds; 0 means as fast as answers come."""

    calls_per_minute: float
    _next: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds to wait before the call that is decided at `now`, which this counts as made."""
        start = max(now, self._next)
        self._next = start + (_PER_MINUTE / self.calls_per_minute if self.calls_per_minute else 0.0)
        return start - now

    def pause(self, now: float, seconds: float) -> None:
        """No call before `seconds` from `now`."""
        self._next = max(self._next, now + seconds)


@dataclass(slots=True)
class Seen:
    """The newest observation of each station, since the API repeats one for minutes.

    An observation is its source, station and time. Only the newest is kept, so memory grows with the
    stations, not with time.
    """

    _newest: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict)

    def is_new(self, record: RawRecord) -> bool:
        """Whether to send `record`; marks it as a correction where other values were sent before."""
        station = (record["source"], record["station"])
        values = {name: value for name, value in record.items() if name not in _NOT_OBSERVED}
        digest = hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16).digest()
        before = self._newest.get(station)
        if before == (record["observed_at"], digest):
            return False
        record["correction"] = before is not None and before[0] == record["observed_at"]
        self._newest[station] = (record["observed_at"], digest)
        return True


_NOT_OBSERVED = frozenset({"received_at", "correction", "replay", "extra"})
"""What differs between two answers that tell the same observation."""
