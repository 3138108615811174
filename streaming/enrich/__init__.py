"""Every field of the final contract that a raw record leads to, one row each.

Expressions are Spark SQL. Those of `METRIC` see the raw record as `record`; those of `DERIVED` see the metric
fields by their final names, and those of `SUN`. Adding an enrichment is adding a row.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.model import JsonSchema
from streaming.enrich.comfort import apparent_temperature, heat_index, wind_chill
from streaming.enrich.daylight import is_day
from streaming.enrich.humidity import dew_point
from streaming.enrich.units import celsius, metres_per_second
from streaming.enrich.wind import beaufort, compass

__all__ = ["DERIVED", "METRIC", "enrich", "passing"]

METRIC: Mapping[str, str] = {
    "source": "record.source",
    "replay": "record.replay",
    "correction": "record.correction",
    "station": "record.station",
    "observed_at": "record.observed_at",
    "received_at": "record.received_at",
    "name": "record.name",
    "country": "record.country",
    "latitude": "record.latitude",
    "longitude": "record.longitude",
    "condition": "get(record.conditions, 0).main",
    "condition_description": "get(record.conditions, 0).description",
    "temperature": celsius("temperature"),
    "feels_like": celsius("feels_like"),
    "humidity": "record.humidity",
    "pressure": "coalesce(record.sea_level_pressure, record.pressure)",
    "visibility": "record.visibility",
    "cloudiness": "record.cloudiness",
    "wind_speed": metres_per_second("wind_speed"),
    "wind_gust": metres_per_second("wind_gust"),
    "wind_direction": "record.wind_direction",
    "rain_1h": "record.rain.one_hour",
    "rain_3h": "record.rain.three_hours",
    "snow_1h": "record.snow.one_hour",
    "snow_3h": "record.snow.three_hours",
}
"""Final field to expression: what was observed, in metric units."""

SUN: Mapping[str, str] = {"sunrise_at": "record.sunrise_at", "sunset_at": "record.sunset_at"}
"""What `DERIVED` needs besides, and is not published."""

DERIVED: Mapping[str, str] = {
    "dew_point": dew_point(),
    "apparent_temperature": apparent_temperature(),
    "heat_index": heat_index(),
    "wind_chill": wind_chill(),
    "beaufort": beaufort(),
    "wind_compass": compass(),
    "is_day": is_day(),
}
"""Final field to expression: what follows from the metric fields."""


def passing(raw: JsonSchema, final: JsonSchema) -> Mapping[str, str]:
    """Final fields that need no row here: the raw record has them by the same name, type and unit."""
    told = {field["name"]: field for field in raw["fields"]}
    return {
        field["name"]: f"record.{field['name']}"
        for field in final["fields"]
        if field["name"] not in METRIC.keys() | DERIVED.keys()
        and (same := told.get(field["name"]))
        and (same["type"], same.get("unit")) == (field["type"], field.get("unit"))
    }


def enrich(records: DataFrame, passed: Mapping[str, str] | None = None) -> DataFrame:
    """Put the fields of `METRIC`, `DERIVED` and `passed` in the place of the column `record` of `records`."""
    # Each step copies the whole row: the record itself, the largest part of it, goes no further than needed.
    others = [name for name in records.columns if name != "record"]
    metric = {**METRIC, **SUN, **(passed or {})}
    records = records.select(*others, *(F.expr(sql).alias(field) for field, sql in metric.items()))
    return records.select("*", *(F.expr(sql).alias(field) for field, sql in DERIVED.items()))
