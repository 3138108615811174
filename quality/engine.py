"""Great Expectations' engine for Spark, with less to wait for.

Great Expectations bundles what it counts of single columns into one job. Every other metric has a job of its
own: here those run beside each other, and those whose result nobody looks at do not run.
Importing this takes seconds: it is imported only when a suite is run.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine

_AT_ONCE = 4
_VALUES = (".unexpected_values", "unexpected_rows_query.table")
"""Metrics of values that break a rule: they are asked for even where none is to be told."""
_OWN_JOB = (".unexpected_count", ".filtered_row_count", "unexpected_rows_query.row_count")
_BUNDLED = "column_values."


class CountingEngine(SparkDFExecutionEngine):
    """Takes counts only, and those that cannot be bundled at the same time."""

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[Any],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Resolve what is ready; values are told to be none, and no job looks for them."""
        found: dict[Any, Any] = {}
        together: list[Any] = []
        alone: list[Any] = []
        for one in metrics_to_resolve:
            if one.metric_name.endswith(_VALUES):
                found[one.id] = []
            else:
                (alone if _has_own_job(one.metric_name) else together).append(one)
        resolve = super().resolve_metrics
        parts = [*([one] for one in alone), together]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for resolved in pool.map(lambda part: resolve(part, metrics, runtime_configuration), parts):
                found.update(resolved)
        return found


def _has_own_job(metric: str) -> bool:
    return metric.endswith(_OWN_JOB) and not metric.startswith(_BUNDLED)
