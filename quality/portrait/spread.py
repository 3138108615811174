"""How the values of each portrayed field are spread: counts in bins whose width never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.folder.model import JsonSchema
from contracts.records.topic_weather_quality import Bin, Distribution

OUTERMOST = 1200
"""Number of the last bin on either side, which takes what lies beyond."""

_LARGEST = 1e300
_Counted = tuple[int, int, float, float, float]
"""Number of a bin, its records, and the lowest, the sum and the highest of their values."""


def finite(name: str) -> Column:
    """The field's value; null where it is no finite number, or so large that a sum of them would not be."""
    return F.when(~F.isnan(name) & (F.abs(name) < _LARGEST), F.col(name))


def distributions(
    rows: DataFrame, fields: Mapping[str, JsonSchema], widths: Mapping[str, float]
) -> tuple[Distribution, ...]:
    """The distribution of each of `fields` that has a width and a value in `rows`; one pass over them."""
    measures = [name for name in widths if name in fields]
    if not measures:
        return ()
    values = F.array(
        *(
            F.struct(
                F.lit(name).alias("field"),
                _bin(name, widths[name]).alias("at"),
                finite(name).alias("value"),
            )
            for name in measures
        )
    )
    found = (
        rows.select(F.inline(values))
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
        _distribution(fields[name], widths[name], sorted(counted[name]), missing[name])
        for name in measures
        if counted[name]
    )


def _distribution(field: JsonSchema, width: float, bins: Sequence[_Counted], missing: int) -> Distribution:
    present = sum(records for _, records, *_ in bins)
    return Distribution(
        field=field["name"],
        unit=str(field.get("unit", "")),
        doc=str(field.get("doc", "")),
        present=present,
        missing=missing,
        low=min(low for _, _, low, _, _ in bins),
        mean=sum(total for _, _, _, total, _ in bins) / present,
        high=max(high for *_, high in bins),
        step=width,
        bins=tuple(Bin(at=at, records=records) for at, records, *_ in bins),
    )


def _bin(name: str, width: float) -> Column:
    number = F.floor(finite(name) / F.lit(width))
    # `least` and `greatest` pass over a null, which would count what is missing.
    inner = F.greatest(F.lit(-OUTERMOST), F.least(F.lit(OUTERMOST), number))
    return F.when(number.isNotNull(), inner).cast("int")
