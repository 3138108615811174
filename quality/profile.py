"""What the report shows of a window beside the verdict: a few aggregates, so that no record leaves Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.model import JsonSchema
from quality.window import WRITER

MEASURES = ("temperature", "dew_point", "humidity", "pressure", "wind_speed", "visibility")
"""Fields whose distribution is shown, where the contract has them."""

BINS = 40

_PLACE = ("station", "observed_at")
_RAW_WRITER = "writer_schema_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDay:
    """One station on one day, UTC. `hours` counts the hours of the day that have a record."""

    station: str
    day: date
    rows: int
    hours: int
    last: datetime
    lowest: float | None
    """Lowest, mean and highest temperature, °C."""
    mean: float | None
    highest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The distribution of one field: `bins` equal steps from `low` to `high`."""

    name: str
    unit: str
    doc: str
    present: int
    missing: int
    low: float
    mean: float
    high: float
    bins: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """All that is shown of one window. Versions are registry ids with the number of their records."""

    days: tuple[StationDay, ...] = ()
    measures: tuple[Measure, ...] = ()
    versions: Mapping[int, int]
    raw_versions: Mapping[int, int]


def profile(rows: DataFrame, schema: JsonSchema) -> Profile:
    """Aggregate `rows`, records of `schema`; what the schema lacks is left out."""
    fields = {field["name"]: field for field in schema["fields"]}
    raw = F.col(_RAW_WRITER) if _RAW_WRITER in fields else F.lit(None).cast("int")
    return Profile(
        days=_days(rows) if set(_PLACE) <= set(fields) else (),
        measures=_measures(rows, {name: fields[name] for name in MEASURES if name in fields}),
        versions=_counts(rows.groupBy(WRITER)),
        raw_versions=_counts(rows.groupBy(raw.alias(_RAW_WRITER))),
    )


def _counts(grouped: object) -> dict[int, int]:
    found = grouped.count().collect()  # type: ignore[attr-defined]
    return dict(sorted((int(row[0]), int(row[1])) for row in found if row[0] is not None))


def _days(rows: DataFrame) -> tuple[StationDay, ...]:
    temperature = F.col("temperature") if "temperature" in rows.columns else F.lit(None).cast("double")
    found = (
        rows.groupBy("station", F.to_date("observed_at").alias("day"))
        .agg(
            F.count("*").alias("rows"),
            F.size(F.collect_set(F.hour("observed_at"))).alias("hours"),
            F.max("observed_at").alias("last"),
            F.min(temperature).alias("lowest"),
            F.avg(temperature).alias("mean"),
            F.max(temperature).alias("highest"),
        )
        .orderBy("station", "day")
        .collect()
    )
    return tuple(StationDay(**row.asDict()) for row in found)


def _measures(rows: DataFrame, fields: Mapping[str, JsonSchema]) -> tuple[Measure, ...]:
    if not fields:
        return ()
    finite = {name: F.when(~F.isnan(name) & (F.abs(name) < float("inf")), F.col(name)) for name in fields}
    edges = rows.agg(
        F.count("*").alias("rows"),
        *(
            function(value).alias(f"{name}.{label}")
            for name, value in finite.items()
            for label, function in (("low", F.min), ("high", F.max), ("mean", F.avg), ("present", F.count))
        ),
    ).collect()[0]
    shown = [name for name in fields if edges[f"{name}.present"]]
    binned = F.array(
        *(
            F.struct(F.lit(name).alias("name"), _bin(finite[name], edges, name).alias("bin"))
            for name in shown
        )
    )
    counted = (
        rows.select(F.explode(binned).alias("at")).groupBy("at.name", "at.bin").count().collect() if shown else []
    )
    counts = {(row[0], row[1]): row[2] for row in counted}
    return tuple(
        Measure(
            name=name,
            unit=str(fields[name].get("unit", "")),
            doc=str(fields[name].get("doc", "")),
            present=edges[f"{name}.present"],
            missing=edges["rows"] - edges[f"{name}.present"],
            low=edges[f"{name}.low"],
            mean=edges[f"{name}.mean"],
            high=edges[f"{name}.high"],
            bins=tuple(counts.get((name, place), 0) for place in range(BINS)),
        )
        for name in shown
    )


def _bin(value: F.Column, edges: Row, name: str) -> F.Column:  # type: ignore[name-defined]
    low, high = edges[f"{name}.low"], edges[f"{name}.high"]
    width = (high - low) / BINS or 1.0
    return F.least(F.floor((value - F.lit(low)) / F.lit(width)), F.lit(BINS - 1)).cast("int")
