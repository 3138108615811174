"""Expectations that Great Expectations lacks: of any predicate, a feed's freshness, its stations, its drift.

The latter look at the window's `Facts`, which the engine holds: an expectation's own arguments must be plain
data. Importing this takes seconds: it is imported only when a suite is run.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.records.topic_weather_quality import Station
from quality.judge.engine import CountingEngine, Facts
from quality.portrait.drift import windows_with
from quality.portrait.stations import completeness

Finding = dict[str, Any]


class ColumnValuesKeepRule(ColumnMapMetricProvider):
    """Whether a row keeps a rule, by its predicate; counted in one job with the other rules of columns."""

    condition_metric_name = "column_values.keep_rule"
    condition_value_keys = ("kept",)

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(cls, column: Column, kept: str, **_: Any) -> Column:  # noqa: ARG002, N805 - they call it so
        return F.expr(kept)


class ExpectColumnValuesToKeepRule(ColumnMapExpectation):
    """Each row that has a value in the column fulfils `kept`, Spark SQL that is true where it does."""

    kept: str

    map_metric: ClassVar[str | None] = "column_values.keep_rule"
    success_keys: ClassVar[tuple[str, ...]] = ("kept", "mostly")


class _ExpectationOfFacts(BatchExpectation):
    """`_find` gives `success` and the finding by the names of `RuleResult`; `_limit` is what is allowed."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ()

    def _validate(self, *_: Any, execution_engine: Any = None, **__: Any) -> dict[str, Any]:
        engine: CountingEngine = execution_engine
        found = self._find(engine.facts)
        return {"success": found.pop("success"), "result": {"limit": self._limit(), **found}}

    def _find(self, facts: Facts) -> Finding:
        raise NotImplementedError

    def _limit(self) -> float:
        raise NotImplementedError


class ExpectFeedToBeFresh(_ExpectationOfFacts):
    """The newest record reached the topic at most `max_age` seconds before the window's end.

    In an empty window, that is the newest record before it, where one is known.
    """

    max_age: float

    success_keys: ClassVar[tuple[str, ...]] = ("max_age",)

    def _find(self, facts: Facts) -> Finding:
        last = facts.portrait.result().last_arrival_at or facts.arrived_before
        if last is None:
            return {"success": False, "unit": "s", "note": "Nothing arrived in the window."}
        age = max(0.0, (facts.ends_at - last).total_seconds())
        return {"success": age <= self.max_age, "observed": age, "unit": "s"}

    def _limit(self) -> float:
        return self.max_age


class ExpectStationsToBeComplete(_ExpectationOfFacts):
    """Every station with at least `min_due` due observations has `min_share` of them."""

    column: str
    every: float
    min_share: float
    min_due: int

    success_keys: ClassVar[tuple[str, ...]] = ("column", "every", "min_share", "min_due")

    def _find(self, facts: Facts) -> Finding:
        # The list is cut, but it begins with the least complete.
        judged = [one for one in facts.portrait.result().stations if (one.expected or 0) >= self.min_due]
        if not judged:
            return _not_judged(
                f"Not judged yet: no station has {self.min_due} times in the window at which one is due."
            )
        poor = [one for one in judged if completeness(one) < self.min_share]
        return {
            "success": not poor,
            "evaluated": len(judged),
            "failed": len(poor),
            "observed": completeness(judged[0]),
            "note": f"Least complete: {_in_words(judged[0])}.",
        }

    def _limit(self) -> float:
        return self.min_share


class ExpectColumnToBeSteady(_ExpectationOfFacts):
    """The population stability index of a column against the windows before is at most `max_psi`."""

    column: str
    max_psi: float
    min_windows: int
    min_records: int

    success_keys: ClassVar[tuple[str, ...]] = ("column", "max_psi", "min_windows", "min_records")

    def _find(self, facts: Facts) -> Finding:
        windows = windows_with(facts.baseline, self.column)
        if windows < self.min_windows:
            return _not_judged(f"Not judged yet: {windows} of {self.min_windows} earlier windows.")
        spreads = facts.portrait.result().distributions
        spread = next((one for one in spreads if one.field == self.column), None)
        if spread is None or spread.psi is None or spread.present < self.min_records:
            present = spread.present if spread else 0
            return _not_judged(f"Not judged: {present} of {self.min_records} values.")
        return {
            "success": spread.psi <= self.max_psi,
            "observed": spread.psi,
            "note": f"Against {windows} earlier windows.",
        }

    def _limit(self) -> float:
        return self.max_psi


def _not_judged(note: str) -> Finding:
    return {"success": True, "judged": False, "note": note}


def _in_words(station: Station) -> str:
    return f"{station.station}, {station.present} of {station.expected}"
