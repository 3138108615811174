"""The enrichment of the product `air`: the Air Quality Index of the US EPA, and Europe's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streaming.record.enrich.table import Enrichment, Row

MOLAR_VOLUME = 24.45
"""Litres of a mole of gas at 25 °C and 1013.25 hPa, the EPA's reference conditions (40 CFR 50.3)."""
LARGEST = 1e6
"""µg/m³, a gram: nothing above it, below 0 or not a number has an index."""
INDICES = ((0, 50), (51, 100), (101, 150), (151, 200), (201, 300), (301, 500))
"""Lowest and highest index of each of the EPA's classes."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A pollutant's column of the EPA's breakpoints; a class begins one step above the former one's end."""

    step: float
    """µg/m³ of the last digit that the EPA keeps of a concentration; what is below it is cut off."""
    ends: tuple[int, ...]
    """The highest concentration of each class, in steps."""
    indices: tuple[tuple[int, int], ...] = INDICES

    def index(self, field: str) -> str:
        """Spark SQL for the index of a field in µg/m³; the line of the last class goes on beyond its end."""
        # What a binary fraction lacks to a step must not cost one.
        steps = f"floor(round({field} / {self.step!r}D, 6))"
        begins = (0, *(end + 1 for end in self.ends))
        classes, line = "", ""
        for (low, high), begin, end in zip(self.indices, begins, self.ends, strict=False):
            line = f"round({low} + ({steps} - {begin}) * {high - low} / {end - begin})"
            classes += f" WHEN {steps} <= {end} THEN {line}"
        return _where_possible(field, f"CAST(CASE{classes} ELSE {line} END AS INT)")


def _ppb(molar_weight: float) -> float:
    """µg/m³ of one part in 10⁹ of a gas whose molar weight is in g/mol."""
    return molar_weight / MOLAR_VOLUME


EPA: Mapping[str, Scale] = {
    "ozone": Scale(
        _ppb(47.998),
        # The table for 8 hours ends at 200; that for one hour gives less than it up to 404.
        (54, 70, 85, 105, 200, 404, 604),
        (*INDICES[:-1], (300, 300), INDICES[-1]),
    ),
    "pm2_5": Scale(0.1, (90, 354, 554, 1254, 2254, 3254)),
    "pm10": Scale(1.0, (54, 154, 254, 354, 424, 604)),
    "carbon_monoxide": Scale(100 * _ppb(28.010), (44, 94, 124, 154, 304, 504)),
    "sulphur_dioxide": Scale(_ppb(64.066), (35, 75, 185, 304, 604, 1004)),
    "nitrogen_dioxide": Scale(_ppb(46.006), (53, 100, 360, 649, 1249, 2049)),
}
"""Field to the EPA's breakpoints as of May 2024 (40 CFR 58, appendix G; EPA-454/B-24-002, table 6)."""

EUROPE: Mapping[str, tuple[int, ...]] = {
    "pm2_5": (5, 15, 50, 90, 140),
    "pm10": (15, 45, 120, 195, 270),
    "nitrogen_dioxide": (10, 25, 60, 100, 150),
    "ozone": (60, 100, 120, 160, 180),
    "sulphur_dioxide": (20, 40, 125, 190, 275),
}
"""Field to the highest µg/m³ of the levels 1 to 5; above them is level 6 (European Environment Agency,
European Air Quality Index, bands as revised in 2024: ETC HE report 2024/17)."""


def european_level(field: str, ends: Iterable[int]) -> str:
    """Spark SQL for the level of a field in µg/m³, rounded to whole ones, in which the bands are given."""
    levels = [f"WHEN round({field}) <= {end} THEN {level}" for level, end in enumerate(ends, 1)]
    return _where_possible(field, f"CASE {' '.join(levels)} ELSE {len(levels) + 1} END")


def _where_possible(field: str, index: str) -> str:
    return f"CASE WHEN {field} BETWEEN 0D AND {LARGEST}D THEN {index} END"


def _highest(prefix: str, fields: Iterable[str], authority: str) -> dict[str, Row]:
    """The highest of the fields' indices, and the first field that has it."""
    own = {field: f"{prefix}_{field}" for field in fields}
    highest = f"greatest({', '.join(own.values())})"
    names = " ".join(f"WHEN {index} = {highest} THEN '{field}'" for field, index in own.items())
    return {
        prefix: Row(highest, authority=authority),
        f"{prefix}_pollutant": Row(f"CASE {names} END", authority=authority),
    }


_DOMAIN = "from 0 to a gram a cubic metre"
_EPA, _EEA = "40 CFR 58, appendix G; EPA-454/B-24-002, table 6", "ETC HE report 2024/17"

AIR = Enrichment(
    observed={
        **{f"us_aqi_{name}": Row(one.index(f"record.{name}"), _DOMAIN, _EPA) for name, one in EPA.items()},
        **{
            f"european_aqi_{name}": Row(european_level(f"record.{name}", ends), _DOMAIN, _EEA)
            for name, ends in EUROPE.items()
        },
    },
    derived={**_highest("us_aqi", EPA, _EPA), **_highest("european_aqi", EUROPE, _EEA)},
)
