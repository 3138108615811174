"""Holds a new schema against its history, in both layers and in the directions of the mode."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from contracts.evolution.compatibility.findings import READERS, RULES
from contracts.evolution.compatibility.modes import MODES
from contracts.evolution.compatibility.readable import LOOKS
from contracts.evolution.compatibility.readers import seen_by_readers
from contracts.evolution.compatibility.resolution import resolve
from contracts.evolution.compatibility.schema import Type
from contracts.folder.model import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A schema and the name by which a message calls it, such as `v2`."""

    label: str
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A rule that a new schema breaks. `path` is a JSON pointer into the new schema."""

    rule: str
    path: str
    message: str

    @property
    def layer(self) -> str:
        """The layer that the rule belongs to."""
        return RULES[self.rule].layer

    @property
    def instead(self) -> str:
        """What to do instead."""
        return RULES[self.rule].instead


def check_schemas(
    history: Sequence[Labelled], new: Labelled, mode: Mode, readers: Collection[str]
) -> list[Break]:
    """Every reason why `new` may not follow `history` (oldest first) under `mode`; none when it may.

    `readers` are the engines whose own view counts besides Avro's resolution. A message says which version
    reads which; what holds against several versions is told once, for the newest of them.
    """
    reach = MODES[mode]
    if not (reach.new_reads_old or reach.old_reads_new):
        return []
    found: dict[tuple[str, str, bool], Break] = {
        (rule, spot.path, True): Break(rule=rule, path=spot.path, message=f"{spot.message} ({new.label}).")
        for rule, look in LOOKS.items()
        if RULES[rule].engines & set(readers)
        for spot in look(new.type)
    }
    for old in reversed(history if reach.all_history else history[-1:]):
        for wanted, reader, writer in ((reach.new_reads_old, new, old), (reach.old_reads_new, old, new)):
            if not wanted:
                continue
            findings = [
                *resolve(reader.type, writer.type),
                *seen_by_readers(reader.type, writer.type, readers),
            ]
            for finding in findings:
                path = finding.reader_path if reader is new else finding.writer_path
                # What readers see is the same change from either side: once is enough.
                side = RULES[finding.rule].layer == READERS or reader is new
                message = f"{finding.message} ({writer.label} written, {reader.label} reading)."
                found.setdefault(
                    (finding.rule, path, side), Break(rule=finding.rule, path=path, message=message)
                )
    return list(found.values())
