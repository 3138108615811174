"""Great Expectations' part: the contract's rules as a suite, and its verdict on a Spark DataFrame.

Importing it takes seconds; so this module imports it only when a suite is run.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame

from contracts.checks.rules import Expectation, definition
from contracts.errors import PlatformError, UnusableSetting
from contracts.folder.model import Contract, Rule
from contracts.process.times import milliseconds
from contracts.records.topic_weather_quality import RuleResult, Severity, Validation
from quality.judge.published import expectation, fields_of, is_predicate, measure_of, predicate
from quality.portrait.take import Due, Portrayal

# Counts only: no value of a record leaves Spark this way, and Spark does not collect any.
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


class RuleNotJudged(PlatformError):
    """Great Expectations could not evaluate a rule."""


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
        if rule.check == "drift" and rule.parameters["field"] not in contract.portrayed:
            raise UnusableSetting(
                f"rule {rule.id} of {contract.topic} judges the drift of {rule.parameters['field']}, whose "
                f"spread is not taken: add it to `portrayed` in contracts/{contract.topic}/contract.yaml."
            )
    if sum(rule.check == "completeness" for rule in contract.rules) > 1:
        raise UnusableSetting(
            f"{contract.topic} has two rules of completeness, and observations are due at one pace only: "
            f"keep one of them in contracts/{contract.topic}/contract.yaml."
        )


def due(contract: Contract) -> Due | None:
    """When observations are due by the contract's rule of completeness, where it has one."""
    rule = next((rule for rule in contract.rules if rule.check == "completeness"), None)
    if rule is None:
        return None
    return Due(at=rule.parameters["field"], every=milliseconds(rule.parameters["every"]) / 1000)


def preload() -> None:
    """Begin to import Great Expectations while something else is waited for."""
    threading.Thread(target=version, name="great-expectations", daemon=True).start()


def version() -> str:
    """Version of Great Expectations."""
    import great_expectations as gx  # noqa: PLC0415 - slow to import

    return str(gx.__version__)


def run(
    contract: Contract,
    rows: DataFrame,
    found: Validation,
    *,
    portrayal: Portrayal,
    ends_at: datetime,
    arrived_before: datetime | None = None,
) -> Validation:
    """`found`, which says how many `rows` there are, with their portrait and what each rule finds in them.

    The window ends at `ends_at`; `arrived_before` is when the newest record before it reached the topic,
    where that is known. Cache `rows` first: Great Expectations walks them several times.

    Raises `RuleNotJudged`.
    """
    import great_expectations as gx  # noqa: PLC0415 - slow to import
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415
    from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415
        ExpectationConfiguration,
    )

    from quality.judge import expectations  # noqa: F401, PLC0415 - slow to import; registers our own
    from quality.judge.engine import Facts  # noqa: PLC0415 - slow to import

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    configurations = [
        ExpectationConfiguration(type=kind, kwargs=arguments, meta={"rule": rule.id})
        for rule in contract.rules
        for kind, arguments in [_asked(rule)]
    ]
    # Given at once: one that is added replaces another of its type for the same column.
    suite = gx.ExpectationSuite(name=contract.topic, expectations=configurations)
    # With persist, each batch would leave a cached copy behind.
    source = context.data_sources.add_window("window", persist=False)
    asset = source.add_dataframe_asset("records").add_batch_definition_whole_dataframe("window")
    batch = asset.get_batch(batch_parameters={"dataframe": rows})
    with ThreadPoolExecutor(1) as beside:
        portrait = beside.submit(portrayal.take, rows, found)
        source.get_execution_engine().facts = Facts(
            portrait=portrait,
            baseline=portrayal.baseline,
            ends_at=ends_at,
            arrived_before=arrived_before,
        )
        judged = batch.validate(suite, result_format=_RESULT_FORMAT)
    results = {str(one.expectation_config.meta["rule"]): one for one in judged.results}
    # A suite drops what it cannot take, and tells its log alone.
    if left_out := [rule.id for rule in contract.rules if rule.id not in results]:
        raise RuleNotJudged(
            f"{', '.join(left_out)} of {contract.topic} could not be judged: correct the rule."
        )
    rules = tuple(_result(rule, contract, results[rule.id]) for rule in contract.rules)
    return replace(portrait.result(), rules=rules)


def _asked(rule: Rule) -> Expectation:
    """What Great Expectations is asked about the window.

    A query of theirs would have a job for each rule; our expectation is counted in one job with the others.
    """
    if is_predicate(rule):
        return "expect_column_values_to_keep_rule", {"column": measure_of(rule), "kept": predicate(rule)}
    return _completed(expectation(rule))


def _completed(given: Expectation) -> Expectation:
    """A range that is open above is closed at infinity, which lets every number through and no NaN.

    It is done here because JSON, in which suites are exported, has no infinity.
    """
    kind, arguments = given
    if kind == "expect_column_values_to_be_between" and arguments["max_value"] is None:
        return kind, {**arguments, "max_value": math.inf}
    return given


def _result(rule: Rule, contract: Contract, result: Any) -> RuleResult:
    details: Mapping[str, Any] = result.result
    if result.exception_info.get("raised_exception") or not details:
        reason = str(result.exception_info.get("exception_message") or "no reason given").splitlines()[0]
        raise RuleNotJudged(f"rule {rule.id} could not be judged: {reason}")
    return RuleResult(
        id=rule.id,
        check=rule.check,
        severity=Severity[rule.severity.name],
        kept=bool(result.success),
        definition=definition(rule, contract.newest.schema),
        why=rule.why,
        owner=contract.owner,
        **_counts(bool(result.success), details),
    )


def _counts(success: bool, details: Mapping[str, Any]) -> dict[str, Any]:
    """What Great Expectations counted, by the names of `RuleResult`."""
    if "unexpected_count" in details:
        return {
            "evaluated": int(details["element_count"]) - int(details.get("missing_count") or 0),
            # Without a row there is no count.
            "failed": int(details["unexpected_count"] or 0),
        }
    # A rule of the whole window: one of ours, which says the rest itself, or a number of rows.
    whole = {"evaluated": int(details.get("judged", True)), "failed": int(not success), "unit": "1"}
    if "limit" in details:
        return {**whole, **details}
    return {**whole, "observed": float(details["observed_value"])}
