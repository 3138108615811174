"""What the report shows of a window beside the verdict: a few aggregates, so that no record leaves Spark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.model import JsonSchema
from quality.window import WRITER

MEASURES = ("temperature", "dew_point", "humidity", "pressure", "wind_speed", "visibility")
"""Fields whose distribution is shown, where the contract has them."""

BINS = 40

_PLACE = ("station", "observed_at")
_RAW_WRITER = "writer_schema_id"
_BY_DAY, _BY_WRITER, _BY_RAW_WRITER = ("station", "day"), (WRITER,), (_RAW_WRITER,)
_OVERALL: tuple[str, ...] = ()
_GROUPINGS: tuple[tuple[str, ...], ...] = (_BY_DAY, _BY_WRITER, _BY_RAW_WRITER, _OVERALL)
_SPAN = (("lowest", "low"), ("mean", "mean"), ("highest", "high"))


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
    """Aggregate `rows`, records of `schema`; what the schema lacks is left out.

    Two passes over `rows`: one for every total, one for the distributions, whose bins need the extremes.
    """
    fields = {field["name"]: field for field in schema["fields"]}
    placed = set(_PLACE) <= set(fields)
    measures = {name: fields[name] for name in MEASURES if name in fields}
    totals = _totals(rows, fields, measures)
    return Profile(
        days=_days(totals.get(_BY_DAY, ())) if placed else (),
        measures=_measures(rows, totals[_OVERALL][0], measures) if totals else (),
        versions=_versions(totals.get(_BY_WRITER, ()), WRITER),
        raw_versions=_versions(totals.get(_BY_RAW_WRITER, ()), _RAW_WRITER),
    )


def _totals(
    rows: DataFrame, fields: Mapping[str, JsonSchema], measures: Mapping[str, JsonSchema]
) -> Mapping[tuple[str, ...], Sequence[Row]]:
    """The totals of every grouping, by its keys."""
    absent = F.lit(None)
    keys = {
        "station": F.col("station") if "station" in fields else absent.cast("string"),
        "day": F.to_date("observed_at") if "observed_at" in fields else absent.cast("date"),
        WRITER: F.col(WRITER),
        _RAW_WRITER: F.col(_RAW_WRITER) if _RAW_WRITER in fields else absent.cast("int"),
    }
    moment = F.col("observed_at") if "observed_at" in fields else absent.cast("timestamp")
    values = {name: _finite(name).alias(name) for name in measures}
    found = (
        rows.select(
            *(key.alias(name) for name, key in keys.items()), moment.alias("observed_at"), *values.values()
        )
        .groupingSets(_GROUPINGS, *keys)
        .agg(
            F.grouping_id().alias("grouping"),
            F.count("*").alias("rows"),
            F.size(F.collect_set(F.hour("observed_at"))).alias("hours"),
            F.max("observed_at").alias("last"),
            *(
                function(name).alias(f"{name}.{label}")
                for name in measures
                for label, function in (
                    ("low", F.min),
                    ("mean", F.avg),
                    ("high", F.max),
                    ("present", F.count),
                )
            ),
        )
        .collect()
    )
    # The id has a bit for each key, the first the highest, that is set where the grouping lacks it.
    ids = {sum(1 << place for place, key in enumerate(reversed(keys)) if key not in g): g for g in _GROUPINGS}
    totals: dict[tuple[str, ...], list[Row]] = {}
    for row in found:
        totals.setdefault(ids[row["grouping"]], []).append(row)
    return totals


def _finite(name: str) -> Column:
    return F.when(~F.isnan(name) & (F.abs(name) < float("inf")), F.col(name))


def _versions(totals: Iterable[Row], key: str) -> dict[int, int]:
    return dict(sorted((row[key], row["rows"]) for row in totals if row[key] is not None))


def _days(totals: Iterable[Row]) -> tuple[StationDay, ...]:
    found = (
        StationDay(
            station=row["station"],
            day=row["day"],
            rows=row["rows"],
            hours=row["hours"],
            last=row["last"],
            **{name: row.asDict().get(f"temperature.{label}") for name, label in _SPAN},
        )
        for row in totals
    )
    return tuple(sorted(found, key=lambda each: (each.station, each.day)))


def _measures(rows: DataFrame, overall: Row, fields: Mapping[str, JsonSchema]) -> tuple[Measure, ...]:
    shown = [name for name in fields if overall[f"{name}.present"]]
    if not shown:
        return ()
    binned = F.array(
        *(F.struct(F.lit(name).alias("name"), _bin(overall, name).alias("bin")) for name in shown)
    )
    counted = rows.select(F.explode(binned).alias("at")).groupBy("at.name", "at.bin").count().collect()
    counts = {(row[0], row[1]): row[2] for row in counted}
    return tuple(
        Measure(
            name=name,
            unit=str(fields[name].get("unit", "")),
            doc=str(fields[name].get("doc", "")),
            present=overall[f"{name}.present"],
            missing=overall["rows"] - overall[f"{name}.present"],
            low=overall[f"{name}.low"],
            mean=overall[f"{name}.mean"],
            high=overall[f"{name}.high"],
            bins=tuple(counts.get((name, place), 0) for place in range(BINS)),
        )
        for name in shown
    )


def _bin(overall: Row, name: str) -> Column:
    low, high = overall[f"{name}.low"], overall[f"{name}.high"]
    width = (high - low) / BINS or 1.0
    place = F.floor((_finite(name) - F.lit(low)) / F.lit(width))
    # `least` passes over a null, which would count what is missing in the last bin.
    return F.when(place.isNotNull(), F.least(place, F.lit(BINS - 1))).cast("int")
