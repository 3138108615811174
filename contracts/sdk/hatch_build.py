"""Puts the wheel for other teams together: the typed records, the consumer and whatever it imports.

In the wheel all of it is one package, `weather_records`: the name `contracts` is theirs to give. The modules
that the consumer is made of stand below `weather_records._reading`, where none of them meets a topic's.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SDK = Path(__file__).parent
HOUSE = SDK.parent
PACKAGE = "weather_records"
PRIVATE = "_reading"

_RENAMED = (
    (re.compile(r"^(\s*(?:from|import)\s+)contracts\b", re.MULTILINE), rf"\1{PACKAGE}.{PRIVATE}"),
    (re.compile(r'(getLogger\("|`)contracts\.'), rf"\1{PACKAGE}."),
)
"""Pattern and replacement: imports, then the names that a user sees of loggers and in docstrings."""


class Wheel(BuildHookInterface[Any]):
    """Hatchling's hook, which gives the builder each file of the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's names
        """Write the files into a folder that `finalize` removes."""
        self._folder = tempfile.TemporaryDirectory(prefix="weather-records-")
        try:
            texts = files()
        except ValueError as error:
            raise SystemExit(f"error: {error}") from None
        for name, text in texts.items():
            path = Path(self._folder.name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            build_data["force_include"][str(path)] = f"{PACKAGE}/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove the folder."""
        self._folder.cleanup()


def files() -> dict[str, str]:
    """Every file of the package: its path in it, and its text.

    Raises `ValueError` where a topic's module has a name that the package gives something else.
    """
    head = _renamed(SDK / "__init__.py")
    public = _public(head)
    modules = sorted((HOUSE / "records").glob("*.py"))
    records = {path.stem: _renamed(path) for path in modules if path.stem != "__init__"}
    if taken := {PRIVATE, *public} & records.keys():
        raise ValueError(
            f"the wheel cannot hold a topic's module named {taken.pop()}: it has one of its own."
        )
    return {
        "__init__.py": head + _exports(public, records),
        "py.typed": "",
        **{f"{module}.py": text for module, text in records.items()},
        f"{PRIVATE}/__init__.py": '"""How the records are read; what is public is in `weather_records`."""\n',
        **{
            f"{PRIVATE}/{path.relative_to(HOUSE).as_posix()}": _renamed(path)
            for path in _imported_by(SDK / "__init__.py", *modules)
        },
    }


def _imported_by(*starts: Path) -> list[Path]:
    """The house's modules that these files import, and those that they import."""
    known: list[Path] = []
    waiting = list(starts)
    while waiting:
        for name in _imports(waiting.pop()):
            path = _file(name)
            if path and path not in known:
                known.append(path)
                waiting.append(path)
    return known


def _imports(path: Path) -> Iterator[str]:
    """Dotted names below `contracts` in a file's imports: modules, what is in them, and their packages."""
    for node in ast.walk(ast.parse(_text(path))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "contracts":
                yield from (".".join(parts[:end]) for end in range(2, len(parts) + 1))


def _file(name: str) -> Path | None:
    base = HOUSE.joinpath(*name.split(".")[1:])
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _renamed(path: Path) -> str:
    text = _text(path)
    for pattern, replacement in _RENAMED:
        text = pattern.sub(replacement, text)
    return text


def _public(head: str) -> list[str]:
    """What the package's first file gives, by its `__all__`."""
    (names,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(head).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    return list(names)


def _exports(public: list[str], records: Mapping[str, str]) -> str:
    """Lines that give the topics' own records as well, where no name means two things.

    They also put what is public under this package's name, which a user then sees of an exception.
    """
    roots = {module: _root(text) for module, text in records.items()}
    names = [*public, *records, *roots.values()]
    own = {module: root for module, root in roots.items() if names.count(root) == 1}
    lines = [f"from {PACKAGE}.{module} import {root}" for module, root in own.items()]
    lines += [f"__all__ += {sorted(own.values())!r}", f"for _public in ({', '.join(public)}):"]
    return "\n".join(["", *lines, "    _public.__module__ = __name__", ""])


def _root(text: str) -> str:
    """Name of the class of a topic's records, which names the topic."""
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    (root,) = (node.name for node in classes if any(map(_names_the_topic, node.body)))
    return root


def _names_the_topic(line: ast.stmt) -> bool:
    return isinstance(line, ast.AnnAssign) and ast.unparse(line.target) == "TOPIC"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
