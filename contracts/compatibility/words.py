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
        return f"{'list' if node.kind == 'array' else 'map'} of {words(node.items)}"
    size = f" of {node.size} bytes" if node.kind == "fixed" else ""
    return f"{node.kind} {node.full_name}{size}" if node.name else node.kind
