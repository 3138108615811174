from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.errors import UnusableSetting
from contracts.folder.model import Rule, Severity
from contracts.folder.read import load_contracts
from quality.judge import published
from quality.judge.suite import check_rules


def test_a_rule_for_a_field_that_is_gone_is_named() -> None:
    contract = load_contracts()["topic-weather-final"]
    rule = Rule(
        id="ozone-there", check="not_null", severity=Severity.INFO, why="-", parameters={"field": "ozone"}
    )
    with pytest.raises(UnusableSetting, match=r"rule ozone-there .* looks at ozone"):
        check_rules(replace(contract, rules=(*contract.rules, rule)))


def test_a_rule_on_a_value_needs_the_flags_that_tell_of_it() -> None:
    contract = load_contracts()["topic-weather-final"]
    newest = contract.newest
    fields = [field for field in newest.schema["fields"] if field["name"] != "flags"]
    flagless = replace(newest, schema={**newest.schema, "fields": fields})
    with pytest.raises(UnusableSetting, match=r"rule [a-z-]+-possible .* looks at flags"):
        check_rules(replace(contract, versions=(flagless,)))


def test_a_rule_on_a_value_is_judged_by_flags_and_no_other_rule_is() -> None:
    for rule in load_contracts()["topic-weather-final"].rules:
        by_flags = (
            "unexpected_rows_expectation",
            {
                "unexpected_rows_query": "SELECT 1 FROM {batch} WHERE NOT "
                f"(NOT coalesce(array_contains(`flags`, '{rule.id}'), false))"
            },
        )
        assert (published.expectation(rule) == by_flags) is (rule.severity is Severity.VALUE)


def test_a_contract_without_rules_is_refused_rather_than_passed() -> None:
    contract = replace(load_contracts()["topic-weather-final"], rules=())
    with pytest.raises(UnusableSetting, match="has no rules"):
        check_rules(contract)
