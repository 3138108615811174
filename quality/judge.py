"""One validation, from a window's offsets to its verdict."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone

from contracts.model import Contract
from quality import examples, suite
from quality.results import Coordinates, RuleResult, Validation, Window
from quality.window import Records


def judge(contract: Contract, window: Window, records: Records) -> Validation:
    """Judge the `records` of `window` by the rules of `contract`."""
    began = time.monotonic()
    counts = suite.run(contract, records.readable)
    broken = [rule for rule in contract.rules if counts[rule.id].failed]
    places = examples.find(records.readable, window.topic, broken)
    return Validation(
        id=str(uuid.uuid4()),
        validated_at=datetime.now(timezone.utc),
        window=window,
        contract_version=contract.newest.number,
        gx_version=suite.version(),
        rows=records.rows,
        unreadable=records.unreadable,
        unreadable_examples=records.unreadable_examples,
        rules=_results(contract, counts, places),
        seconds=time.monotonic() - began,
    )


def _results(
    contract: Contract, counts: Mapping[str, suite.Count], places: Mapping[str, tuple[Coordinates, ...]]
) -> tuple[RuleResult, ...]:
    return tuple(
        RuleResult(
            id=rule.id,
            check=rule.check,
            severity=rule.severity,
            kept=counts[rule.id].kept,
            evaluated=counts[rule.id].evaluated,
            failed=counts[rule.id].failed,
            examples=places.get(rule.id, ()),
        )
        for rule in contract.rules
    )
