"""A lock cut down to some packages with all that they need, hashes and all.

The lock says for each package who asks for it (`# via`): that is the graph. Runs by itself inside a build,
before anything is installed, so it takes nothing but the standard library: `closure.py LOCK PACKAGE...`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path


def blocks(lock: str) -> list[str]:
    """The lock's entries, each with its hashes and its `# via`."""
    found: list[list[str]] = []
    for line in lock.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            found.append([])
        if found and line.strip():
            found[-1].append(line)
    return ["\n".join(lines) for lines in found]


def name_of(block: str) -> str:
    """The package of an entry."""
    return block.partition("==")[0].strip().lower()


def asked_by(block: str) -> set[str]:
    """Who asks for it."""
    comments = [line.strip().removeprefix("#").strip() for line in block.splitlines() if "#" in line]
    return {comment.removeprefix("via").strip() for comment in comments} - {""}


def closure(lock: str, roots: Iterable[str]) -> str:
    """The entries of the packages `roots`, each with all that it needs in turn."""
    wanted = {root.lower() for root in roots}
    entries = blocks(lock)
    while True:
        more = {name_of(block) for block in entries if asked_by(block) & wanted} - wanted
        if not more:
            return "\n".join(block for block in entries if name_of(block) in wanted) + "\n"
        wanted |= more


if __name__ == "__main__":
    sys.stdout.write(closure(Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2:]))
