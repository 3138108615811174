"""Takes the portrait of a window in Spark: a few aggregates, so that no record leaves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.model import JsonSchema
from quality.bins import distributions, finite
from quality.drift import pooled, psi
from quality.places import Slice
from quality.portrait import Feed, Latency, Portrait, Station, StationDay, Writer
from quality.results import Validation
from quality.silence import silent
from quality.times import of_millis
from quality.window import SOURCE_OFFSET, SOURCE_PARTITION, TIMESTAMP, WRITER

STATIONS = 200
"""How many stations are listed."""

LONGEST = 64
"""Characters that are kept of a text that comes from data."""

DAYS = 1500
"""How many days of stations are listed: the newest."""

_NAMED_IN_DAYS = 7
_RAW_WRITER = "writer_schema_id"
_WANTED = {
    "source": "string",
    "station": "string",
    "observed_at": "timestamp",
    "received_at": "timestamp",
    "replay": "boolean",
    "correction": "boolean",
    "flags": "array<string>",
    _RAW_WRITER: "int",
    "name": "string",
    "latitude": "double",
    "longitude": "double",
    "temperature": "double",
}
"""Fields that a portrait looks at, with Spark's type; one that the schema lacks is null throughout."""

_BY_STATION, _BY_WAY = ("source", "station"), (WRITER, _RAW_WRITER, SOURCE_PARTITION)
_LATENCIES = {
    "received": ("received_at", "observed_at", "NOT replay"),
    "published": (TIMESTAMP, "received_at", "true"),
}
"""Step to its end, its begin, and the records that it is measured on."""

_AHEAD = 3_600_000
"""Milliseconds that an observation may be ahead of its reception, for a clock that is wrong."""

_SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When an observation is due: every `every` seconds of the time field `at`."""

    at: str
    every: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Takes portraits of records of `schema`; what the schema lacks is left out of them.

    `versions` and `raw_versions` name the contract's version for ids of the registry; `baseline` are the
    validations that drift is measured against, and that know the stations.
    """

    schema: JsonSchema
    versions: Mapping[int, int] = field(default_factory=dict)
    raw_versions: Mapping[int, int] = field(default_factory=dict)
    due: Due | None = None
    baseline: tuple[Validation, ...] = ()

    def take(self, rows: DataFrame) -> Portrait:
        """The portrait of `rows`, which are best cached: it takes four passes over them."""
        seen = _portrait(rows, self)
        spreads = tuple(
            replace(one, psi=psi(one, pooled(self.baseline, one.field))) for one in seen.distributions
        )
        return replace(seen, distributions=spreads, baseline_ids=tuple(one.id for one in self.baseline))


def _portrait(rows: DataFrame, taker: Taker) -> Portrait:
    fields = {one["name"]: one for one in taker.schema["fields"]}
    known = rows.select(
        *(
            F.col(name) if name in fields else F.lit(None).cast(kind).alias(name)
            for name, kind in _WANTED.items()
        ),
        *(TIMESTAMP, WRITER, SOURCE_PARTITION, SOURCE_OFFSET),
    )
    by_station, by_way = _groups(known, taker.due)
    if not by_way:
        return Portrait()
    overall = _overall(known)
    told: dict[str, Any] = {name: _moment(overall[name]) for name in _moments()}
    stations = _stations(by_station, taker) if "station" in fields else []
    return Portrait(
        **told,
        **{name: overall[name] for name in _amounts()},
        sources=_feeds(by_station) if "source" in fields else (),
        writers=_writers(by_way, WRITER, taker.versions),
        raw_writers=_writers(by_way, _RAW_WRITER, taker.raw_versions),
        raw_slices=_raw_slices(by_way),
        latencies=_latencies(overall),
        stations=tuple(stations[:STATIONS]),
        stations_seen=len(stations),
        days=_days(known, stations) if stations else (),
        distributions=distributions(rows, fields),
    )


def _groups(known: DataFrame, due: Due | None) -> tuple[Sequence[Row], Sequence[Row]]:
    """Totals by station, and by writer and raw partition, in one pass."""
    keys = [*_BY_STATION, *_BY_WAY]
    slot = _slot(due) if due else F.lit(None).cast("long")
    newest = F.struct(_short("name").alias("name"), "latitude", "longitude")
    found = (
        known.withColumn("slot", slot)
        .groupingSets([_BY_STATION, _BY_WAY], *keys)
        .agg(
            F.grouping("station").alias("by_way"),
            F.count("*").alias("records"),
            _count(_is_flagged()).alias("flagged"),
            _millis(F.min("observed_at")).alias("first_observed_at"),
            _millis(F.max("observed_at")).alias("last_observed_at"),
            _millis(F.max(TIMESTAMP)).alias("last_arrival_at"),
            F.max_by(newest, "observed_at").alias("newest"),
            F.size(F.collect_set("slot")).alias("slots"),
            F.min("slot").alias("first_slot"),
            F.max("slot").alias("last_slot"),
            F.min(SOURCE_OFFSET).alias("first_source"),
            F.max(SOURCE_OFFSET).alias("last_source"),
        )
        .collect()
    )
    return [row for row in found if not row["by_way"]], [row for row in found if row["by_way"]]


def _slot(due: Due) -> Column:
    """Number of the time that an observation is for; one from the future would make all others incomplete."""
    ahead = F.unix_millis(due.at) - F.unix_millis("received_at") > _AHEAD
    return F.when(~F.coalesce(ahead, F.lit(False)), F.floor(F.unix_millis(due.at) / (due.every * 1000)))


def _is_flagged() -> Column:
    return F.size("flags") > 0


def _count(condition: Column) -> Column:
    return F.count(F.when(condition, 1))


