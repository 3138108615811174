"""Types in words, for messages that a person reads."""

from __future__ import annotations

from collections.abc import Callable

from contracts.evolution.compatibility.schema import Type, walk


def words(node: Type, name: Callable[[Type], str] = lambda node: node.full_name) -> str:
    """The type in a few words, such as `double or null`, `decimal(6, 2)` or `list of record Condition`.

    `name` gives the full name that a type goes by.
    """
    if node.logical[:1] == ("decimal",):
        return f"decimal({node.logical[1]}, {node.logical[2]})"
    if node.logical:
        return str(node.logical[0])
    if node.kind == "union":
        plain = [words(branch, name) for branch in node.branches if branch.kind != "null"]
        return " or ".join([*plain, "null"] if len(plain) < len(node.branches) else plain)
    if node.items is not None:
        items = words(node.items, name)
        # Else a list of nullable numbers would read like a nullable list of numbers.
        items = f"({items})" if node.items.sole.branches else items
        return f"{'list' if node.kind == 'array' else 'map'} of {items}"
    size = f" of {node.size} bytes" if node.kind == "fixed" else ""
    return f"{node.kind} {name(node)}{size}" if node.name else node.kind


def differ(old: Type, new: Type) -> tuple[str, str] | None:
    """Both types in words where they differ, whatever their fields and items; None where they are alike.

    A union of one branch is like that branch, the order of branches does not count, and a type that has its
    old name for an alias is what it was.
    """
    old, new = old.sole, new.sole
    names = {node.full_name for node in walk(old)}

    def old_name(node: Type) -> str:
        return next((name for name in (node.full_name, *node.aliases) if name in names), node.full_name)

    if words(old) != words(new, old_name):
        return words(old), words(new)
    branches = old.branches or [old], new.branches or [new]
    if {branch.full_name for branch in branches[0]} == {old_name(branch) for branch in branches[1]}:
        return None
    # One logical type on two kinds has the same words.
    kinds = [" or ".join(branch.full_name for branch in each) for each in branches]
    return f"{words(old)} in {kinds[0]}", f"{words(new)} in {kinds[1]}"
