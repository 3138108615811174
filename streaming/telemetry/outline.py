"""What of a plan an operator sees: the versions that it reads and writes, and what it judges by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.checks.rules import predicate
from contracts.folder.lock import digest
from contracts.folder.model import Contract, Severity
from streaming.engine.once import DUPLICATE
from streaming.record.plan import Plan


@dataclass(frozen=True, slots=True)
class Written:
    """The version that an output topic is written with: the number of its file, and the registry's id."""

    version: int
    schema_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A plan in a few words."""

    reader: int
    """Version of the raw contract that every record is resolved to."""
    writers: Mapping[int, int | None]
    """Registry id of each version that may have been written, with its number; None where the folder of
    contracts has no such version."""
    final: Written
    quarantine: Written
    reasons: tuple[str, ...]
    """Every code that a record may go to quarantine for."""
    rules: Mapping[str, str]
    """Id to severity of every rule that is counted."""


def outline(plan: Plan, *, once: bool = False) -> Outline:
    """What of `plan` is shown; `once` is told of a stream that publishes an observation once."""
    codes = {reason.code for reason in plan.reasons} | ({DUPLICATE} if once else set())
    # What comes again is told apart behind the encoding, where `info` rules can no longer be counted.
    severities = set(Severity) - ({Severity.INFO} if once else set())
    return Outline(
        reader=plan.raw.newest.number,
        writers={number: _version(plan.raw, text) for number, text in sorted(plan.writers.items())},
        final=Written(plan.final.newest.number, plan.final_id),
        quarantine=Written(plan.quarantine.newest.number, plan.quarantine_id),
        reasons=tuple(sorted(codes)),
        rules={
            rule.id: rule.severity.value
            for rule in plan.final.rules
            if rule.severity in severities and predicate(rule) is not None
        },
    )


def _version(contract: Contract, text: str) -> int | None:
    sought = digest(json.loads(text))
    return next((held.number for held in contract.versions if digest(held.schema) == sought), None)
