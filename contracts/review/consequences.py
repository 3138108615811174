"""What else changes with a contract: consumers, derived topics, rules, typed records, report, roll-out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from contracts.checks.rules import fields_of
from contracts.errors import PlatformError
from contracts.evolution.compatibility import MODES, Finding, Reach
from contracts.evolution.compatibility.findings import AVRO
from contracts.evolution.compatibility.paths import overlap
from contracts.folder.model import Consumer, Contract, Mode, Role
from contracts.folder.product import is_copied
from contracts.generate import module_name, record_name
from contracts.generate.module import module_text
from contracts.review.note import Note

Contracts = Mapping[str, Contract]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Someone who declared to read a topic, and what of it a change is about."""

    consumer: Consumer
    fields: tuple[str, ...]
    """Dotted names, of those that the consumer reads."""
    breaks: bool
    """Whether `check` finds that the consumer breaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A contract as it was and as it is, and what differs."""

    before: Contract | None
    now: Contract | None
    notes: tuple[Note, ...]

    @property
    def contract(self) -> Contract:
        """As it is; as it was where it is gone."""
        found = self.now or self.before
        assert found, "a pair has a contract"  # noqa: S101 - no pair is made of nothing
        return found

    @property
    def changed(self) -> tuple[str, ...]:
        """Dotted names of the fields whose schema differs; all where the topic is new or gone."""
        if self.before is None or self.now is None:
            return tuple(_fields(self.contract))
        return tuple(dict.fromkeys(f for note in self.notes if note.producers_first for f in note.fields))


def touched(pair: Pair, findings: tuple[Finding, ...]) -> Iterator[Touched]:
    """Consumers, declared before or now, that read a field which differs or which a differing rule judges.

    All of them where records of one version cannot be read by another at all.
    """
    about = {*pair.changed, *(name for note in pair.notes for name in note.fields)}
    unreadable = any(finding.layer == AVRO for finding in findings)
    broken = {finding.consumer.name for finding in findings if finding.consumer}
    was, is_ = (
        {consumer.name: consumer for consumer in contract.consumers} if contract else {}
        for contract in (pair.before, pair.now)
    )
    for name, consumer in {**was, **is_}.items():
        reads = dict.fromkeys([*consumer.reads, *(was[name].reads if name in was else ())])
        met = tuple(read for read in reads if any(overlap(read, field) for field in about))
        if met or unreadable or name in broken:
            breaks = unreadable or name in broken or pair.now is None
            yield Touched(consumer=consumer, fields=met, breaks=breaks)


def _derived(pair: Pair, was: Contracts, is_: Contracts) -> Iterator[str]:
    if pair.before is None:
        return
    tops = tuple(dict.fromkeys(name.partition(".")[0] for name in pair.changed))
    source = is_.get(pair.contract.derived_from or "")
    if source and pair.now and pair.now.role is Role.FINAL:
        own, given = _fields(pair.now), _fields(source)
        new = [name for name in tops if name in own]
        if copied := [name for name in new if is_copied(given.get(name), own[name])]:
            yield f"{source.topic} has {', '.join(copied)} too: the stream copies it"
        if made := [name for name in new if name not in copied]:
            told = f"{source.topic} has no {', '.join(made)} of this type and unit"
            yield f"{told}: an enrichment has to fill it"
    for below in made_from(pair.contract.topic, is_):
        if pair.now is None:
            yield f"{below.topic} is derived from it, and has nothing left to be made of"
            continue
        found: dict[str, list[str]] = {}
        for name in tops:
            found.setdefault(_passed_on(name, pair, was.get(below.topic), below), []).append(name)
        yield from (f"{below.topic} {words.format(', '.join(names))}" for words, names in found.items())


def _passed_on(name: str, pair: Pair, was: Contract | None, below: Contract) -> str:
    """What becomes of a field in a topic that is derived from its own."""
    own = _fields(below).get(name)
    if below.role is not Role.FINAL:
        # What a stream of another kind makes of a field, its contract does not say.
        return "is derived from it, and has {} too" if own else "is derived from it, without {}"
    if own is None:
        return "has no {}: nothing passes it on"
    earlier = _fields(was).get(name) if was else None
    copied = earlier is not None and is_copied(_fields(pair.before).get(name), earlier)
    if is_copied(_fields(pair.now).get(name), own):
        return "copies {}" if copied else "copies {} from now on"
    if copied:
        return "copied {}, and no longer can: an enrichment has to fill it"
    return "has a {} of its own: see its row in `python -m streaming enrichments`"


def made_from(topic: str, contracts: Contracts) -> list[Contract]:
    """The contracts that are derived from a topic."""
    return [contract for contract in contracts.values() if contract.derived_from == topic]


