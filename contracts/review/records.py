"""The newest records of a topic, each read with the version that was the newest and the one that is now."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from contracts.checks.in_python import Keeps
from contracts.checks.rules import CHECKS, fields_of, judge
from contracts.evolution.compatibility.paths import overlap
from contracts.folder.model import Contract, Role, Rule, Severity
from contracts.review.consequences import Pair

Record = Mapping[str, Any]

EXAMPLES = 3
"""Most examples of one kind: the first by partition and offset."""


class Place(NamedTuple):
    """Where a record is in its topic."""

    partition: int
    offset: int


class BothWays(NamedTuple):
    """A record as each of the two versions reads it; None where it cannot."""

    place: Place
    was: Record | None
    is_: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Records that have one thing in common."""

    kind: str
    """A key of `KINDS`."""
    about: str
    """A field, a rule or a consumer; empty where the record as a whole is meant."""
    count: int
    examples: tuple[str, ...]
    """`PARTITION:OFFSET`, with the values where a field reads differently."""

    @property
    def words(self) -> str:
        """What they have in common, as the rest of a sentence that begins with their number."""
        return KINDS[self.kind].format(self.about)


KINDS = {
    "differ": "read differently",
    "fail": "break a rule that they kept",
    "breaks": "cannot be read any more",
    "mended": "can be read now, and could not",
    "unreadable": "can be read by neither version",
    "field": "read {} differently",
    "rule": "break the rule {}, and kept it",
    "kept": "keep the rule {}, and broke it",
    "consumer": "break the consumer {}",
}
"""Kind of what is seen to its words. The first three are said even of no record."""
_ALWAYS = ("differ", "fail", "breaks")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestRecords:
    """What the newest records of a topic say of a change."""

    count: int
    seen: tuple[Seen, ...]
    unsaid: tuple[str, ...] = ()
    """What these counts cannot tell, a sentence each."""
    why: str = ""
    """Why no record was read."""


def compare(pair: Pair, records: Iterable[BothWays]) -> NewestRecords:
    """Count what becomes of `records`, of a `pair` that is neither new nor gone.

    A record reads differently where a field that held a value has another one, or another unit, or is gone; a
    field that was added does not count. A consumer breaks where that is so of a field that it reads, or
    where the whole record cannot be read any more.
    """
    before, now = pair.before, pair.now
    if before is None or now is None:
        raise ValueError("a topic that is new or gone has no two versions")
    found: dict[tuple[str, str], _Tally] = {(kind, ""): _Tally() for kind in _ALWAYS}

    def note(place: Place, kind: str, about: str = "", text: str = "") -> None:
        found.setdefault((kind, about), _Tally()).add(place, text)

    differences, rules, total = _differences(pair), _Rules(before, now), 0
    for place, was, is_ in records:
        total += 1
        if is_ is None:
            note(place, "unreadable" if was is None else "breaks")
        elif was is None:
            note(place, "mended")
        changed = dict(differences(was, is_)) if was is not None and is_ is not None else {}
        if changed:
            note(place, "differ")
        for name, text in changed.items():
            note(place, "field", name, text)
        broken = False
        for id_, was_kept, is_kept in rules.judged(was, is_, changed):
            if was_kept != is_kept:
                note(place, "rule" if was_kept else "kept", id_)
                broken |= was_kept
        if broken:
            note(place, "fail")
        lost = was is not None and is_ is None
        for consumer in now.consumers:
            if lost or any(overlap(name, read) for name in changed for read in consumer.reads):
                note(place, "consumer", consumer.name)
    seen = [
        Seen(kind=kind, about=about, count=tally.count, examples=tuple(tally.examples()))
        for kind in KINDS
        for (of, about), tally in sorted(found.items(), key=lambda row: row[0])
        if of == kind
    ]
    return NewestRecords(count=total, seen=tuple(seen), unsaid=tuple(_unsaid(now, rules.unjudged)))


