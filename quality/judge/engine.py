"""Great Expectations' engine for Spark, with less to wait for, and with what our own expectations look at.

Great Expectations bundles what it counts of single columns into one job. Every other metric has a job of its
own: here those run beside each other, and those whose result nobody looks at do not run.
Importing this takes seconds: it is imported only when a suite is run.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from great_expectations.datasource.fluent.spark_datasource import SparkDatasource
from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine

from contracts.records.topic_weather_quality import Validation

_AT_ONCE = 4
_VALUES = ".unexpected_values"
"""Metrics of values that break a rule: Great Expectations asks for them even where it shows none."""
_OWN_JOB = (".unexpected_count", ".filtered_row_count")
_BUNDLED = "column_values."


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a rule of the whole window rests on, besides its records."""

    portrait: Future[Validation]
    """The validation with the window's portrait, which may still be under way."""
    baseline: tuple[Validation, ...]
    """What drift is measured against."""
    ends_at: datetime
    """When the window ends."""
    arrived_before: datetime | None
    """When the newest record before the window reached the topic, where that is known."""


class CountingEngine(SparkDFExecutionEngine):
    """Takes counts only, and those that cannot be bundled at the same time."""

    facts: Facts

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[Any],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Resolve what is ready; there are no values, and no job looks for any."""
        resolved: dict[Any, Any] = {}
        together: list[Any] = []
        alone: list[Any] = []
        for one in metrics_to_resolve:
            if one.metric_name.endswith(_VALUES):
                resolved[one.id] = []
            else:
                (alone if _has_own_job(one.metric_name) else together).append(one)
        resolve = super().resolve_metrics
        parts = [*([one] for one in alone), together]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for part in pool.map(lambda part: resolve(part, metrics, runtime_configuration), parts):
                resolved.update(part)
        return resolved


class WindowDatasource(SparkDatasource):
    """A source of data frames that are judged by the `CountingEngine`."""

    execution_engine_override: ClassVar[type[SparkDFExecutionEngine]] = CountingEngine
    type: Literal["window"] = "window"  # type: ignore[assignment]


def _has_own_job(metric: str) -> bool:
    return metric.endswith(_OWN_JOB) and not metric.startswith(_BUNDLED)
