"""The rules as a Great Expectations suite: what `gx.ExpectationSuite(**suite)` takes, in GX 1."""

from __future__ import annotations

from typing import Any

from contracts.checks.rules import CHECKS, expectation
from contracts.folder.model import Contract


def suite(contract: Contract) -> dict[str, Any]:
    """The suite of a contract, one expectation for each rule; `meta` says which rule it is, and why.

    Rules for which Great Expectations has none of its own are left out, and named in the suite's `meta`.
    """
    return {
        "name": contract.topic,
        "expectations": [
            {
                "type": kind,
                "kwargs": arguments,
                "meta": {"rule": rule.id, "severity": rule.severity.value, "why": rule.why},
            }
            for rule in contract.rules
            if CHECKS[rule.check].exported
            for kind, arguments in [expectation(rule)]
        ],
        "meta": {
            "owner": contract.owner,
            "contract_version": contract.newest.number,
            "left_out": [rule.id for rule in contract.rules if not CHECKS[rule.check].exported],
        },
    }
