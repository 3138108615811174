"""A review as a page of Markdown, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from contracts.evolution.compatibility import Finding
from contracts.folder.model import Contract
from contracts.review.compare import Review, TopicReview
from contracts.review.note import Note
from contracts.review.records import NewestRecords

_SIGNS = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "#": "&#35;"}
"""What Markdown, or who shows it, would take for markup, a mention or a reference."""


def markdown(review: Review) -> str:
    """The page; nothing that a contract says is markup in it."""
    return "\n".join([*_page(review), ""])


def _page(review: Review) -> Iterator[str]:
    count = sum(bool(topic.notes) for topic in review.topics)
    changed = f"{count} topic{'' if count == 1 else 's'} change{'s' if count == 1 else ''}"
    yield f"# Contracts: {changed if count else 'nothing changes'}"
    yield ""
    yield f"Compared with {_text(review.base)}."
    if review.topics:
        yield ""
        yield "| topic | change | readers | asks for a look by |"
        yield "|---|---|---|---|"
        for topic in review.topics:
            readers = "**break**" if topic.findings else "keep reading"
            about = (topic.contract.topic, topic.state, ", ".join(topic.owners))
            name, state, owners = map(_text, about)
            yield f"| {name} | {state} | {readers} | {owners} |"
    for topic in review.topics:
        yield from _topic(topic, review)
    yield from _verdict(review)


def _topic(topic: TopicReview, review: Review) -> Iterator[str]:
    contract = topic.contract
    yield ""
    yield f"## {_text(contract.topic)}"
    yield ""
    yield f"{_text(topic.state)}; owner {_text(contract.owner)}, mode {contract.mode.value}."
    if topic.unlocked:
        versions = ", ".join(f"v{number}" for number in topic.unlocked)
        yield f"Not locked yet: {versions}. Run `python -m contracts lock` before this is merged."
    yield ""
    for note in topic.notes:
        yield from _note(note)
    yield from _section("Readers", _readers(topic, review))
    yield from _section("Declared consumers", _consumers(topic, contract))
    for kind, sentences in topic.consequences.items():
        yield from _section(kind.capitalize(), (f"{_code(sentence)}." for sentence in sentences))
    yield from _section("What rolls out first", [_code(topic.first)])
    if read := review.records.get(contract.topic):
        yield from _section("The newest records", _records(read))


def _note(note: Note) -> Iterator[str]:
    yield f"- {_text(note.words)}"
    meanings = (("producers", note.producers_first), ("consumers", note.consumers_first))
    for side, meaning in meanings:
        if meaning:
            yield f"  - {side} first: {'' if meaning.safe else '**breaks**, '}{_text(meaning.words)}"


def _readers(topic: TopicReview, review: Review) -> Iterator[str]:
    if not topic.findings:
        mode = topic.contract.mode.value
        yield f"Compatible: every version gets on with its history, as {mode} asks."
    yield from (_finding(finding, review) for finding in topic.findings)


def _finding(finding: Finding, review: Review) -> str:
    earlier = " (it was so before)" if finding in review.inherited else ""
    file = finding.file
    where = f"{file.parent.name}/{file.name}{finding.path}" if file else finding.topic
    told = _code(f"{finding.message} {finding.instead}")
    return f"**Not compatible** by `{finding.rule}` at {_text(where)}{earlier}: {told}"


def _consumers(topic: TopicReview, contract: Contract) -> Iterator[str]:
    for each in topic.consumers:
        reads = ", ".join(each.fields)
        what = f"reads {reads}" if reads else "cannot read the records" if each.breaks else "declared it"
        told = f"{each.consumer.name}, of {each.consumer.owner}, {what}"
        yield f"{_text(told)}{': **breaks**' if each.breaks else ''}."
    others = len(contract.consumers) - sum(each.consumer in contract.consumers for each in topic.consumers)
    if others:
        yield f"{others} other{'' if others == 1 else 's'} read{'s' if others == 1 else ''} none of this."


def _records(read: NewestRecords) -> Iterator[str]:
    if read.why:
        yield f"Not read: {_text(read.why)}"
        return
    yield f"{read.count} were read, with the version that was the newest and with the one that is."
    for seen in read.seen:
        examples = _text(f", such as {', '.join(seen.examples)}") if seen.examples else ""
        yield f"{seen.count} {_text(seen.words)}{examples}."
    yield from (_text(sentence) for sentence in read.unsaid)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    rows = [f"- {line}" for line in lines]
    if rows:
        yield from ("", f"**{title}**", "", *rows)


def _verdict(review: Review) -> Iterator[str]:
    known = {topic.contract.topic for topic in review.topics}
    yield from _section("Elsewhere", (_finding(f, review) for f in review.findings if f.topic not in known))
    count = len(review.findings)
    by = f"not compatible**, by {count} finding{'' if count == 1 else 's'}" if count else "compatible**"
    yield from ("", "---", "", f"**Verdict: {by}. `python -m contracts check` exits with {min(count, 1)}.")


def _text(text: str) -> str:
    """Text that Markdown shows as it stands, on one line."""
    return _SIGNS.sub(r"\\\g<0>", "".join(_ENTITIES.get(sign, sign) for sign in _one_line(text)))


def _code(text: str) -> str:
    """As `_text`, for a sentence that may have code in it."""
    parts = _one_line(text).split("`")
    return "".join(f"`{part}`" if number % 2 else _text(part) for number, part in enumerate(parts))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
