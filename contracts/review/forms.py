"""A review for programs: JSON, SARIF 2.1.0, and the annotations of GitHub's workflows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from contracts.evolution.compatibility import RULES
from contracts.folder.yaml_text import line_of
from contracts.review.compare import Review, TopicReview
from contracts.review.note import Note
from contracts.review.page import markdown

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}
"""A level of SARIF to that of an annotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a review says of one place."""

    level: str
    """error, warning or note."""
    rule: str
    message: str
    file: str | None
    """Below the top of the checkout; None where there is no file any more."""
    line: int


def marks(review: Review, top: Path) -> Iterator[Mark]:
    """What `check` finds as errors, what is safe in one order only as warnings, the rest as notes."""
    for finding in review.findings:
        file, line = _place(finding.file, finding.path, top)
        told = f"{finding.message} {finding.instead}"
        yield Mark(level="error", rule=finding.rule, message=told, file=file, line=line)
    for topic in review.topics:
        for note in topic.notes:
            file, line = _place(note.file, note.path, top)
            told = f"{topic.contract.topic}: {note.words}{_whose(note, topic)}"
            level, rule = "note" if _is_safe(note) else "warning", note.kind.replace(" ", "-")
            yield Mark(level=level, rule=rule, message=told, file=file, line=line)


def _is_safe(note: Note) -> bool:
    return all(meaning is None or meaning.safe for meaning in (note.producers_first, note.consumers_first))


def _whose(note: Note, topic: TopicReview) -> str:
    readers = [
        f"{each.consumer.name} ({each.consumer.owner})"
        for each in topic.consumers
        if set(each.fields) & set(note.fields)
    ]
    return f"; read by {', '.join(readers)}" if readers else ""


def _place(file: Path | None, path: str, top: Path) -> tuple[str | None, int]:
    """The file below the top of the checkout, and the line that a JSON pointer leads to in it."""
    try:
        text = file.read_text(encoding="utf-8") if file else None
    except (OSError, ValueError):  # a locked file that is gone
        text = None
    if file is None or text is None:
        return None, 1
    return file.relative_to(top).as_posix(), line_of(text, path)


def _json(review: Review, top: Path) -> str:
    rows = [_topic(topic, review, top) for topic in review.topics]
    findings = [
        {**finding.as_json(), "inherited": finding in review.inherited} for finding in review.findings
    ]
    whole = {"base": review.base, "compatible": not findings, "findings": findings, "topics": rows}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def _topic(topic: TopicReview, review: Review, top: Path) -> dict[str, Any]:
    contract, read = topic.contract, review.records.get(topic.contract.topic)
    return {
        "topic": contract.topic,
        "state": topic.state,
        "owner": contract.owner,
        "mode": contract.mode.value,
        "compatible": not topic.findings,
        "unlocked": topic.unlocked,
        "changes": [_change(note, top) for note in topic.notes],
        "consumers": [
            {
                "name": each.consumer.name,
                "owner": each.consumer.owner,
                "fields": each.fields,
                "breaks": each.breaks,
            }
            for each in topic.consumers
        ],
        **{kind.replace(" ", "_"): sentences for kind, sentences in topic.consequences.items()},
        "owners": topic.owners,
        "first": topic.first,
        **({"records": asdict(read)} if read else {}),
    }


def _change(note: Note, top: Path) -> dict[str, Any]:
    file, line = _place(note.file, note.path, top)
    meanings = {"producers_first": note.producers_first, "consumers_first": note.consumers_first}
    return {
        "kind": note.kind,
        "words": note.words,
        "fields": note.fields,
        "file": file,
        "line": line,
        **{order: asdict(meaning) for order, meaning in meanings.items() if meaning},
    }


def _sarif(review: Review, top: Path) -> str:
    found = list(marks(review, top))
    rules = [
        {"id": id_, **({"shortDescription": {"text": RULES[id_].purpose}} if id_ in RULES else {})}
        for id_ in sorted({mark.rule for mark in found})
    ]
    run = {
        "tool": {"driver": {"name": "contracts", "rules": rules}},
        "results": [_result(mark) for mark in found],
        "columnKind": "unicodeCodePoints",
    }
    return (
        json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)
        + "\n"
    )


def _result(mark: Mark) -> dict[str, Any]:
    place = (
        {
            "artifactLocation": {"uri": quote(mark.file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": mark.line},
        }
        if mark.file
        else None
    )
    where = [{"physicalLocation": place}] if place else []
    return {"ruleId": mark.rule, "level": mark.level, "message": {"text": mark.message}, "locations": where}


def _github(review: Review, top: Path) -> str:
    lines = []
    for mark in marks(review, top):
        about = (
            {"file": mark.file, "line": mark.line, "title": mark.rule} if mark.file else {"title": mark.rule}
        )
        told = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in about.items())
        lines.append(f"::{_GITHUB[mark.level]} {told}::{_escaped(mark.message)}\n")
    return "".join(lines)


def _escaped(text: str, more: str = "") -> str:
    """Text in a command of a workflow, where a line's end would end it and `%` begins an escape."""
    for sign in ("%", "\r", "\n", *more):
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


FORMATS: dict[str, Callable[[Review, Path], str]] = {
    "markdown": lambda review, _: markdown(review),
    "json": _json,
    "sarif": _sarif,
    "github": _github,
}
"""Name of a form to what writes a review in it; the path is the top of the checkout."""
