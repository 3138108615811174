"""Great Expectations' part: the contract's rules as a suite, and its verdict on a Spark DataFrame.

Importing it takes seconds; so this module imports it only when a suite is run.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame

from contracts.errors import PlatformError, UnusableSetting
from contracts.model import Contract, Rule
from contracts.rules import Expectation, expectation, fields_of
from contracts.times import milliseconds
from quality.bins import STEPS
from quality.measure import Due, Taker
from quality.portrait import Portrait

# Counts only: no value of a record leaves Spark this way, and Spark does not collect any.
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
_KNOWN = {
    "freshness": ("seen", "ends_at", "arrived_before"),
    "completeness": ("seen",),
    "drift": ("seen",),
}
"""Checks whose expectation also takes what only the judging knows."""
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
    limit: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the suite found, by rule id, and the window's portrait, which some of the rules rest on."""

    counts: Mapping[str, Count]
    portrait: Portrait


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
        if rule.check == "drift" and rule.parameters["field"] not in STEPS:
            raise UnusableSetting(
                f"rule {rule.id} of {contract.topic} judges the drift of {rule.parameters['field']}, whose "
                f"spread is not taken: name one of {', '.join(STEPS)}."
            )
    if sum(rule.check == "completeness" for rule in contract.rules) > 1:
        raise UnusableSetting(
            f"{contract.topic} has two rules of completeness, and observations are due at one pace only: "
            f"keep one of them in contracts/{contract.topic}/contract.yaml."
        )


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
    *,
    count: int,
    taker: Taker,
    ends_at: datetime,
    arrived_before: datetime | None = None,
) -> Found:
    """Judge `rows`, of which there are `count`, by every rule of `contract`; their window ends at `ends_at`.

    `arrived_before` is when the newest record before them reached the topic, where that is known.
    Cache `rows` first: Great Expectations walks them several times. Raises `RuleNotJudged`.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx  # noqa: PLC0415 - slow to import
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415
    from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415
        ExpectationConfiguration,
    )

    from quality.engine import CountingEngine  # noqa: PLC0415 - slow to import
    from quality.expectations import SEEN, Seen  # noqa: PLC0415 - slow to import

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    known = {
        "seen": contract.topic,
        "ends_at": ends_at.isoformat(),
        "arrived_before": arrived_before.isoformat() if arrived_before else None,
    }
    completed = [(rule, *_completed(rule, known)) for rule in contract.rules]
    expectations = [
        ExpectationConfiguration(type=kind, kwargs=arguments, meta={"rule": rule.id})
        for rule, kind, arguments in completed
    ]
    # Given at once: one that is added replaces another of its type for the same column.
    suite = gx.ExpectationSuite(name=contract.topic, expectations=expectations)
    # With persist, each batch would leave a cached copy behind.
    source = context.data_sources.add_spark("window", persist=False)
    type(source).execution_engine_override = CountingEngine
    batch_definition = source.add_dataframe_asset("records").add_batch_definition_whole_dataframe("window")
    batch = batch_definition.get_batch(batch_parameters={"dataframe": rows})
    with ThreadPoolExecutor(1) as beside:
        seen = Seen(portrait=beside.submit(taker.take, rows), baseline=taker.baseline)
        SEEN[contract.topic] = seen
        try:
            found = batch.validate(suite, result_format=_RESULT_FORMAT)
        finally:
            del SEEN[contract.topic]
    rules = {rule.id: rule for rule in contract.rules}
    judged = ((rules[_rule_id(result)], result) for result in found.results)
    counts = {rule.id: _count(rule, result, count) for rule, result in judged}
    # A suite drops what it cannot take, and tells its log alone.
    if left_out := [rule.id for rule in contract.rules if rule.id not in counts]:
        raise RuleNotJudged(
            f"{', '.join(left_out)} of {contract.topic} could not be judged: correct the rule."
        )
    return Found(counts=counts, portrait=seen.portrait.result())


def _completed(rule: Rule, known: Mapping[str, Any]) -> Expectation:
    """The rule's expectation, with what only the judging knows.

    A range that is open above is closed at infinity, which lets every number through and no NaN. It is done
    here because JSON, in which suites are exported, has no infinity.
    """
    kind, arguments = expectation(rule)
    if kind == "expect_column_values_to_be_between" and arguments["max_value"] is None:
        return kind, {**arguments, "max_value": math.inf}
    return kind, {**arguments, **{name: known[name] for name in _KNOWN.get(rule.check, ())}}


def _rule_id(result: Any) -> str:
    return str(result.expectation_config.meta["rule"])


def _count(rule: Rule, result: Any, rows: int) -> Count:
    details: Mapping[str, Any] = result.result
    if result.exception_info.get("raised_exception") or not details:
        reason = str(result.exception_info.get("exception_message") or "no reason given").splitlines()[0]
        raise RuleNotJudged(f"rule {rule.id} could not be judged: {reason}")
    if result.expectation_config.type == _QUERY:
        return Count(kept=bool(result.success), evaluated=rows, failed=int(details["observed_value"]))
    if "unexpected_count" not in details:
        return _of_window(bool(result.success), details)
    return Count(
        kept=bool(result.success),
        evaluated=int(details["element_count"]) - int(details.get("missing_count") or 0),
        # Without a row there is no count.
        failed=int(details["unexpected_count"] or 0),
    )


def _of_window(success: bool, details: Mapping[str, Any]) -> Count:
    """What a rule of the whole window found; it may say that it could not be judged."""
    judged = bool(details.get("judged", True))
    observed, limit = details.get("observed_value"), details.get("limit")
    return Count(
        kept=success and judged,
        evaluated=int(details.get("evaluated", judged)),
        failed=int(details.get("failed", not success)),
        judged=judged,
        observed=None if observed is None else float(observed),
        unit=str(details.get("unit", "1")),
        limit=None if limit is None else float(limit),
        note=str(details.get("note", "")),
    )


def due(contract: Contract) -> Due | None:
    """When observations are due by the contract's rule of completeness, where it has one."""
    rule = next((rule for rule in contract.rules if rule.check == "completeness"), None)
    if rule is None:
        return None
    return Due(at=rule.parameters["field"], every=milliseconds(rule.parameters["every"]) / 1000)