class _Tally:
    """How many records, and the first few of them."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[Place, str]] = []

    def add(self, place: Place, text: str) -> None:
        self.count += 1
        if len(self._first) < EXAMPLES or place < self._first[-1][0]:
            self._first = sorted([*self._first, (place, text)])[:EXAMPLES]

    def examples(self) -> Iterator[str]:
        for place, text in self._first:
            yield f"{place.partition}:{place.offset}{text and f' ({text})'}"


def _differences(pair: Pair) -> Callable[[Record, Record], Iterator[tuple[str, str]]]:
    """What gives the fields of a record that read differently, each with the two values in words."""
    units = {name for note in pair.notes if note.kind == "new unit" for name in note.fields}
    names = [
        {field["name"] for field in contract.newest.schema["fields"]} if contract else set()
        for contract in (pair.before, pair.now)
    ]
    common = sorted(names[0] & names[1])
    whole = itemgetter(*common) if common and not units and names[0] <= names[1] else None

    def differences(was: Record, is_: Record) -> Iterator[tuple[str, str]]:
        # Most records are alike, which one comparison shows.
        if whole is None or whole(was) != whole(is_):
            yield from _differing(was, is_, units, "")

    return differences


def _differing(was: Any, is_: Any, units: Container[str], name: str) -> Iterator[tuple[str, str]]:
    if isinstance(was, Mapping) and isinstance(is_, Mapping):
        for key, value in was.items():
            below = f"{name}.{key}" if name else key
            if key in is_:
                yield from _differing(value, is_[key], units, below)
            elif value is not None:
                yield below, f"{_shown(value)} is gone"
    elif isinstance(was, list) and isinstance(is_, list) and len(was) == len(is_):
        for one, other in zip(was, is_, strict=True):
            yield from _differing(one, other, units, name)
    elif was != is_ and (was == was or is_ == is_):  # noqa: PLR0124 - NaN is NaN
        yield name, f"{_shown(was)} becomes {_shown(is_)}"
    elif was is not None and name in units:
        yield name, f"{_shown(was)} has another unit"


def _shown(value: Any) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else "null" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


class _Rules:
    """The rules of both readings of a contract, judged where their verdict may differ."""

    def __init__(self, before: Contract, now: Contract) -> None:
        was, is_ = ({rule.id: rule for rule in contract.rules} for contract in (before, now))
        self._keeps = [_judges(contract) for contract in (before, now)]
        self._all = list({**was, **is_})
        self._other = [id_ for id_ in self._all if was.get(id_) != is_.get(id_)]
        self._same = {id_: fields_of(rule) for id_, rule in is_.items() if was.get(id_) == rule}
        self.unjudged = [
            rule for rule in now.rules if CHECKS[rule.check].judges_rows and rule.id not in self._keeps[1]
        ]

    def judged(
        self, was: Record | None, is_: Record | None, changed: Iterable[str]
    ) -> Iterator[tuple[str, bool, bool]]:
        """The rules whose verdict may differ: id, and whether the record kept it and keeps it.

        What cannot be read breaks no rule.
        """
        tops = {name.partition(".")[0] for name in changed}
        ids: Iterable[str] = self._all
        if was is not None and is_ is not None:
            met = (id_ for id_, about in self._same.items() if not tops.isdisjoint(about)) if tops else ()
            ids = [*self._other, *met]
        for id_ in ids:
            kept, keeps = (
                record is None or id_ not in judges or judges[id_](record)
                for record, judges in zip((was, is_), self._keeps, strict=True)
            )
            yield id_, kept, keeps


def _judges(contract: Contract) -> dict[str, Keeps]:
    """The rules that can be judged here, on records of the newest version."""
    names = {field["name"] for field in contract.newest.schema["fields"]}
    judges = {rule.id: judge(rule) for rule in contract.rules if names.issuperset(fields_of(rule))}
    return {id_: keeps for id_, keeps in judges.items() if keeps}


def _unsaid(now: Contract, unjudged: Iterable[Rule]) -> Iterator[str]:
    if named := [rule.id for rule in unjudged]:
        yield f"{', '.join(named)} cannot be judged without Spark, or on this version."
    if windows := [rule.id for rule in now.rules if not CHECKS[rule.check].judges_rows]:
        yield f"{', '.join(windows)} judge a whole window, and no single record."
    if now.role is Role.FINAL and any(rule.severity is Severity.VALUE for rule in now.rules):
        yield "A value that the stream took out of a record, or a record in quarantine, is not seen here."
