"""Types in words, for messages that a person reads."""

from __future__ import annotations

from contracts.compatibility.schema import Type


def words(node: Type) -> str:
    """The type in a few words, such as `double or null`, `decimal(6, 2)` or `list of record Condition`."""
    if node.logical[:1] == ("decimal",):
        return f"decimal({node.logical[1]}, {node.logical[2]})"
    if node.logical:
        return str(node.logical[0])
    if node.kind == "union":
        plain = [words(branch) for branch in node.branches if branch.kind != "null"]
        return " or ".join([*plain, "null"] if len(plain) < len(node.branches) else plain)
    if node.items is not None:
        items = words(node.items)
        # Else a list of nullable numbers would read like a nullable list of numbers.
        items = f"({items})" if node.items.sole.branches else items
        return f"{'list' if node.kind == 'array' else 'map'} of {items}"
    size = f" of {node.size} bytes" if node.kind == "fixed" else ""
    return f"{node.kind} {node.full_name}{size}" if node.name else node.kind


def differ(old: Type, new: Type) -> tuple[str, str] | None:
    """Both types in words where they differ, whatever their fields and items; None where they are alike.

    A union of one branch is like that branch, and the order of branches does not count.
    """
    old, new = old.sole, new.sole
    told = words(old), words(new)
    if told[0] != told[1]:
        return told
    kinds = _kinds(old), _kinds(new)
    if set(kinds[0]) == set(kinds[1]):
        return None
    # One logical type on two kinds has the same words.
    return f"{told[0]} in {' or '.join(kinds[0])}", f"{told[1]} in {' or '.join(kinds[1])}"


def _kinds(node: Type) -> list[str]:
    return [branch.full_name for branch in node.branches or [node]]
