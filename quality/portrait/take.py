"""Takes the portrait of a window in Spark: a few aggregates, so that no record leaves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.folder.model import Contract, JsonSchema
from contracts.records.topic_weather_quality import (
    Feed,
    Latency,
    Slice,
    Station,
    StationDay,
    Validation,
    Writer,
)
from quality.portrait.drift import pooled, psi
from quality.portrait.flags import counted, variables
from quality.portrait.spread import distributions, finite
from quality.portrait.stations import stations
from quality.window.read import LONGEST, SOURCE_OFFSET, SOURCE_PARTITION, TIMESTAMP, WRITER
from quality.window.times import moment

STATIONS = 200
"""How many stations are listed."""

DAYS = 1500
"""How many days of stations are listed: the newest."""

_KNOWN = {
    "source": "string",
    "station": "string",
    "observed_at": "timestamp",
    "name": "string",
    "latitude": "double",
    "longitude": "double",
    "received_at": "timestamp",
    "replay": "boolean",
    "correction": "boolean",
    "flags": "array<string>",
    "writer_schema_id": "int",
}
"""The fields that a portrait knows by their names, and their types."""

_NAMED_IN_DAYS = 7
_BY_STATION = ("source", "station")
_BY_WAY = (WRITER, "writer_schema_id", SOURCE_PARTITION)
_LATENCIES = {
    "received": ("received_at", "observed_at", "NOT replay"),
    "published": (TIMESTAMP, "received_at", "true"),
}
"""Step to its end, its begin, and the records that it is measured on."""

_AHEAD = 3_600_000
"""Milliseconds that an observation may be ahead of its reception, for a clock that is wrong."""

_MOMENTS = ("first_arrival_at", "last_arrival_at", "first_observed_at", "last_observed_at")
_AMOUNTS = ("replayed", "corrected", "flagged")
_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When an observation is due: every `every` seconds of the time field `at`."""

    at: str
    every: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrayal:
    """What it takes to portray records of `contract`; what its schema lacks is left out of a portrait.

    `versions` and `raw_versions` name the contract's version for ids of the registry; `baseline` are the
    validations that drift is measured against, and that know the stations.
    """

    contract: Contract
    versions: Mapping[int, int] = field(default_factory=dict)
    raw_versions: Mapping[int, int] = field(default_factory=dict)
    due: Due | None = None
    baseline: tuple[Validation, ...] = ()

    @property
    def fields(self) -> set[str]:
        """All fields that a portrait looks at, whether the schema has them or not."""
        return {*self._meanings.values(), *self.contract.quality_flags, *self.contract.portrayed}

    @property
    def _meanings(self) -> dict[str, str]:
        """What a portrait looks at, and the field that the contract has for it."""
        chosen = {"daily": self.contract.daily or "", "due_at": self.due.at if self.due else ""}
        return {name: name for name in _KNOWN} | chosen

    def take(self, rows: DataFrame, found: Validation) -> Validation:
        """`found` with the portrait of `rows`, which are best cached: it takes four passes over them."""
        fields = {one["name"]: one for one in self.contract.newest.schema["fields"]}
        known = self._known(rows, fields)
        flags = tuple(self.contract.quality_flags)
        by_station, by_way = _totals(known, self.due, flags)
        if not by_way:
            return replace(found, baseline_ids=tuple(one.id for one in self.baseline))
        overall = _overall(known)
        listed = self._stations(by_station) if "station" in fields else []
        totals: dict[str, Any] = {name: moment(overall[name]) for name in _MOMENTS}
        totals |= {name: overall[name] for name in _AMOUNTS}
        return replace(
            found,
            **totals,
            variables=variables(by_way, flags),
            sources=_feeds(by_station) if "source" in fields else (),
            writers=_writers(by_way, WRITER, self.versions),
            raw_writers=_writers(by_way, "writer_schema_id", self.raw_versions),
            raw_slices=_raw_slices(by_way),
            latencies=_latencies(overall),
            stations=tuple(listed[:STATIONS]),
            stations_seen=len(listed),
            days=_days(known, listed) if listed else (),
            distributions=tuple(
                replace(one, psi=psi(one, pooled(self.baseline, one.field)))
                for one in distributions(rows, fields, self.contract.portrayed)
            ),
            baseline_ids=tuple(one.id for one in self.baseline),
        )

    def _known(self, rows: DataFrame, fields: Mapping[str, JsonSchema]) -> DataFrame:
        """The fields that a portrait looks at, by their meaning; one that the schema lacks is all nulls."""
        kinds = {**_KNOWN, "daily": "double", "due_at": "timestamp"}
        return rows.select(
            *(
                (F.col(name) if name in fields else F.lit(None).cast(kinds[meaning])).alias(meaning)
                for meaning, name in self._meanings.items()
            ),
            *self.contract.quality_flags,
            *(TIMESTAMP, WRITER, SOURCE_PARTITION, SOURCE_OFFSET),
        )

    def _stations(self, rows: Sequence[Row]) -> list[Station]:
        before = (station for one in self.baseline for station in one.stations)
        # What is known of a station is when it observed: other times say nothing of its silence.
        every = self.due.every if self.due and self.due.at == "observed_at" else None
        return stations(rows, before, every, tuple(self.contract.quality_flags))


