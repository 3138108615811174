"""Expectations that Great Expectations lacks: of a feed's freshness, its stations, and its drift.

All three look at the window's portrait, which is taken while Great Expectations counts. It is no plain data,
as an expectation's arguments must be: they name it in `SEEN`.

Importing this takes seconds: it is imported only when a suite is run.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from great_expectations.expectations.expectation import BatchExpectation

from quality.drift import windows_with
from quality.measure import completeness
from quality.portrait import Portrait, Station
from quality.results import Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A window's portrait, which may still be under way, and what its drift is measured against."""

    portrait: Future[Portrait]
    baseline: tuple[Validation, ...]


SEEN: dict[str, Seen] = {}

_SEEN = "seen"

Finding = dict[str, Any]


class _OfPortrait(BatchExpectation):
    """An expectation of a portrait; `_find` says what it found, with `success` among it."""

    seen: str

    metric_dependencies: ClassVar[tuple[str, ...]] = ()

    def _validate(self, *_: Any, **__: Any) -> dict[str, Any]:
        found = self._find(SEEN[self.seen].portrait.result())
        return {"success": found.pop("success"), "result": {**found, "limit": self._limit()}}

    def _find(self, portrait: Portrait) -> Finding:
        raise NotImplementedError

    def _limit(self) -> float:
        raise NotImplementedError


class ExpectFeedToBeFresh(_OfPortrait):
    """The newest record reached the topic at most `max_age` seconds before `ends_at`, ISO 8601.

    In an empty window, the newest is the one that arrived at `arrived_before`, where that is known.
    """

    max_age: float
    ends_at: str
    arrived_before: str | None = None

    success_keys: ClassVar[tuple[str, ...]] = (_SEEN, "max_age", "ends_at", "arrived_before")

    def _find(self, portrait: Portrait) -> Finding:
        last = portrait.last_arrival_at
        if last is None and self.arrived_before:
            last = datetime.fromisoformat(self.arrived_before)
        if last is None:
            return {"success": False, "unit": "s", "note": "Nothing arrived in the window."}
        age = max(0.0, (datetime.fromisoformat(self.ends_at) - last).total_seconds())
        return {"success": age <= self.max_age, "observed_value": age, "unit": "s"}

    def _limit(self) -> float:
        return self.max_age


class ExpectStationsToBeComplete(_OfPortrait):
    """Every station with at least `min_due` due observations has `min_share` of them."""

    column: str
    every: float
    min_share: float
    min_due: int

    success_keys: ClassVar[tuple[str, ...]] = (_SEEN, "column", "every", "min_share", "min_due")

    def _find(self, portrait: Portrait) -> Finding:
        # The list is cut, but it begins with the least complete.
        judged = [one for one in portrait.stations if (one.expected or 0) >= self.min_due]
        if not judged:
            note = f"Not judged yet: no station has {self.min_due} times in the window at which one is due."
            return _not_judged(note, unit="1")
        poor = [one for one in judged if completeness(one) < self.min_share]
        return {
            "success": not poor,
            "evaluated": len(judged),
            "failed": len(poor),
            "observed_value": completeness(judged[0]),
            "unit": "1",
            "note": f"Least complete: {_named(judged[0])}.",
        }

    def _limit(self) -> float:
        return self.min_share


class ExpectColumnToBeSteady(_OfPortrait):
    """The population stability index of a column against the windows before is at most `max_psi`."""

    column: str
    max_psi: float
    min_windows: int
    min_records: int

    success_keys: ClassVar[tuple[str, ...]] = (_SEEN, "column", "max_psi", "min_windows", "min_records")

    def _find(self, portrait: Portrait) -> Finding:
        before = SEEN[self.seen].baseline
        windows = windows_with(before, self.column)
        spread = next((one for one in portrait.distributions if one.field == self.column), None)
        if windows < self.min_windows:
            return _not_judged(f"Not judged yet: {windows} of {self.min_windows} earlier windows.", unit="1")
        if spread is None or spread.psi is None or spread.present < self.min_records:
            held = spread.present if spread else 0
            return _not_judged(f"Not judged: {held} of {self.min_records} values.", unit="1")
        return {
            "success": spread.psi <= self.max_psi,
            "observed_value": spread.psi,
            "unit": "1",
            "note": f"Against {windows} earlier windows.",
        }

    def _limit(self) -> float:
        return self.max_psi


def _not_judged(note: str, unit: str) -> Finding:
    return {"success": True, "judged": False, "unit": unit, "note": note}


def _named(station: Station) -> str:
    return f"{station.station}, {station.present} of {station.expected}"
