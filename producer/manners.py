"""Good manners towards an API, as pure decisions: when the next call may go."""

from __future__ import annotations

from dataclasses import dataclass

_PER_MINUTE = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0
"""Seconds, where the API refuses calls without saying for how long; each refusal in a row doubles them."""
_LONGEST_ASKED = 86_400.0


@dataclass(slots=True)
class Pace:
    """Spreads calls evenly, one every `60 / calls_per_minute` seconds (0: no limit), and heeds refusals."""

    calls_per_minute: float
    _next: float = 0.0
    _blocked_until: float = 0.0
    _refusals: int = 0

    def wait(self, now: float) -> float:
        """Seconds until a call may go."""
        return max(0.0, self._next - now, self.blocked(now))

    def blocked(self, now: float) -> float:
        """Seconds for which the API refuses calls."""
        return max(0.0, self._blocked_until - now)

    def take(self, now: float) -> None:
        """Count a call as made at `now`."""
        self._next = now + (_PER_MINUTE / self.calls_per_minute if self.calls_per_minute else 0.0)

    def refused(self, now: float, asked: float | None) -> float:
        """Let no call go for the seconds that the API asked for; returns how many they are."""
        doubled = min(_FIRST_PAUSE * 2.0 ** min(self._refusals, 10), _LONGEST_PAUSE)
        seconds = doubled if asked is None else min(asked, _LONGEST_ASKED)
        self._refusals += 1
        self._blocked_until = max(self._blocked_until, now + seconds)
        return seconds

    def answered(self) -> None:
        """Count a call as answered: the API refuses no more."""
        self._refusals = 0
