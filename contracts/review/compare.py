"""Compares the contracts of two readings of their folder, topic by topic. Nothing is read here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from contracts.evolution.check import check
from contracts.evolution.compatibility import Finding
from contracts.evolution.diff import diff
from contracts.folder.lock import Lock, differences
from contracts.folder.model import Contract
from contracts.generations.shown import changes
from contracts.review.consequences import CONSEQUENCES, Contracts, Pair, Touched, first, made_from, touched
from contracts.review.note import Note
from contracts.review.records import NewestRecords
from contracts.review.settings import FILE, settings

_OF_SETTINGS = frozenset({"new rule", "deprecated"})
"""Kinds of `diff`'s changes that the settings tell as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReview(Pair):
    """All that a change means for one topic."""

    findings: tuple[Finding, ...]
    """What `check` finds."""
    unlocked: tuple[int, ...]
    """Numbers of the versions that are not locked yet."""
    consumers: tuple[Touched, ...]
    consequences: Mapping[str, tuple[str, ...]]
    """By their kind; without the kinds that have none."""
    owners: tuple[str, ...]
    """Who should look at the change: owners of the topic, of what is derived from it, and of its readers."""
    first: str
    """Who moves first, in a sentence."""

    @property
    def state(self) -> str:
        """In a word, or by the newest versions."""
        if self.before is None or self.now is None:
            return "new" if self.before is None else "gone"
        was, is_ = self.before.newest, self.now.newest
        if was.number == is_.number:
            return (
                f"v{is_.number} edited"
                if self.changed
                else "rules and settings"
                if self.notes
                else "unchanged"
            )
        return f"v{was.number} to v{is_.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The contracts' folder beside a revision of it."""

    base: str
    """The revision, for people."""
    topics: tuple[TopicReview, ...]
    """Those that differ, and those in which `check` finds something."""
    findings: tuple[Finding, ...]
    """All that `check` finds, of topics without a contract too."""
    inherited: frozenset[Finding]
    """Those of them that `check` finds in the revision as well."""
    records: Mapping[str, NewestRecords] = field(default_factory=dict)
    """What the newest records say, by topic, where a broker was asked."""


def review(base: str, was: Contracts, is_: Contracts, locked: tuple[Lock, Lock], today: date) -> Review:
    """Compare the contracts as they were at `base` with what they are; `locked` are the locks of the two.

    A version that the earlier lock has may not change, even where the later lock was changed with it.

    Raises `UnusableSetting` for a file that holds no schema.
    """
    ever = {**locked[1], **locked[0]}
    found = tuple(check(is_.values(), ever, today))
    earlier = {_told(finding) for finding in check(was.values(), locked[0], today)}
    new = [row for row in differences(ever, is_.values()) if row.kind == "new"]
    topics = []
    for topic in sorted({*was, *is_}):
        pair = _pair(was.get(topic), is_.get(topic))
        findings = tuple(finding for finding in found if finding.topic == topic)
        if pair.notes or findings:
            unlocked = tuple(row.version for row in new if row.topic == topic)
            topics.append(_topic(pair, findings, unlocked, was, is_))
    inherited = frozenset(finding for finding in found if _told(finding) in earlier)
    return Review(base=base, topics=tuple(topics), findings=found, inherited=inherited)


def _told(finding: Finding) -> tuple[str, ...]:
    """What two findings have in common that are the same, in different folders."""
    return finding.topic, finding.rule, finding.path, finding.message


def _pair(before: Contract | None, now: Contract | None) -> Pair:
    if before and now:
        return Pair(before=before, now=now, notes=(*_changes(before, now), *settings(before, now)))
    if now:
        note = Note(kind="new topic", words=f"the topic is new: {now.description}", file=now.home / FILE)
        return Pair(before=before, now=now, notes=(note, *_succession(now)))
    note = Note(kind="topic gone", words="the topic is gone, with its contract and all its versions")
    return Pair(before=before, now=now, notes=(note,))


def _succession(now: Contract) -> Iterator[Note]:
    """What a new generation makes of the records of the one before."""
    if not now.succeeds:
        return
    lost = "leads" if now.lossless else "does not lead"
    words = f"it is the next generation of {now.succeeds}, and its mapping {lost} back"
    yield Note(kind="generation", words=words, file=now.home / FILE, path="/succeeds")
    for name, words in changes(now):
        key = "dropped" if name in now.dropped else "mapping"
        yield Note(
            kind="generation", words=words, file=now.home / FILE, path=f"/{key}/{name}", fields=(name,)
        )


def _changes(before: Contract, now: Contract) -> Iterator[Note]:
    """What differs between the newest versions, and in the schemas that were adopted."""
    number = now.newest.number
    if (before.newest.number, before.newest.schema) != (number, now.newest.schema):
        changes = [one for one in diff(now, before.newest, now.newest) if one.kind not in _OF_SETTINGS]
        if not changes:
            yield Note(kind="docs", words=f"v{number} is the same to a reader", file=now.newest.path)
        for change in changes:
            path = change.path.rpartition("/")[0] if change.kind == "removed" else change.path
            yield Note(
                kind=change.kind,
                words=change.words,
                file=now.newest.path,
                path=path,
                fields=(change.field,) if change.field else (),
                producers_first=change.producers_first,
                consumers_first=change.consumers_first,
            )
    known = {adopted.path.name for adopted in before.adopted}
    for adopted in now.adopted:
        if adopted.path.name not in known:
            yield Note(kind="adopted", words="a schema of the registry was adopted", file=adopted.path)


def _topic(
    pair: Pair, findings: tuple[Finding, ...], unlocked: tuple[int, ...], was: Contracts, is_: Contracts
) -> TopicReview:
    consumers = tuple(touched(pair, findings))
    found = {kind: tuple(dict.fromkeys(find(pair, was, is_))) for kind, find in CONSEQUENCES.items()}
    below = made_from(pair.contract.topic, is_) if pair.changed else []
    owners = [
        pair.contract.owner,
        *(each.consumer.owner for each in consumers),
        *(each.owner for each in below),
    ]
    return TopicReview(
        before=pair.before,
        now=pair.now,
        notes=pair.notes,
        findings=findings,
        unlocked=unlocked,
        consumers=consumers,
        consequences={kind: sentences for kind, sentences in found.items() if sentences},
        owners=tuple(dict.fromkeys(owners)),
        first=first(pair, findings),
    )