def _fields(contract: Contract | None) -> dict[str, Mapping[str, Any]]:
    """The fields of the newest version, by name."""
    return {field["name"]: field for field in contract.newest.schema.get("fields", ())} if contract else {}


def _rules(pair: Pair, _: Contracts, is_: Contracts) -> Iterator[str]:
    tops = {name.partition(".")[0] for name in pair.changed}
    if pair.before is None:
        return
    for contract in filter(None, (pair.now, *made_from(pair.contract.topic, is_))):
        for rule in contract.rules:
            if met := [name for name in fields_of(rule) if name in tops]:
                yield f"{rule.id} of {contract.topic} ({rule.severity.value}) looks at {', '.join(met)}"
        for flag, about in contract.quality_flags.items():
            if met := [name for name in about if name in tops]:
                yield f"{flag} of {contract.topic} tells of {', '.join(met)}"


def _typed_records(pair: Pair, _: Contracts, __: Contracts) -> Iterator[str]:
    name = module_name(pair.contract)
    if pair.contract.schemas_of:
        return
    if pair.now is None:
        yield f"the module {name} is no longer generated"
        return
    try:
        text, record = module_text(pair.now), record_name(pair.now)
    except PlatformError as error:
        yield f"the module {name} cannot be generated: {error}"
        return
    if text != _text(pair.before):
        told = f"{record} in {name}.py is generated anew, of version {pair.now.newest.number}"
        yield f"{told}: run `python -m contracts generate`"


def _text(contract: Contract | None) -> str:
    try:
        return module_text(contract) if contract else ""
    except PlatformError:
        return ""


_IN_REPORT = {
    "rules": "judges by the rules as they are now",
    "portrayed": "shows the spread of other fields, or by another width",
    "daily": "shows another measure for each day",
    "quality_flags": "counts the flags of other variables",
    "deprecated": "counts the records that fill other deprecated fields",
    "identity": "tells observations apart by other fields",
}
"""Key of `contract.yaml` to what the report of a final topic does by it."""


def _report(pair: Pair, _: Contracts, __: Contracts) -> Iterator[str]:
    contract = pair.contract
    if contract.product is None or contract.role not in (Role.FINAL, Role.QUALITY):
        return
    report = f"the report of the product {contract.product}"
    if contract.role is Role.QUALITY and pair.changed:
        yield f"{report} reads its history from this topic"
        return
    for key in dict.fromkeys(note.kind for note in pair.notes if note.kind in _IN_REPORT):
        yield f"{report} {_IN_REPORT[key]}"
    if shown := [name for name in pair.changed if name in {*contract.portrayed, contract.daily}]:
        yield f"{report} shows {', '.join(shown)}"


CONSEQUENCES: dict[str, Callable[[Pair, Contracts, Contracts], Iterator[str]]] = {
    "derived topics": _derived,
    "rules and flags": _rules,
    "typed records": _typed_records,
    "report": _report,
}
"""What else may change, and who finds out, from all contracts as they were and as they are."""


def first(pair: Pair, findings: tuple[Finding, ...]) -> str:
    """Who moves to the new version first, by the mode and by what each change means, in a sentence."""
    changes = [note for note in pair.notes if note.producers_first and note.consumers_first]
    without_order = (
        (findings, "Nobody moves yet: mend what `check` finds."),
        (pair.now is None, "Nobody may write or read the topic any more."),
        (pair.before is None, "The topic (`python -m contracts apply`), then its producers and consumers."),
        (not changes, "Nobody has to move: records look as they did."),
    )
    return next((words for holds, words in without_order if holds), None) or _order(
        pair.contract.mode, changes
    )


def _order(mode: Mode, changes: Iterable[Note]) -> str:
    meanings = {
        "producers": [note.producers_first for note in changes],
        "consumers": [note.consumers_first for note in changes],
    }
    safe = {side for side, found in meanings.items() if all(one.safe for one in found if one)}
    reach = MODES[mode]
    promised = {side for side, promise in _PROMISES.items() if promise.holds(reach)}
    # A mode that promises nothing leaves it to the changes.
    sides = safe & (promised or _PROMISES.keys())
    if not sides:
        return "No order is safe for everyone: add a new field beside the old one, and move step by step."
    if len(sides) > 1:
        return f"Either side: {mode.value} and each change let both go on."
    side = sides.pop()
    return f"{side.capitalize()}: {mode.value if promised else 'each change'} lets {_PROMISES[side].words}."


class _Promise(NamedTuple):
    """What it takes for a side to move first."""

    holds: Callable[[Reach], bool]
    words: str


_PROMISES = {
    "producers": _Promise(lambda reach: reach.old_reads_new, "old readers read what they write"),
    "consumers": _Promise(lambda reach: reach.new_reads_old, "them read what old producers write"),
}
