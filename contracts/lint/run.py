"""Runs the table of rules over contracts, and looks at what `contract.yaml` says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.checks.rules import fields_of, type_problems
from contracts.evolution.compatibility import Finding, Type, parse, parse_file
from contracts.evolution.deprecation import misfits
from contracts.folder.model import Contract
from contracts.lint.rules import GUESS, RULES


def lint(contracts: Iterable[Contract]) -> list[Finding]:
    """Every rule that a version breaks, save what `exceptions` in `contract.yaml` excuses.

    A finding in `contract.yaml` has a JSON pointer into what its YAML says.

    Raises `UnusableSetting` for a file that holds no Avro schema.
    """
    return [finding for contract in contracts for finding in _of(contract)]


def _of(contract: Contract) -> Iterator[Finding]:
    for version in () if contract.schemas_of else contract.versions:
        root = parse_file(version.path, version.schema)
        for id_, rule in RULES.items():
            if id_ not in contract.exceptions:
                for spot in rule.look(root):
                    yield Finding(
                        rule=id_,
                        file=version.path,
                        path=spot.path,
                        message=spot.message,
                        instead=rule.instead,
                    )
    yield from _about(contract, parse(contract.newest.schema))
    if contract.deprecated:
        yield from misfits(contract, [parse(version.schema) for version in contract.versions])


def _about(contract: Contract, newest: Type) -> Iterator[Finding]:
    file = contract.home / "contract.yaml"

    def finding(rule: str, path: str, message: str, instead: str) -> Finding:
        return Finding(rule=rule, file=file, path=path, message=message, instead=instead)

    texts = {"/description": contract.description, "/owner": contract.owner}
    for path, text in {**texts, **{f"/rules/{n}/why": r.why for n, r in enumerate(contract.rules)}}.items():
        if text.startswith(GUESS):
            yield finding("guess", path, f"the text {text[:60]!r} is a guess", "Write what it is.")
    for row, rule in enumerate(contract.rules):
        for name in fields_of(rule):
            if newest.field_named(name) is None:
                yield finding(
                    "rule-field",
                    f"/rules/{row}",
                    f"rule {rule.id} looks at {name}, which the newest version does not have",
                    "Name a field of the newest version, or take the rule out.",
                )
        for parameter, (why, instead) in type_problems(rule, newest):
            yield finding(
                "rule-type",
                f"/rules/{row}/{parameter}",
                f"rule {rule.id} {why}",
                f"{instead[0].upper()}{instead[1:]}.",
            )
    for row, consumer in enumerate(contract.consumers):
        for name in consumer.reads:
            if newest.field_named(name.split(".")[0]) is None:
                yield finding(
                    "consumer-field",
                    f"/consumers/{row}/reads",
                    f"{consumer.name} ({consumer.owner}) reads {name}, which the newest version lacks",
                    "Agree with the owner first, then take the field off `reads`.",
                )
    for name, reason in contract.exceptions.items():
        if name not in RULES or not reason.strip():
            yield finding(
                "exception",
                f"/exceptions/{name}",
                f"the exception {name} names no rule of the lint, or gives no reason",
                f"Name one of {', '.join(RULES)}, and say why.",
            )
