"""What two readings of a `contract.yaml` say otherwise, whatever its keys are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from contracts.checks.rules import definition, fields_of
from contracts.folder.model import Consumer, Contract, Rule
from contracts.folder.yaml_text import NAMED_BY
from contracts.review.note import Note

FILE = "contract.yaml"

_FROM_OTHER_FILES = frozenset({"topic", "versions", "adopted"})


def settings(before: Contract, now: Contract) -> Iterator[Note]:
    """Each setting that was added, removed or changed."""
    for name in (field.name for field in fields(Contract) if field.name not in _FROM_OTHER_FILES):
        was, is_ = getattr(before, name), getattr(now, name)
        if was == is_:
            continue
        if name in NAMED_BY:
            yield from _rows(name, before, now)
            continue
        for words, path in _differences(name, _plain(was), _plain(is_), f"/{name}"):
            about = {*was, *is_} & {path.split("/")[2]} if name == "deprecated" else ()
            yield _note(now, name, words, path, *about)


def _rows(name: str, before: Contract, now: Contract) -> Iterator[Note]:
    """The differences of rules, or of consumers, which have a name each."""
    kind, key = NAMED_BY[name]
    was, is_ = (_named(getattr(contract, name), key) for contract in (before, now))
    places = {row: f"/{name}/{number}" for number, row in enumerate(is_)}
    for row in {**was, **is_}:
        called, old, new = f"{kind} {row}", was.get(row), is_.get(row)
        place = places.get(row, f"/{name}")
        if old is not None and new is not None:
            about = {*_about(old), *_about(new)}
            if isinstance(new, Consumer):
                about = {*_about(old)} ^ {*_about(new)}
            for words, path in _differences(f"{called}:", _plain(old), _plain(new), place):
                yield _note(now, name, words, path, *sorted(about))
        elif new is not None:
            yield _note(now, name, f"{called} was added: {_told(new, now)}", place, *_about(new))
        elif old is not None:
            yield _note(now, name, f"{called} was removed: {_told(old, before)}", place, *_about(old))


def _named(rows: tuple[Rule | Consumer, ...], key: str) -> dict[str, Rule | Consumer]:
    return {getattr(row, key): row for row in rows}


def _note(now: Contract, kind: str, words: str, path: str, *about: str) -> Note:
    return Note(kind=kind, words=words, file=now.home / FILE, path=path, fields=tuple(dict.fromkeys(about)))


def _about(row: Rule | Consumer) -> tuple[str, ...]:
    """The fields that a row names."""
    return fields_of(row) if isinstance(row, Rule) else row.reads


def _told(row: Rule | Consumer, contract: Contract) -> str:
    if isinstance(row, Consumer):
        return f"{row.owner} reads {', '.join(row.reads)}"
    return f"{row.severity.value}, a record is right when {definition(row, contract.newest.schema)}"


def _differences(name: str, was: Any, is_: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each difference in words, and a JSON pointer to it."""
    if was == is_:
        return
    if isinstance(was, Mapping) and isinstance(is_, Mapping):
        for key in {**was, **is_}:
            yield from _differences(f"{name} {key}", was.get(key), is_.get(key), f"{path}/{key}")
    elif was is None or is_ is None:
        yield (
            f"{name} was {'added' if was is None else 'removed'}: {_shown(is_ if was is None else was)}",
            path,
        )
    elif (
        isinstance(was, tuple) and isinstance(is_, tuple) and all(isinstance(each, str) for each in was + is_)
    ):
        gained, lost = ([e for e in one if e not in other] for one, other in ((is_, was), (was, is_)))
        parts = [f"now has {', '.join(gained)}"] * bool(gained) + [f"no longer has {', '.join(lost)}"] * bool(
            lost
        )
        yield f"{name} {' and '.join(parts) or f'has another order: {_shown(is_)}'}", path
    else:
        yield f"{name} was {_shown(was)} and is {_shown(is_)}", path


def _plain(value: Any) -> Any:
    """A setting as mappings, tuples and plain values."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        row = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        # A rule has its check's parameters beside its own keys.
        return row | row.pop("parameters", {})
    if isinstance(value, Mapping):
        return {key: _plain(below) for key, below in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else value


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(below)}" for key, below in value.items()) or "nothing"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)
