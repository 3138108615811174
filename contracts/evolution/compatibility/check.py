"""Holds a new schema against its history, in both layers and in the directions of the mode."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from contracts.evolution.compatibility.findings import READERS, RULES, Finding, broken
from contracts.evolution.compatibility.readers import seen_by_readers
from contracts.evolution.compatibility.resolution import resolve
from contracts.evolution.compatibility.schema import Type
from contracts.folder.model import Mode


@dataclass(frozen=True, slots=True)
class Reach:
    """What a mode promises."""

    new_reads_old: bool
    old_reads_new: bool
    all_history: bool
    """Whether every earlier version counts, or the last alone."""


MODES: dict[Mode, Reach] = {
    Mode.NONE: Reach(new_reads_old=False, old_reads_new=False, all_history=False),
    Mode.BACKWARD: Reach(new_reads_old=True, old_reads_new=False, all_history=False),
    Mode.BACKWARD_TRANSITIVE: Reach(new_reads_old=True, old_reads_new=False, all_history=True),
    Mode.FORWARD: Reach(new_reads_old=False, old_reads_new=True, all_history=False),
    Mode.FORWARD_TRANSITIVE: Reach(new_reads_old=False, old_reads_new=True, all_history=True),
    Mode.FULL: Reach(new_reads_old=True, old_reads_new=True, all_history=False),
    Mode.FULL_TRANSITIVE: Reach(new_reads_old=True, old_reads_new=True, all_history=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A schema and the name by which a message calls it, such as `v2`."""

    label: str
    type: Type


def check_schemas(
    history: Sequence[Labelled], new: Labelled, mode: Mode, readers: Collection[str]
) -> list[Finding]:
    """Every reason why `new` may not follow `history` (oldest first) under `mode`, with paths into `new`.

    `readers` are the engines whose own view counts besides Avro's resolution. A message says which version
    reads which; a rule that several versions break is reported once, for the newest of them.
    """
    reach = MODES[mode]
    if not (reach.new_reads_old or reach.old_reads_new):
        return []
    findings = {
        (id_, spot.path, True): broken(id_, spot.path, f"{spot.message} ({new.label}).")
        for id_, rule in RULES.items()
        if rule.look and rule.engines & set(readers)
        for spot in rule.look(new.type)
    }
    for old in reversed(history if reach.all_history else history[-1:]):
        for wanted, reader, writer in ((reach.new_reads_old, new, old), (reach.old_reads_new, old, new)):
            if not wanted:
                continue
            pair = reader.type, writer.type
            for finding in (*resolve(*pair), *seen_by_readers(*pair, readers)):
                path = finding.path if reader is new else finding.writer_path
                # What readers see is the same change from either side: once is enough.
                side = finding.layer == READERS or reader is new
                message = f"{finding.message} ({writer.label} written, {reader.label} reading)."
                findings.setdefault((finding.rule, path, side), broken(finding.rule, path, message))
    return list(findings.values())
