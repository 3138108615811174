"""What the docstrings below a class's attributes say, for pages and schemas that say it too."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from itertools import pairwise


def docs_of(described: type) -> Mapping[str, str]:
    """Name of each attribute of a class to the text in the line below it, where there is one."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(described))).body
    lines = node.body if isinstance(node, ast.ClassDef) else []
    return {name: text for line, below in pairwise(lines) if (name := _name(line)) and (text := _text(below))}


def _name(line: ast.stmt) -> str:
    target = line.target if isinstance(line, ast.AnnAssign) else None
    if isinstance(line, ast.Assign):
        target = line.targets[0]  # type: ignore[assignment]
    return target.id if isinstance(target, ast.Name) else ""


def _text(line: ast.stmt) -> str:
    value = line.value if isinstance(line, ast.Expr) else None
    text = value.value if isinstance(value, ast.Constant) else None
    return " ".join(inspect.cleandoc(text).split()) if isinstance(text, str) else ""
