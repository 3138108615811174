"""How rules read on published records: a value that breaks one of severity `value` is not in them any more.

The stream puts such a rule's id into the record's `flags`, by which alone the rule can be judged here.
"""

from __future__ import annotations

from contracts.checks import forms, rules
from contracts.checks.rules import Expectation, column, literal
from contracts.folder.model import Rule, Severity

FLAGS = "flags"


def fields_of(rule: Rule) -> tuple[str, ...]:
    """Names of the fields that `rule` looks at, whether here or in the stream."""
    found = rules.fields_of(rule)
    return (*found, FLAGS) if rule.severity is Severity.VALUE else found


def measure_of(rule: Rule) -> str:
    """The field without which `rule` asks for nothing of a record."""
    return FLAGS if rule.severity is Severity.VALUE else rules.fields_of(rule, judged=True)[0]


def is_predicate(rule: Rule) -> bool:
    """Whether Great Expectations has no expectation for `rule`, and its predicate is all there is."""
    return rule.severity is Severity.VALUE or rules.CHECKS[rule.check].expectation is None


def predicate(rule: Rule) -> str | None:
    """Spark SQL that is true where a published record keeps `rule`; None where only a window is judged."""
    if rule.severity is Severity.VALUE:
        return f"(NOT coalesce(array_contains({column(FLAGS)}, {literal(rule.id)}), false))"
    return rules.predicate(rule)


def expectation(rule: Rule) -> Expectation:
    """The rule as Great Expectations takes it on published records."""
    if rule.severity is Severity.VALUE and (kept := predicate(rule)) is not None:
        return forms.none_of_rows(kept)
    return rules.expectation(rule)
