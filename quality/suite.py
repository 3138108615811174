"""Great Expectations' part: the contract's rules as a suite, and its verdict on a Spark DataFrame.

Importing it takes seconds; so this module imports it only when a suite is run.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from contracts.errors import PlatformError, UnusableSetting
from contracts.model import Contract, Rule
from contracts.rules import Expectation, expectation, fields_of

# Counts only: no value of a record leaves Spark this way, and Spark does not collect any.
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
_QUERY = "unexpected_rows_expectation"
"""The expectation whose observed value is how many rows its query finds."""


class RuleNotJudged(PlatformError):
    """Great Expectations could not evaluate a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What the suite found for one rule."""

    kept: bool
    evaluated: int
    failed: int
    judged: bool = True
    observed: float | None = None
    unit: str = ""
    note: str = ""


def check_rules(contract: Contract) -> None:
    """Refuse rules that cannot be judged; raises `UnusableSetting`, naming the rule."""
    if not contract.rules:
        raise UnusableSetting(
            f"the contract of {contract.topic} has no rules, so there is nothing to validate: "
            f"add some to contracts/{contract.topic}/contract.yaml."
        )
    fields = {field["name"] for field in contract.newest.schema["fields"]}
    for rule in contract.rules:
        if gone := sorted(set(fields_of(rule)) - fields):
            raise UnusableSetting(
                f"rule {rule.id} of {contract.topic} looks at {', '.join(gone)}, which version "
                f"{contract.newest.number} does not have: correct contracts/{contract.topic}/contract.yaml."
            )


def preload() -> None:
    """Begin to import Great Expectations while something else is waited for."""
    threading.Thread(target=version, name="great-expectations", daemon=True).start()


def version() -> str:
    """Version of Great Expectations."""
    import great_expectations as gx  # noqa: PLC0415 - slow to import

    return str(gx.__version__)


def run(contract: Contract, rows: DataFrame) -> dict[str, Count]:
    """Judge `rows` by every rule of `contract`; what was found, by rule id.

    Cache `rows` first: Great Expectations walks them several times. Raises `RuleNotJudged`.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx  # noqa: PLC0415 - slow to import
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415
    from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415
        ExpectationConfiguration,
    )

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    suite = gx.ExpectationSuite(name=contract.topic)
    for rule in contract.rules:
        kind, arguments = _closed(*expectation(rule))
        suite.add_expectation_configuration(
            ExpectationConfiguration(type=kind, kwargs=arguments, meta={"rule": rule.id})
        )
    # With persist, each batch would leave a cached copy behind.
    source = context.data_sources.add_spark("window", persist=False)
    batch_definition = source.add_dataframe_asset("records").add_batch_definition_whole_dataframe("window")
    batch = batch_definition.get_batch(batch_parameters={"dataframe": rows})
    found = batch.validate(suite, result_format=_RESULT_FORMAT)
    rules = {rule.id: rule for rule in contract.rules}
    judged = ((rules[_rule_id(result)], result) for result in found.results)
    return {rule.id: _count(rule, result, rows) for rule, result in judged}


def _closed(kind: str, arguments: dict[str, Any]) -> Expectation:
    """Close a range that is open above at infinity, which lets every number through and no NaN.

    It is done here because JSON, in which suites are exported, has no infinity.
    """
    if kind == "expect_column_values_to_be_between" and arguments["max_value"] is None:
        return kind, {**arguments, "max_value": math.inf}
    return kind, arguments


def _rule_id(result: Any) -> str:
    return str(result.expectation_config.meta["rule"])


def _count(rule: Rule, result: Any, rows: DataFrame) -> Count:
    details: Mapping[str, Any] = result.result
    if result.exception_info.get("raised_exception") or not details:
        reason = str(result.exception_info.get("exception_message") or "no reason given").splitlines()[0]
        raise RuleNotJudged(f"rule {rule.id} could not be judged: {reason}")
    if result.expectation_config.type == _QUERY:
        return Count(kept=bool(result.success), evaluated=rows.count(), failed=int(details["observed_value"]))
    if "unexpected_count" not in details:
        observed = float(details["observed_value"])
        return Count(
            kept=bool(result.success),
            evaluated=1,
            failed=int(not result.success),
            observed=observed,
            unit="1",
        )
    return Count(
        kept=bool(result.success),
        evaluated=int(details["element_count"]) - int(details.get("missing_count") or 0),
        # Without a row there is no count.
        failed=int(details["unexpected_count"] or 0),
    )
