"""The compatibility modes as data: which versions a new one is held against, and who reads whom."""

from __future__ import annotations

from dataclasses import dataclass

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
