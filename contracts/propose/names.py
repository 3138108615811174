"""Names for Avro of keys that may be anything: fields in snake_case, types in PascalCase."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def field_name(key: str, parent: str, taken: Container[str]) -> str:
    """A name in snake_case for a key; one that begins with a digit gets the parent's name before it."""
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
    name = _OTHER.sub("_", _WORDS.sub("_", plain).lower()).strip("_")
    if not name or name[0].isdigit():
        name = f"{parent}_{name}".strip("_")
    return _free(name, "_", taken)


def type_name(field: str, parent: str, taken: Container[str]) -> str:
    """A name in PascalCase for the type of a field; where it is taken, the parent's stands before it."""
    name = pascal(field)
    return _free(name if name not in taken else f"{parent}{name}", "", taken)


def pascal(name: str) -> str:
    """A name in snake_case as PascalCase."""
    return "".join(word.capitalize() for word in name.split("_"))


def _free(name: str, between: str, taken: Container[str]) -> str:
    numbered, number = name, 1
    while numbered in taken:
        number += 1
        numbered = f"{name}{between}{number}"
    return numbered
