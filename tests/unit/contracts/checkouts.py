"""Git checkouts of a test's own, with a folder of contracts in them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contracts.folder.lock import FILE, lock_of, render
from contracts.folder.read import HOME, load_contracts

Fields = list[dict[str, Any]]


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, and give what it prints."""
    somebody = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *somebody, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Commit all that there is; gives the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A state.")
    return git(folder, "rev-parse", "HEAD")


def checkout(top: Path, *topics: str) -> Path:
    """A checkout with one commit of the platform's contracts of `topics`, locked; gives their folder."""
    folder = top / "contracts"
    for topic in topics:
        shutil.copytree(HOME / topic, folder / topic)
    lock(folder)
    git(top, "init", "--quiet", "--initial-branch", "main")
    commit(top)
    return folder


def lock(folder: Path) -> None:
    """Lock the contracts as they stand."""
    (folder / FILE).write_text(render(lock_of(load_contracts(folder).values())), encoding="utf-8")


def next_version(home: Path, change: Callable[[Fields], object]) -> Path:
    """Write the version after the newest, with `change` made to its fields."""
    newest = load_contracts(home.parent)[home.name].newest
    schema = json.loads(newest.text)
    change(schema["fields"])
    file = home / f"v{newest.number + 1}.avsc"
    file.write_text(json.dumps(schema, indent=2, ensure_ascii=False), encoding="utf-8")
    return file


def named(fields: Fields, name: str) -> dict[str, Any]:
    """The field of that name."""
    return next(field for field in fields if field["name"] == name)


def edit(file: Path, old: str, new: str) -> None:
    """Put `new` in the place of `old`, which stands in the file once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")
