"""What a published record says of its own quality: a flag for each variable, and the worst of them.

The numbers are QARTOD's. The final contract says which fields are a variable's, and which rules judge them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from contracts.checks.qartod import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from contracts.checks.rules import column, fields_of, literal, predicate
from contracts.folder.model import Contract, Rule, Severity


def quality_flags(final: Contract) -> Mapping[str, str]:
    """Each flag of a final contract with the Spark SQL for it, over judged columns."""
    # Absence has a number of its own.
    rules = [rule for rule in final.rules if predicate(rule) is not None and rule.check != "not_null"]
    about = {
        flag: [rule for rule in rules if set(fields_of(rule, judged=True)) & set(fields)]
        for flag, fields in final.quality_flags.items()
    }
    measures = {flag: fields[0] for flag, fields in final.quality_flags.items() if fields}
    judged = {measure for flag, measure in measures.items() if about[flag]}
    every = [field["name"] for field in final.newest.schema["fields"]]
    worst = _flag(rules, every, _number(measures.values(), judged))
    own = {
        flag: _flag(about[flag], final.quality_flags[flag], _number([measure], judged))
        for flag, measure in measures.items()
    }
    return {flag: own.get(flag, worst) for flag in final.quality_flags}


def _number(measures: Iterable[str], judged: Collection[str]) -> str:
    """Spark SQL for the flag of what breaks no rule, by the measures that are there, `judged` or not."""
    there = {measure: f"{column(measure)} IS NOT NULL" for measure in measures}
    good = " OR ".join(sql for measure, sql in there.items() if measure in judged) or "false"
    not_evaluated = " OR ".join(sql for measure, sql in there.items() if measure not in judged) or "false"
    return f"CASE WHEN {good} THEN {GOOD} WHEN {not_evaluated} THEN {NOT_EVALUATED} ELSE {MISSING} END"


def _flag(rules: Iterable[Rule], fields: Sequence[str], unbroken: str) -> str:
    """Spark SQL for a flag by QARTOD's precedence: fail, suspect, and what it is `unbroken`."""
    flagging = [rule for rule in rules if rule.severity in {Severity.VALUE, Severity.WARNING}]
    failed = [rule.id for rule in flagging if rule.spares in fields and rule.instead is None]
    suspect = [rule.id for rule in flagging if rule.id not in failed]
    broken = _where_broken(failed, FAIL) + _where_broken(suspect, SUSPECT)
    # The usual record breaks no rule.
    return f"CASE WHEN size(flags) = 0 THEN {unbroken}{broken} ELSE {unbroken} END"


def _where_broken(rules: Iterable[str], flag: int) -> str:
    ids = ", ".join(map(literal, sorted(rules)))
    return f" WHEN arrays_overlap(flags, array({ids})) THEN {flag}" if ids else ""