def _millis(moment: Column) -> Column:
    # As a number: Python has no year 0, and takes what Spark hands out for local time.
    return F.unix_millis(moment)


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else of_millis(milliseconds)


def _short(name: str) -> Column:
    return F.substring(name, 1, LONGEST)


def _moments() -> dict[str, Column]:
    return {
        "first_arrival_at": _millis(F.min(TIMESTAMP)),
        "last_arrival_at": _millis(F.max(TIMESTAMP)),
        "first_observed_at": _millis(F.min("observed_at")),
        "last_observed_at": _millis(F.max("observed_at")),
    }


def _amounts() -> dict[str, Column]:
    return {
        "replayed": _count(F.col("replay")),
        "corrected": _count(F.col("correction")),
        "flagged": _count(_is_flagged()),
    }


def _overall(known: DataFrame) -> Row:
    totals = [column.alias(name) for name, column in {**_moments(), **_amounts()}.items()]
    for step, (end, begin, condition) in _LATENCIES.items():
        took = F.when(F.expr(condition), F.col(end).cast("double") - F.col(begin).cast("double"))
        totals += [
            F.count(took).alias(f"{step}.records"),
            F.percentile_approx(took, list(_SHARES)).alias(f"{step}.shares"),
            F.max(took).alias(f"{step}.highest"),
        ]
    return known.agg(*totals).collect()[0]


def _latencies(overall: Row) -> tuple[Latency, ...]:
    return tuple(
        Latency(
            step=step,
            records=overall[f"{step}.records"],
            **dict(zip(("p50", "p95", "p99"), overall[f"{step}.shares"], strict=True)),
            highest=overall[f"{step}.highest"],
        )
        for step in _LATENCIES
        if overall[f"{step}.records"]
    )


def _feeds(by_station: Sequence[Row]) -> tuple[Feed, ...]:
    records: Counter[str] = Counter()
    for row in by_station:
        records[row["source"] or ""] += row["records"]
    return tuple(Feed(source=source, records=count) for source, count in records.most_common())


def _writers(by_way: Sequence[Row], key: str, versions: Mapping[int, int]) -> tuple[Writer, ...]:
    records: Counter[int] = Counter()
    for row in by_way:
        if row[key] is not None:
            records[row[key]] += row["records"]
    return tuple(
        Writer(schema_id=writer, version=versions.get(writer), records=count)
        for writer, count in sorted(records.items())
    )


def _raw_slices(by_way: Sequence[Row]) -> tuple[Slice, ...]:
    edges: dict[int, list[int]] = {}
    for row in by_way:
        if row[SOURCE_PARTITION] is not None and row["first_source"] is not None:
            edges.setdefault(row[SOURCE_PARTITION], []).extend((row["first_source"], row["last_source"]))
    return tuple(
        Slice(partition=partition, start=min(found), end=max(found) + 1)
        for partition, found in sorted(edges.items())
    )


def _stations(by_station: Sequence[Row], taker: Taker) -> list[Station]:
    """The least complete first, those among them that are silent now, then those with the most records."""
    slots: dict[str, tuple[int, int]] = {}
    for row in by_station:
        if row["first_slot"] is not None:
            first, last = slots.get(row["source"], (row["first_slot"], row["last_slot"]))
            slots[row["source"]] = min(first, row["first_slot"]), max(last, row["last_slot"])
    found = [_station(row, slots[row["source"]][1] if row["source"] in slots else None) for row in by_station]
    # What is known of a station is when it observed: other times say nothing of its silence.
    if taker.due and taker.due.at == "observed_at":
        before = [station for one in taker.baseline for station in one.portrait.stations]
        found += silent(before, {(one.source, one.station) for one in found}, slots, taker.due.every)
    return sorted(found, key=lambda one: (completeness(one), -one.records, one.source, one.station))


def completeness(station: Station) -> float:
    """Share of the times that an observation was due at which there is one; 1 where none was due yet."""
    return (station.present or 0) / station.expected if station.expected else 1.0


def _station(row: Row, last_slot: int | None) -> Station:
    """`last_slot` is the last of the station's source: it may be under way yet, so nothing is due at it."""
    told: dict[str, Any] = {}
    if last_slot is not None and row["first_slot"] is not None:
        told = {
            "expected": last_slot - row["first_slot"],
            "present": row["slots"] - (row["last_slot"] == last_slot),
        }
    newest = row["newest"]
    return Station(
        station=(row["station"] or "")[:LONGEST],
        source=row["source"] or "",
        name=newest["name"] if newest else None,
        latitude=newest["latitude"] if newest else None,
        longitude=newest["longitude"] if newest else None,
        records=row["records"],
        flagged=row["flagged"],
        first_observed_at=_moment(row["first_observed_at"]),
        last_observed_at=_moment(row["last_observed_at"]),
        last_arrival_at=_moment(row["last_arrival_at"]),
        **told,
    )


def _days(known: DataFrame, stations: Sequence[Station]) -> tuple[StationDay, ...]:
    largest = sorted(stations, key=lambda one: (-one.records, one.station))[:_NAMED_IN_DAYS]
    named = _short("station")
    celsius = finite("temperature")
    found = (
        known.where(F.col("observed_at").isNotNull())
        .groupBy(
            F.when(named.isin([one.station for one in largest]), named).alias("station"),
            F.to_date("observed_at").alias("day"),
        )
        .agg(
            F.count("*").alias("records"),
            F.size(F.collect_set(F.hour("observed_at"))).alias("hours"),
            F.min(celsius).alias("lowest"),
            F.avg(celsius).alias("mean"),
            F.max(celsius).alias("highest"),
        )
        .collect()
    )
    days = [StationDay(**row.asDict()) for row in found]
    return tuple(sorted(days, key=lambda one: (one.day, one.station is None, one.station or ""))[-DAYS:])
