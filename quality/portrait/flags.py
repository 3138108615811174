"""Counts of the quality flags that records carry for each variable, in QARTOD's numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pyspark.sql import Column, Row
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.checks.qartod import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from contracts.records.topic_weather_quality import VariableFlags

OVERALL = "overall"
"""The variable of the flag that is the worst of all."""

NUMBERS = {
    "good": GOOD,
    "not_evaluated": NOT_EVALUATED,
    "suspect": SUSPECT,
    "fail": FAIL,
    "missing": MISSING,
}
"""QARTOD's number of each count of `VariableFlags`."""

_PREFIX = "qc_"


def variable(flag: str) -> str:
    """The variable that the field `flag` tells of."""
    return flag.removeprefix(_PREFIX) if flag.startswith(_PREFIX) else OVERALL


def counted(flags: Iterable[str]) -> list[Column]:
    """An aggregate for each of the fields `flags` and each number: how many rows hold it."""
    return [
        F.count_if(F.col(flag) == number).alias(_count(flag, name))
        for flag in flags
        for name, number in NUMBERS.items()
    ]


def variables(rows: Collection[Row], flags: Iterable[str]) -> tuple[VariableFlags, ...]:
    """The counts of all `rows`, which have the columns `counted`; without the variables that have none."""
    found = (
        VariableFlags(
            name=variable(flag),
            **{name: sum(row[_count(flag, name)] for row in rows) for name in NUMBERS},
        )
        for flag in flags
    )
    return tuple(one for one in found if any(getattr(one, name) for name in NUMBERS))


def worth_a_look(found: Iterable[VariableFlags]) -> tuple[VariableFlags, ...]:
    """Those that have a suspect, failed or missing value."""
    return tuple(one for one in found if one.suspect or one.fail or one.missing)


def _count(flag: str, name: str) -> str:
    return f"{flag}.{name}"
