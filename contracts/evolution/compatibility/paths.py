"""Fields by dotted names, such as `conditions.code`, which lead through nullable records, arrays and maps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from difflib import get_close_matches

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import Field, Type


def find_field(root: Type, name: str) -> Field | None:
    """The field that a dotted name leads to; None where it leads to none."""
    step, _, rest = name.partition(".")
    for record in _records(root):
        field = record.field_named(step)
        if found := find_field(field.type, rest) if field and rest else field:
            return found
    return None


def covers(name: str, other: str) -> bool:
    """Whether who reads the field `name` reads the field `other` too: it is the same, or lies within."""
    return other == name or other.startswith(f"{name}.")


def overlap(one: str, other: str) -> bool:
    """Whether two dotted names are of one field, or of a field and one within it."""
    return covers(one, other) or covers(other, one)


def fields_by_name(node: Type, prefix: str = "", above: tuple[Type, ...] = ()) -> Iterator[tuple[str, Field]]:
    """Every field by its dotted name, those of a record within after it; a type within itself only once."""
    for field in node.fields:
        yield f"{prefix}{field.name}", field
        inner = innermost(field.type)
        if inner.kind == "record" and inner not in (*above, node):
            yield from fields_by_name(inner, f"{prefix}{field.name}.", (*above, node))


def innermost(node: Type) -> Type:
    """The type of a value, of a list's items or of an optional value."""
    others = [branch for branch in node.branches if branch.kind != "null"]
    if node.items is not None:
        return innermost(node.items)
    return innermost(others[0]) if len(others) == 1 else node


def projected(root: Type, names: Collection[str]) -> Type:
    """`root` with the fields of these dotted names alone, in its own order; a record among them is whole.

    Raises `UnusableSetting` for a name that leads to no field, and for no name at all.
    """
    if not names:
        raise UnusableSetting("reads names no field: name one, or leave it out to read whole records.")
    for name in names:
        if find_field(root, name) is None:
            near = get_close_matches(name, [known for known, _ in fields_by_name(root)], 1)
            instead = (
                f"did you mean {near[0]}?" if near else f"it has {', '.join(f.name for f in root.fields)}."
            )
            raise UnusableSetting(f"reads names {name}, which {root.name} does not have: {instead}")
    return _projected(root, frozenset(names))


def _projected(node: Type, names: frozenset[str]) -> Type:
    if node.kind != "record":
        items = _projected(node.items, names) if node.items else None
        return replace(
            node, items=items, branches=[_projected(b, names) for b in node.branches], key=b"", graph=()
        )
    kept = [
        replace(field, type=_projected(field.type, rests) if rests else field.type, key=b"")
        for field in node.fields
        if (rests := _below(field.name, names)) is not None
    ]
    return replace(node, fields=kept, index={f.name: f for f in kept}, key=b"", graph=())


def _below(step: str, names: frozenset[str]) -> frozenset[str] | None:
    """What is read below a field: empty where all of it is, None where nothing is."""
    if step in names:
        return frozenset()
    steps = (name.partition(".") for name in names)
    return frozenset(rest for first, _, rest in steps if first == step) or None


def _records(node: Type) -> Iterator[Type]:
    if node.kind == "record":
        yield node
    for below in node.branches + ([node.items] if node.items else []):
        yield from _records(below)
