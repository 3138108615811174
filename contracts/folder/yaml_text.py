"""YAML of contracts, as far as every reader of YAML takes it for the same.

PyYAML reads YAML 1.1, where `no` is false, 010 is eight and 12:30 is a number; YAML 1.2 has texts and
other numbers. What the two read differently is refused, with what to write; so is a key that stands twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from contracts.checks.parameters import shown
from contracts.errors import UnusableSetting

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fast parser, where PyYAML was built with it."""

_TAG = "tag:yaml.org,2002:"
_LISTS = (f"{_TAG}seq", f"{_TAG}map")
_CORE = tuple(
    (tag, re.compile(pattern))
    for tag, pattern in (
        ("null", r"null|Null|NULL|~|"),
        ("bool", r"true|True|TRUE|false|False|FALSE"),
        ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+"),
        (
            "float",
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        ),
    )
)
"""What YAML 1.2 takes a plain scalar for; every other one is a text."""
_READ = frozenset({"null", "bool", "int", "float", "str", "timestamp", "value", "merge"})
"""What YAML 1.1 takes plain scalars for."""
_OCTAL = re.compile(r"[-+]?0[0-9]+")
"""In base 8 to YAML 1.1, and in base 10 to YAML 1.2."""
_DEEPEST = 50
"""Deeper nesting than any contract has; PyYAML's fast parser dies of some thousands."""
NAMED_BY = {"rules": ("rule", "id"), "consumers": ("consumer", "name")}
"""Lists of `contract.yaml` whose items have a name."""

Place = Callable[[Iterable[int | str]], str]
"""Names the place that keys and numbers of items lead to, in words."""


def read_yaml(text: str, file: Path) -> tuple[Any, Place]:
    """What the text of a file says, and how to name a place in it.

    Raises `UnusableSetting`, which names the file, for what is no YAML or is not read alike everywhere.
    """
    loader = _LOADER(text)
    try:
        if _depth(text) > _DEEPEST:
            raise UnusableSetting(f"{file} is nested deeper than {_DEEPEST}: no contract is.")
        root = loader.get_single_node()
        for steps, why, instead in _traps(root, (), set()):
            raise UnusableSetting(f"{file}: {_place(root, steps)}: {why}: {instead}.")
        return (None if root is None else loader.construct_document(root)), lambda steps: _place(root, steps)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnusableSetting(f"{file} is not valid YAML: {' '.join(str(error).split())}") from error
    finally:
        loader.dispose()


def line_of(text: str, pointer: str) -> int:
    """Line, from 1, of the place in YAML or JSON that a JSON pointer leads to, or of the last one on the way.

    The first line where the text cannot be read.
    """
    line, node = 1, _composed(text)
    for step in pointer.split("/")[1:]:
        if isinstance(node, yaml.MappingNode):
            key, node = next((pair for pair in node.value if pair[0].value == step), (None, None))
        elif isinstance(node, yaml.SequenceNode) and step.isdecimal() and int(step) < len(node.value):
            key = node = node.value[int(step)]
        else:
            break
        if key is None:
            break
        line = key.start_mark.line + 1
    return line


@functools.lru_cache(maxsize=16)
def _composed(text: str) -> yaml.Node | None:
    """The nodes of a text, which its places are asked of one after another; None where it cannot be read."""
    # JSON may be indented by tabs, which PyYAML refuses where it was built without its fast parser.
    text = text.replace("\t", " ")
    try:
        return None if _depth(text) > _DEEPEST else yaml.compose(text, _LOADER)
    except (yaml.YAMLError, ValueError):
        return None


def _depth(text: str) -> int:
    """How deep a text is nested, or how far beyond `_DEEPEST` it was looked at."""
    depth = deepest = 0
    for event in yaml.parse(text, _LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            break
    return deepest


def _place(root: yaml.Node | None, steps: Iterable[int | str]) -> str:
    path = list(steps)
    if len(path) > 1 and isinstance(path[0], str) and isinstance(path[1], int) and path[0] in NAMED_BY:
        kind, key = NAMED_BY[path[0]]
        rows = _value_of(root, path[0])
        name = _value_of(rows.value[path[1]], key) if rows is not None else None
        path[:2] = [f"{kind} {name.value[:60] if isinstance(name, yaml.ScalarNode) else path[1] + 1}"]
    return ": ".join(step for step in path if isinstance(step, str)) or "the file"


def _value_of(node: yaml.Node | None, key: str) -> yaml.Node | None:
    rows = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in rows if name.value == key), None)


def _traps(
    node: yaml.Node | None, steps: tuple[int | str, ...], met: set[int]
) -> Iterator[tuple[tuple[int | str, ...], str, str]]:
    """Where the text is not read alike, with why, and what to write instead."""
    if node is None or id(node) in met:
        return
    met.add(id(node))
    if not isinstance(node, yaml.ScalarNode) and node.tag not in _LISTS:
        yield steps, f"it has the tag {shown(node.tag)}", "leave the tag out"
    elif isinstance(node, yaml.ScalarNode):
        if (trap := _trap(node)) is not None:
            yield (steps, *trap)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _traps(item, (*steps, number), met)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name in seen:
                line = key.start_mark.line + 1
                why = f"the key {shown(name)} stands there twice, again in line {line}"
                yield steps, why, "keep one of them"
            seen.add(name)
            if key.tag != f"{_TAG}merge":
                yield from _traps(key, steps, met)
            yield from _traps(value, (*steps, name), met)


def _trap(node: yaml.ScalarNode) -> tuple[str, str] | None:
    """Why a scalar is read differently, and what to write; None where it is not."""
    text, tag = node.value, node.tag.removeprefix(_TAG)
    if tag not in _READ if not node.style else tag != "str":
        return f"{shown(text)} has a tag", "leave the tag out"
    if node.style:
        return None
    core = next((core for core, pattern in _CORE if pattern.fullmatch(text)), "str")
    if tag == core and not _OCTAL.fullmatch(text):
        return None
    taken, number = _taken(tag, core, text)
    return (
        f"YAML takes {text[:40]} for {taken}",
        f'write "{text[:40]}", in quotes{number and f", or {number}"}',
    )


def _taken(tag: str, core: str, text: str) -> tuple[str, str]:
    """What a plain scalar is taken for, and how to write that so that all readers take it for the same."""
    if tag in ("bool", "int", "float"):
        value = yaml.load(text, _LOADER)  # noqa: S506 - a safe loader
        return shown(value), shown(value)
    if tag == "str" and core != "str":
        number = int(text[2:], 8) if text[:2] == "0o" else float(text)
        plain = f"{number:.15g}"
        return "a text or for a number, by its version", "" if set(plain) & set("ein") else plain
    return "a date" if tag == "timestamp" else "a sign of its own", ""
