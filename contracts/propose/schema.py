"""The Avro schema that samples suggest. What it says beyond the samples is marked as a guess."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from contracts.folder.model import JsonSchema
from contracts.lint import GUESS
from contracts.propose.names import field_name, type_name
from contracts.propose.seen import FORMS, Seen

ENOUGH = 20
"""Values from which on bounds, or a list of words, are proposed."""
_EACH = 5
"""How often each word of a list came, as a mean."""
_MOST_KEYS = 100
"""Keys from which on an object is a map."""
_UNKNOWN = "UNKNOWN"
_SYMBOL = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_LONG = 1 << 63
_SHOWN_UP_TO = 30
_UTC = frozenset({"timestamp-millis", "timestamp-micros"})
_SINCE_1970 = {"seconds": (10**9, 2 * 10**9), "milliseconds": (10**12, 2 * 10**12)}
"""Whole numbers that may be times of the years 2001 to 2033."""
_UNIT = f"{GUESS} which unit, such as °C, or 1 for a ratio"
_KINDS = {
    "boolean": "true or false",
    "whole": "whole numbers",
    "fraction": "numbers",
    "text": "texts",
    "array": "lists",
    "object": "objects",
}


def proposed_schema(name: str, namespace: str, seen: Seen) -> JsonSchema:
    """The record of a topic; its fields are those that were seen, in their order."""
    made: JsonSchema = _Schema().record(name, "field", seen)
    return {"type": "record", "name": name, "namespace": namespace, **made}


def field_names(seen: Seen, parent: str) -> dict[str, str]:
    """Each key of an object to the name of its field; a time's ending is kept for times."""
    names: dict[str, str] = {}
    for key, below in seen.fields.items():
        ending = "_value" if re.search("(?i)_?at$", key) and not _form(below) & _UTC else ""
        name = field_name(key, parent, ())
        name = f"{name}{ending}" if name.endswith("_at") else name
        names[key] = field_name(name, parent, names.values())
    return names


def is_few_words(seen: Seen) -> bool:
    """Whether the texts of a place look like a list of words."""
    return (
        seen.present == {"text"}
        and not _form(seen)
        and seen.few_texts
        and seen.values >= max(ENOUGH, _EACH * len(seen.texts))
    )


def is_enum(seen: Seen) -> bool:
    """Whether the texts of a place can be the symbols of an enum."""
    return is_few_words(seen) and all(map(_SYMBOL.fullmatch, seen.texts))


def _form(seen: Seen) -> set[str]:
    """The form that all values have, in a set; empty where they have none."""
    fitting = [name for name in FORMS if name in seen.forms] if seen.present == {"text"} else []
    return set(fitting[:1])


class _Schema:
    """Makes types, each named one under a name of its own."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def record(self, name: str, parent: str, seen: Seen) -> JsonSchema:
        """The docs and the fields of a record."""
        self._names.add(name)
        names = field_names(seen, parent)
        fields = [self._field(names[key], key, name, below, seen) for key, below in seen.fields.items()]
        return {"doc": f"{GUESS} what one {name} says.", "fields": fields}

    def _field(self, name: str, key: str, record: str, seen: Seen, above: Seen) -> JsonSchema:
        inner, note = self._type(name, record, seen)
        absent = seen.kinds.total() < above.kinds["object"] or seen.kinds["null"] or not seen.values
        renamed = f"from the key {key!r}; " if key != name else ""
        of = f"in {seen.values} of {above.kinds['object']}"
        return {
            "name": name,
            "type": ["null", inner] if absent else inner,
            "doc": f"{GUESS} {renamed}{note}, {of}.",
            **({"unit": _UNIT} if inner == "double" else {}),
            **({"default": None} if absent else {}),
        }

    def _type(self, name: str, parent: str, seen: Seen) -> tuple[Any, str]:
        """A type for what was seen, beside null, and what is to be said of it."""
        kinds = [kind for kind in _KINDS if kind in seen.present]
        if kinds in (["whole"], ["fraction"], ["whole", "fraction"]):
            return _number(seen)
        if kinds == ["boolean"]:
            return "boolean", _KINDS["boolean"]
        if len(kinds) == 1:
            make = {"text": self._text, "object": self._object, "array": self._array}[kinds[0]]
            return make(name, parent, seen)
        words = " and ".join(_KINDS[kind] for kind in kinds)
        return "string", f"{words} were seen: as text, or a field for each" if kinds else "no value was seen"

    def _array(self, name: str, parent: str, seen: Seen) -> tuple[Any, str]:
        below = seen.items or Seen()
        items, note = self._type(name, parent, below)
        return {"type": "array", "items": ["null", items] if below.kinds["null"] else items}, f"lists: {note}"

    def _text(self, name: str, parent: str, seen: Seen) -> tuple[Any, str]:
        for form in _form(seen):
            return dict(FORMS[form][1]), f"{form} as text"
        shown = ", ".join(repr(text[:_SHOWN_UP_TO]) for text in seen.examples)
        if not is_enum(seen):
            return "string", f"texts such as {shown}"
        symbols = [_UNKNOWN, *sorted(seen.texts.keys() - {_UNKNOWN})]
        enum = type_name(name, parent, self._names)
        self._names.add(enum)
        doc = f"{GUESS} what the words of {name} mean."
        made = {"type": "enum", "name": enum, "doc": doc, "symbols": symbols, "default": _UNKNOWN}
        return made, f"one of {len(seen.texts)} words"

    def _object(self, name: str, parent: str, seen: Seen) -> tuple[Any, str]:
        if not seen.fields:
            return {"type": "map", "values": "string"}, "objects without a key"
        if len(seen.fields) > _MOST_KEYS:
            values, note = self._type(name, parent, _together(list(seen.fields.values())))
            return {"type": "map", "values": values}, f"{len(seen.fields)} keys: {note}"
        record = type_name(name, parent, self._names)
        return {"type": "record", "name": record, **self.record(record, name, seen)}, "objects"


def _number(seen: Seen) -> tuple[Any, str]:
    bounds = f"from {seen.least} to {seen.most}" if seen.least < seen.most else f"always {seen.least}"
    if "fraction" in seen.present:
        return "double", f"numbers {bounds}"
    if not -_LONG <= seen.least <= seen.most < _LONG:
        return "string", "whole numbers beyond 64 bits, which as text keep all their digits"
    within = [unit for unit, (low, high) in _SINCE_1970.items() if low <= seen.least <= seen.most < high]
    time = f", perhaps {within[0]} since 1970: then a timestamp-millis, its name with _at" if within else ""
    return "long", f"whole numbers {bounds}{time}"


def _together(places: Sequence[Seen]) -> Seen:
    """What was seen in several places, as in one."""
    keys = dict.fromkeys(key for one in places for key in one.fields)
    items = [one.items for one in places if one.items is not None]
    return Seen(
        kinds=sum((one.kinds for one in places), Counter()),
        least=min(one.least for one in places),
        most=max(one.most for one in places),
        texts=sum((one.texts for one in places), Counter()),
        forms=frozenset.intersection(*(one.forms for one in places)),
        fields={key: _together([one.fields[key] for one in places if key in one.fields]) for key in keys},
        items=_together(items) if items else None,
    )
