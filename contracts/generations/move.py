"""Reads two generations of a topic, to find where a consumer group goes on in the newer one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.errors import UnusableSetting
from contracts.generations.offsets import Passed, Start, awaited, missed, oldest_of, starts
from contracts.kafka.coordinates import Coordinates, source_of
from contracts.kafka.log import Committed, Log, Partition, ends_of
from contracts.kafka.notes import LONGEST, with_passed


@dataclass(frozen=True)
class Move:
    """Where a group goes on."""

    topic: str
    starts: Mapping[int, Start]
    left: int
    """Records of the old topic that it has not read."""

    @property
    def offsets(self) -> dict[Partition, Committed]:
        """What is to be committed for it."""
        return {
            (self.topic, at): Committed(one.offset, with_passed("", one.passed))
            for at, one in self.starts.items()
        }


def find_move(log: Log, group: str, old: str, new: str) -> Move:
    """Where `group`, which reads the topic `old`, goes on in `new`.

    Raises `UnusableSetting` for a group that is at work, that has read nothing of `old` or has another place
    in `new`, and where it would miss or repeat records; and what `Log` raises.
    """
    committed = log.committed(group)
    if not any(topic == old for topic, _ in committed):
        raise UnusableSetting(f"the group {group} has no offsets on {old}: there is nothing to go on from.")
    if members := log.members(group):
        raise UnusableSetting(f"the group {group} is at work, with {members} members: stop them first.")
    passed = _passed(log, committed, old)
    # Read after the old topic: what that has got, this one has by now.
    spans = log.spans(new)
    records: dict[int, list[tuple[int, Coordinates]]] = {}
    for message in log.read(spans):
        if source := source_of(message):
            records.setdefault(message.partition() or 0, []).append((message.offset() or 0, source))
    if lost := missed(passed, records):
        partition, offset = min(lost)
        raise UnusableSetting(
            f"{new} lacks {len(lost)} records that the group {group} has yet to read of {old}, such as that "
            f"of raw record {partition}:{offset}: let it read {old} further, and ask again."
        )
    if late := awaited(passed, records):
        raise UnusableSetting(
            f"the stream has yet to write {len(late)} records to {new} that the group {group} has read of "
            f"{old}: see that it runs, and ask again."
        )
    found = starts(passed, records, {at: end for (_, at), end in ends_of(spans).items()})
    move = Move(new, found, len(passed.left))
    return _without_conflict(move, group, committed)


def _passed(log: Log, committed: Mapping[Partition, Committed], old: str) -> Passed:
    done, left = set[Coordinates](), set[Coordinates]()
    spans = log.spans(old)
    for message in log.read(spans):
        if source := source_of(message):
            at = (old, message.partition() or 0)
            is_done = at in committed and (message.offset() or 0) < committed[at].offset
            (done if is_done else left).add(source)
    has_let_go = any(span.begin for span in spans.values())
    return Passed(done, left, oldest_of(done | left) if has_let_go else {})


def _without_conflict(move: Move, group: str, committed: Mapping[Partition, Committed]) -> Move:
    for at, one in move.offsets.items():
        if at in committed and committed[at] != one:
            raise UnusableSetting(
                f"the group {group} has another place in {move.topic} already: delete its offsets there, or "
                "let it go on from them."
            )
        if len(one.note) > LONGEST:
            raise UnusableSetting(
                f"the group {group} is much further in some partitions of its topic than in others: let it "
                "read all of them to their ends, and ask again."
            )
    return move
