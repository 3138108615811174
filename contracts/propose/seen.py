"""What was seen in samples, place by place: kinds of values, how many, between which bounds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from contracts.avro.json_form import from_json
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import parse
from contracts.propose.samples import Sample

MOST_TEXTS = 12
"""Different texts that are kept; where there are more they are no list of words."""
_DEEPEST = 20
_SHOWN = 3

_DAY, _CLOCK, _ZONE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "[T ][0-9]{2}:[0-9]{2}", r"(Z|[+-][0-9]{2}:[0-9]{2})"
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "date": (_DAY, {"type": "int", "logicalType": "date"}),
    "timestamp-millis": (
        rf"{_DAY}{_CLOCK}(:[0-9]{{2}}(\.[0-9]{{3}})?)?{_ZONE}",
        {"type": "long", "logicalType": "timestamp-millis"},
    ),
    "timestamp-micros": (
        rf"{_DAY}{_CLOCK}(:[0-9]{{2}}(\.[0-9]{{3}}([0-9]{{3}})?)?)?{_ZONE}",
        {"type": "long", "logicalType": "timestamp-micros"},
    ),
    "uuid": ("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", {"type": "string", "logicalType": "uuid"}),
}
"""Forms of a text that stand for a value: pattern and Avro type. The first that fits all texts counts."""
_FORMS = {name: (re.compile(pattern), parse(type_)) for name, (pattern, type_) in FORMS.items()}

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "whole",
    float: "fraction",
    str: "text",
    list: "array",
    dict: "object",
}


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was seen in one place."""

    kinds: Counter[str] = field(default_factory=Counter)
    """How many values of each kind: null, boolean, whole, fraction, text, array, object."""
    least: float = math.inf
    most: float = -math.inf
    """Bounds of the numbers."""
    texts: Counter[str] = field(default_factory=Counter)
    """How often each text came; the first `MOST_TEXTS` and one more."""
    forms: frozenset[str] = frozenset(FORMS)
    """The forms that all texts have."""
    fields: dict[str, Seen] = field(default_factory=dict)
    """Of objects, by key, in the order in which the keys came."""
    items: Seen | None = None
    """Of arrays."""

    @property
    def values(self) -> int:
        """How many values there are beside null."""
        return self.kinds.total() - self.kinds["null"]

    @property
    def present(self) -> frozenset[str]:
        """The kinds beside null."""
        return frozenset(self.kinds) - {"null"}

    @property
    def examples(self) -> list[str]:
        """Some of the texts."""
        return list(self.texts)[:_SHOWN]

    @property
    def few_texts(self) -> bool:
        """Whether all texts are known."""
        return 0 < len(self.texts) <= MOST_TEXTS


def look_at(samples: Iterable[Sample]) -> Seen:
    """What the samples say; raises `UnusableSetting` for one that cannot be of one topic with the others."""
    seen = Seen()
    for place, record in samples:
        if seen.fields and record and seen.fields.keys().isdisjoint(record):
            raise UnusableSetting(
                f"{place} shares no key with the samples before it: give samples of one topic."
            )
        _look(seen, record, place, 0)
    if not seen.fields:
        raise UnusableSetting("no sample has a key: give objects that have some.")
    return seen


def _look(seen: Seen, value: Any, place: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise UnusableSetting(f"{place} is nested deeper than {_DEEPEST}: give a flatter part of it.")
    kind = _KINDS[type(value)]
    seen.kinds[kind] += 1
    if kind in ("whole", "fraction"):
        if kind == "fraction" and not math.isfinite(value):
            raise UnusableSetting(f"{place} has a number that is too large for 64 bits: write it as a text.")
        seen.least, seen.most = min(seen.least, value), max(seen.most, value)
    elif kind == "text":
        _look_at_text(seen, value)
    elif kind == "array":
        seen.items = seen.items or Seen()
        for item in value:
            _look(seen.items, item, place, depth + 1)
    elif kind == "object":
        for key, item in value.items():
            if key not in seen.fields:
                seen.fields[key] = Seen()
            _look(seen.fields[key], item, place, depth + 1)


def _look_at_text(seen: Seen, text: str) -> None:
    if text in seen.texts or len(seen.texts) <= MOST_TEXTS:
        seen.texts[text] += 1
    seen.forms = frozenset(name for name in seen.forms if _has_form(text, name))


def _has_form(text: str, name: str) -> bool:
    pattern, type_ = _FORMS[name]
    if not pattern.fullmatch(text):
        return False
    try:
        from_json(type_, text)
    except UnusableSetting:
        return False
    return True
