"""What a report says of the quality flags that records carry, by variable and by station."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contracts.records.topic_weather_quality import Station, VariableFlags
from quality.portrait.flags import OVERALL

WORDS: Mapping[str, str] = {
    "fail": "failed",
    "suspect": "suspect",
    "missing": "missing",
    "not_evaluated": "not evaluated",
    "good": "good",
}
"""Each count of `VariableFlags` in a word, the worst first."""

_WORST = ("fail", "suspect", "missing")


def counts(found: VariableFlags) -> dict[str, int]:
    """Records by flag, the worst first."""
    return {name: getattr(found, name) for name in WORDS}


def total(found: VariableFlags) -> int:
    """Records that carry a flag for the variable."""
    return sum(counts(found).values())


def together(found: Iterable[VariableFlags]) -> dict[str, int]:
    """Values by flag over all variables, of which `overall` is none."""
    own = [counts(one) for one in found if one.name != OVERALL]
    return {name: sum(one[name] for one in own) for name in WORDS}


def flagged_stations(stations: Iterable[Station]) -> list[Station]:
    """The stations that have suspect, failed or missing values, the most failed and then suspect first."""

    def place(station: Station) -> list[int]:
        values = together(station.variables)
        return [-values[name] for name in _WORST]

    return sorted((one for one in stations if one.variables), key=place)


def columns(stations: Iterable[Station]) -> list[str]:
    """The variables of which one of `stations` has flags, in order of their first."""
    return list(dict.fromkeys(one.name for station in stations for one in station.variables))


def bad(found: VariableFlags) -> list[str]:
    """The suspect, failed and missing values in words."""
    return [f"{getattr(found, name)} {WORDS[name]}" for name in _WORST if getattr(found, name)]
