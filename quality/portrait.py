"""What the records of a window are like beside the verdict: counts and spreads, no record among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from quality.places import Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Records by who made them known."""

    source: str
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Records by the schema that they were written with; `version` where it is one of the contract."""

    schema_id: int
    version: int | None = None
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long a step took, in seconds.

    `received` is from the observation to the producer, without replays; `published` from there to the topic.
    """

    step: str
    records: int
    p50: float
    p95: float
    p99: float
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What one station gave. Position in degrees, WGS 84.

    `expected` counts the times at which an observation was due, by the contract's completeness rule, and
    `present` those that have one; None without such a rule.
    """

    station: str
    source: str = ""
    name: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    records: int
    flagged: int = 0
    first_observed_at: datetime | None = None
    last_observed_at: datetime | None = None
    last_arrival_at: datetime | None = None
    expected: int | None = None
    present: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDay:
    """One station on one day of observation, UTC; temperatures in °C.

    `station` is None for all together that have fewer records than those named. `hours` counts the hours of
    the day that have a record.
    """

    station: str | None
    day: date
    records: int
    hours: int
    lowest: float | None = None
    mean: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Values from `at` steps up to, but not including, `at` + 1 steps."""

    at: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How the values of a field are spread, in its unit.

    `step` is the width of a bin, the same for a field at all times, so that the bins of two windows can be
    added and compared. `psi` is the population stability index against the portrait's baseline.
    """

    field: str
    unit: str = ""
    doc: str = ""
    present: int
    missing: int
    low: float | None = None
    mean: float | None = None
    high: float | None = None
    step: float
    bins: tuple[Bin, ...] = ()
    psi: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """All of it. Lists are cut at a length that keeps a validation well under a megabyte."""

    first_arrival_at: datetime | None = None
    last_arrival_at: datetime | None = None
    """Kafka timestamps of the first and the last record."""
    first_observed_at: datetime | None = None
    last_observed_at: datetime | None = None
    replayed: int = 0
    corrected: int = 0
    flagged: int = 0
    sources: tuple[Feed, ...] = ()
    writers: tuple[Writer, ...] = ()
    raw_writers: tuple[Writer, ...] = ()
    raw_slices: tuple[Slice, ...] = ()
    """From the first to the last raw record behind the window."""
    latencies: tuple[Latency, ...] = ()
    stations: tuple[Station, ...] = ()
    """The least complete first, then those with the most records."""
    stations_seen: int = 0
    """How many stations there are, listed or not."""
    days: tuple[StationDay, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    baseline_ids: tuple[str, ...] = ()
    """Validations whose windows, no record in two of them, are the baseline of drift."""
