"""What a published record says of its own quality: a flag for each variable, and the worst of them.

The numbers are those of QARTOD (IOOS, Manual for Real-Time Quality Control): 1 good, 2 not evaluated,
3 suspect, 4 fail, 9 missing. The final contract says which fields are a variable's, and which rules judge
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.checks.rules import column, fields_of, literal, predicate
from contracts.folder.model import Contract, Rule, Severity

GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9


def quality_flags(final: Contract) -> Mapping[str, str]:
    """Each flag of a final contract with the Spark SQL for it, over judged columns."""
    variables = [_Variable.of(fields, final.rules) for fields in final.quality_flags.values() if fields]
    worst = _Variable(
        measures=tuple(measure for one in variables for measure in one.measures),
        failed=frozenset().union(*(one.failed for one in variables)),
        suspect=frozenset().union(*(one.suspect for one in variables)),
        judged=any(one.judged for one in variables),
    )
    return {
        flag: (_Variable.of(fields, final.rules) if fields else worst).flag()
        for flag, fields in final.quality_flags.items()
    }


@dataclass(frozen=True, slots=True)
class _Variable:
    """What the flag of one variable, or of all of them, depends on."""

    measures: tuple[str, ...]
    """The fields without all of which the flag is missing."""
    failed: frozenset[str]
    suspect: frozenset[str]
    """Ids of the rules that make it fail, and suspect."""
    judged: bool
    """Whether any rule looks at it."""

    @classmethod
    def of(cls, fields: Sequence[str], rules: Iterable[Rule]) -> _Variable:
        """The variable that has these fields, its measure first."""
        about = [
            rule
            for rule in rules
            if predicate(rule) is not None and set(fields_of(rule, judged=True)) & set(fields)
        ]
        failed = frozenset(rule.id for rule in about if rule.spares in fields and rule.instead is None)
        flagging = {Severity.VALUE, Severity.WARNING}
        suspect = frozenset(rule.id for rule in about if rule.severity in flagging and rule.id not in failed)
        return cls((fields[0],), failed, suspect, bool(about))

    def flag(self) -> str:
        """Spark SQL for the flag; by QARTOD's precedence: fail, suspect, good, not evaluated, missing."""
        missing = " AND ".join(f"{column(measure)} IS NULL" for measure in self.measures)
        usual = f"CASE WHEN {missing} THEN {MISSING} ELSE {GOOD if self.judged else NOT_EVALUATED} END"
        broken = _where_broken(self.failed, FAIL) + _where_broken(self.suspect, SUSPECT)
        # The usual record breaks no rule.
        return f"CASE WHEN size(flags) = 0 THEN {usual}{broken} ELSE {usual} END"


def _where_broken(rules: Iterable[str], flag: int) -> str:
    ids = ", ".join(map(literal, sorted(rules)))
    return f" WHEN arrays_overlap(flags, array({ids})) THEN {flag}" if ids else ""