def _totals(known: DataFrame, due: Due | None, flags: Collection[str]) -> tuple[Sequence[Row], Sequence[Row]]:
    """Totals by station, and by writer and raw partition, in one pass."""
    newest = F.struct(F.substring("name", 1, LONGEST).alias("name"), "latitude", "longitude")
    found = (
        known.withColumn("slot", _slot(due) if due else F.lit(None).cast("long"))
        .groupingSets([_BY_STATION, _BY_WAY], *_BY_STATION, *_BY_WAY)
        .agg(
            F.grouping("station").alias("by_way"),
            F.count("*").alias("records"),
            F.count_if(_is_flagged()).alias("flagged"),
            _millis(F.min("observed_at")).alias("first_observed_at"),
            _millis(F.max("observed_at")).alias("last_observed_at"),
            _millis(F.max(TIMESTAMP)).alias("last_arrival_at"),
            F.max_by(newest, "observed_at").alias("newest"),
            F.size(F.collect_set("slot")).alias("slots"),
            F.min("slot").alias("first_slot"),
            F.max("slot").alias("last_slot"),
            F.min(SOURCE_OFFSET).alias("first_source"),
            F.max(SOURCE_OFFSET).alias("last_source"),
            *counted(flags),
        )
        .collect()
    )
    return [row for row in found if not row["by_way"]], [row for row in found if row["by_way"]]


def _slot(due: Due) -> Column:
    """Number of an observation's due time; one from the future would make all others incomplete."""
    ahead = F.unix_millis("due_at") - F.unix_millis("received_at") > _AHEAD
    return F.when(~F.coalesce(ahead, F.lit(False)), F.floor(F.unix_millis("due_at") / (due.every * 1000)))


def _is_flagged() -> Column:
    return F.size("flags") > 0


def _millis(moment: Column) -> Column:
    # As a number: Python has no year 0, and takes what Spark hands out for local time.
    return F.unix_millis(moment)


def _overall(known: DataFrame) -> Row:
    totals = {
        "first_arrival_at": _millis(F.min(TIMESTAMP)),
        "last_arrival_at": _millis(F.max(TIMESTAMP)),
        "first_observed_at": _millis(F.min("observed_at")),
        "last_observed_at": _millis(F.max("observed_at")),
        "replayed": F.count_if("replay"),
        "corrected": F.count_if("correction"),
        "flagged": F.count_if(_is_flagged()),
    }
    for step, (end, begin, condition) in _LATENCIES.items():
        took = F.when(F.expr(condition), F.col(end).cast("double") - F.col(begin).cast("double"))
        totals |= {
            f"{step}.records": F.count(took),
            f"{step}.quantiles": F.percentile_approx(took, list(_QUANTILES.values())),
            f"{step}.highest": F.max(took),
        }
    return known.agg(*(column.alias(name) for name, column in totals.items())).collect()[0]


def _latencies(overall: Row) -> tuple[Latency, ...]:
    return tuple(
        Latency(
            step=step,
            records=overall[f"{step}.records"],
            **dict(zip(_QUANTILES, overall[f"{step}.quantiles"], strict=True)),
            highest=overall[f"{step}.highest"],
        )
        for step in _LATENCIES
        if overall[f"{step}.records"]
    )


def _counted(rows: Iterable[Row], key: str) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for row in rows:
        counts[row[key]] += row["records"]
    return counts


def _feeds(by_station: Iterable[Row]) -> tuple[Feed, ...]:
    counts = _counted(by_station, "source")
    return tuple(Feed(source=source or "", records=records) for source, records in counts.most_common())


def _writers(by_way: Iterable[Row], key: str, versions: Mapping[int, int]) -> tuple[Writer, ...]:
    counts = _counted((row for row in by_way if row[key] is not None), key)
    return tuple(
        Writer(schema_id=writer, version=versions.get(writer), records=records)
        for writer, records in sorted(counts.items())
    )


def _raw_slices(by_way: Iterable[Row]) -> tuple[Slice, ...]:
    edges: dict[int, list[int]] = {}
    for row in by_way:
        if row[SOURCE_PARTITION] is not None and row["first_source"] is not None:
            edges.setdefault(row[SOURCE_PARTITION], []).extend((row["first_source"], row["last_source"]))
    return tuple(
        Slice(partition=partition, start=min(offsets), end=max(offsets) + 1)
        for partition, offsets in sorted(edges.items())
    )


def _days(known: DataFrame, listed: Sequence[Station]) -> tuple[StationDay, ...]:
    largest = sorted(listed, key=lambda one: (-one.records, one.station))[:_NAMED_IN_DAYS]
    named, measure = F.substring("station", 1, LONGEST), finite("daily")
    rows = (
        known.where(F.col("observed_at").isNotNull())
        .groupBy(
            F.when(named.isin([one.station for one in largest]), named).alias("station"),
            F.to_date("observed_at").alias("day"),
        )
        .agg(
            F.count("*").alias("records"),
            F.size(F.collect_set(F.hour("observed_at"))).alias("hours"),
            F.min(measure).alias("lowest"),
            F.avg(measure).alias("mean"),
            F.max(measure).alias("highest"),
        )
        .collect()
    )
    days = [StationDay(**row.asDict()) for row in rows]
    return tuple(sorted(days, key=lambda one: (one.day, one.station is None, one.station or ""))[-DAYS:])
