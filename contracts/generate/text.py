"""Texts of a contract as Python source: whatever they hold, the source stays readable and means the same."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from typing import Any

from contracts.folder.model import JsonSchema

WIDTH = 100
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs"})
"""Unicode's categories of control characters, of those that only change how others look, of surrogates."""
_IRRELEVANT = frozenset({"doc", "unit"})


def docstring(text: str) -> str:
    """An indented docstring: white space becomes single spaces, half a surrogate pair Unicode's stand-in."""
    shown = re.sub("[\ud800-\udfff]", "\ufffd", " ".join(text.split()))
    # An escape sequence must stay in one piece.
    return textwrap.fill(
        f'"""{escaped(shown)}"""',
        WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
    )


def quoted(text: str) -> str:
    """A string literal."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """A text as it can stand between double quotes."""
    return "".join(map(_character, text))


def _character(character: str) -> str:
    if character in '\\"':
        return f"\\{character}"
    if unicodedata.category(character) not in _NOT_SHOWN:
        return character
    return character.encode("unicode_escape").decode("ascii")


def for_resolution(node: Any) -> Any:
    """A schema without what does not matter for reading: docs and units."""
    if isinstance(node, list):
        return [for_resolution(branch) for branch in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in _IRRELEVANT}
    below: JsonSchema = {key: for_resolution(kept[key]) for key in ("type", "items", "values") if key in kept}
    if "fields" in kept:
        below["fields"] = [for_resolution(row) for row in kept["fields"]]
    return {**kept, **below}


def packed(schema: JsonSchema) -> str:
    """JSON broken between its tokens, never inside one."""
    lines = [""]
    for token in json.JSONEncoder(separators=(",", ":")).iterencode(schema):
        if len(lines[-1]) + len(token) > WIDTH:
            lines.append("")
        lines[-1] += token
    return "\n".join(lines)
