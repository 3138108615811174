from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.errors import UnusableSetting
from contracts.folder.model import Rule, Severity
from contracts.folder.read import load_contracts
from quality.judge.suite import check_rules


def test_a_rule_for_a_field_that_is_gone_is_named() -> None:
    contract = load_contracts()["topic-weather-final"]
    rule = Rule(
        id="ozone-there", check="not_null", severity=Severity.INFO, why="-", parameters={"field": "ozone"}
    )
    with pytest.raises(UnusableSetting, match=r"rule ozone-there .* looks at ozone"):
        check_rules(replace(contract, rules=(*contract.rules, rule)))


def test_a_contract_without_rules_is_refused_rather_than_passed() -> None:
    contract = replace(load_contracts()["topic-weather-final"], rules=())
    with pytest.raises(UnusableSetting, match="has no rules"):
        check_rules(contract)
