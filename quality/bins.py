"""How the values of each measure are spread: counts in bins whose width is fixed for good.

Fixed widths let the bins of two windows be added and compared, long after their records are gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.model import JsonSchema
from quality.portrait import Bin, Distribution

STEPS: Mapping[str, float] = {
    "temperature": 1.0,
    "dew_point": 1.0,
    "humidity": 2.0,
    "pressure": 1.0,
    "visibility": 500.0,
    "cloudiness": 5.0,
    "wind_speed": 0.5,
    "wind_gust": 0.5,
    "wind_direction": 10.0,
    "rain_1h": 0.5,
}
"""Fields whose distribution is taken, with the width of a bin in the field's unit."""

_Counted = tuple[int, int, float, float, float]
"""Number of a bin, its records, and the lowest, the sum and the highest of their values."""

_LARGEST = 1e300
OUTERMOST = 1200
"""Number of the last bin on either side, which takes what lies beyond."""


def finite(name: str) -> Column:
    """The field's value; null where it is no finite number, or so large that a sum of them would not be."""
    return F.when(~F.isnan(name) & (F.abs(name) < _LARGEST), F.col(name))


def distributions(rows: DataFrame, fields: Mapping[str, JsonSchema]) -> tuple[Distribution, ...]:
    """The distribution of each measure among `fields` that has a value in `rows`; one pass over them."""
    measures = [name for name in STEPS if name in fields]
    if not measures:
        return ()
    spread = F.array(
        *(
            F.struct(F.lit(name).alias("field"), _bin(name).alias("at"), finite(name).alias("value"))
            for name in measures
        )
    )
    found = (
        rows.select(F.explode(spread).alias("one"))
        .select("one.*")
        .groupBy("field", "at")
        .agg(
            F.count("*").alias("records"),
            F.min("value").alias("low"),
            F.sum("value").alias("total"),
            F.max("value").alias("high"),
        )
        .collect()
    )
    counted: dict[str, list[_Counted]] = {name: [] for name in measures}
    missing = dict.fromkeys(measures, 0)
    for field, at, records, low, total, high in found:
        if at is None:
            missing[field] += records
        else:
            counted[field].append((at, records, low, total, high))
    return tuple(
        _distribution(name, fields[name], sorted(counted[name]), missing[name])
        for name in measures
        if counted[name]
    )


def _distribution(name: str, field: JsonSchema, bins: Sequence[_Counted], missing: int) -> Distribution:
    present = sum(records for _, records, *_ in bins)
    return Distribution(
        field=name,
        unit=str(field.get("unit", "")),
        doc=str(field.get("doc", "")),
        present=present,
        missing=missing,
        low=min(low for _, _, low, _, _ in bins),
        mean=sum(total for _, _, _, total, _ in bins) / present,
        high=max(high for *_, high in bins),
        step=STEPS[name],
        bins=tuple(Bin(at=at, records=records) for at, records, *_ in bins),
    )


def _bin(name: str) -> Column:
    place = F.floor(finite(name) / F.lit(STEPS[name]))
    # `least` and `greatest` pass over a null, which would count what is missing.
    inner = F.greatest(F.lit(-OUTERMOST), F.least(F.lit(OUTERMOST), place))
    return F.when(place.isNotNull(), inner).cast("int")
