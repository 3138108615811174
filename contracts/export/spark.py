"""The rules as Spark SQL predicates, for `DataFrame.filter` and `WHERE`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.checks.rules import predicate
from contracts.folder.model import Contract


def predicates(contract: Contract) -> dict[str, Any]:
    """Each rule with the SQL that is true where a row keeps it, null where only a window can be judged."""
    return {
        "topic": contract.topic,
        "rules": [
            {"rule": rule.id, "severity": rule.severity.value, "why": rule.why, "predicate": predicate(rule)}
            for rule in contract.rules
        ],
    }


def sql(document: dict[str, Any]) -> str:
    """The predicates as text: a comment that says what each is for, then the predicate on a line."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    yield f"-- Rules of {document['topic']}: each predicate is true where a row keeps the rule."
    for row in document["rules"]:
        yield ""
        yield f"-- {row['rule']} ({row['severity']}): {' '.join(row['why'].split())}"
        yield row["predicate"] or "-- judged over a window of rows, not row by row"
