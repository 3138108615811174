"""The contracts' folder as a git revision holds it. All of git is here."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from contracts.errors import UnusableSetting
from contracts.folder import lock
from contracts.folder.model import Contract
from contracts.folder.read import is_home, load_contracts

MAIN_BRANCHES = ("origin/main", "origin/master", "main", "master")
"""Where a change is to go, the first one that there is."""

_LIMIT = 120.0
"""Seconds for an answer of git, which may have to fetch an object first."""
_OF_A_HOOK = frozenset(
    {
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)
"""What git tells its hooks of the checkout that they run for; another one may be asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The contracts of a revision, and where the checkout is that has it."""

    words: str
    """The revision, for people."""
    top: Path
    """The top folder of the checkout."""
    contracts: Mapping[str, Contract]
    """By topic; none where the revision has no such folder."""
    lock: lock.Lock


def base_of(folder: Path, asked: str | None = None) -> Base:
    """The contracts in `folder` as the revision `asked` holds them, else the last one shared with main.

    Raises `UnusableSetting` for a folder that is in no checkout or that git ignores, for a revision that is
    not there, and for contracts that cannot be read.
    """
    folder = folder.resolve()
    top, prefix = _checkout(folder)
    commit, words = _asked(top, asked) if asked is not None else _shared(top)
    held = _files(top, commit, prefix)
    if not held and _answer(top, "check-ignore", "--quiet", "--", str(folder)) is not None:
        raise UnusableSetting(
            f"git ignores {folder}, so that no revision has it: name a folder of your own with CONTRACTS_DIR."
        )
    with tempfile.TemporaryDirectory(prefix="contracts-") as copy:
        _write(Path(copy), held)
        try:
            topics = [path for path in Path(copy).iterdir() if is_home(path)]
            known = load_contracts(Path(copy), rules_must_fit=False) if topics else {}
            return Base(words=words, top=top, contracts=known, lock=lock.load(Path(copy)))
        except UnusableSetting as error:
            why = str(error).replace(copy, f"{commit[:7]}:{prefix or '.'}")
            raise UnusableSetting(
                f"the contracts of {words} cannot be read: {why} Name another revision with --base."
            ) from None


def _checkout(folder: Path) -> tuple[Path, str]:
    """The top of the checkout, and where the folder is below it."""
    found = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix")
    if found.returncode == 0:
        top, prefix = os.fsdecode(found.stdout).split("\n")[:2]
        return Path(top), prefix.rstrip("/")
    why = _last_line(found)
    if "not a git repository" in why or "must be run in a work tree" in why:
        raise UnusableSetting(
            f"{folder} is in no git checkout, so there is no revision to compare it with: "
            "run this in a clone, or name a folder of one with CONTRACTS_DIR."
        )
    raise UnusableSetting(f"git cannot use the checkout of {folder}: {why}.")


def _asked(top: Path, revision: str) -> tuple[str, str]:
    commit = None if revision.startswith("-") or not revision else _commit(top, revision)
    if commit is None:
        raise UnusableSetting(
            f"there is no revision {revision!r} in the checkout {top}: name a commit, a branch or a tag "
            "that it has, or fetch it first."
        )
    return commit, f"{revision} ({commit[:7]})" if not commit.startswith(revision) else commit[:7]


def _shared(top: Path) -> tuple[str, str]:
    if _commit(top, "HEAD") is None:
        raise UnusableSetting(f"the checkout {top} has no commit yet: commit the contracts first.")
    main = next((name for name in MAIN_BRANCHES if _commit(top, name)), None)
    if main is None:
        raise UnusableSetting(
            f"the checkout {top} has no branch {' or '.join(MAIN_BRANCHES)} to compare with: "
            "name a revision with --base."
        )
    shared = _answer(top, "merge-base", "HEAD", main)
    if shared is None:
        raise UnusableSetting(
            f"HEAD and {main} share no commit that is in the checkout {top}: fetch more of its history "
            "(git fetch --unshallow), or name a revision with --base."
        )
    commit = shared.decode().strip()
    return commit, f"{commit[:7]}, where this left {main}"


def _commit(top: Path, revision: str) -> str | None:
    found = _answer(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    return found.decode().strip() if found else None


def _files(top: Path, commit: str, prefix: str) -> dict[PurePosixPath, bytes]:
    """What makes contracts of the folder, by path below it."""
    where = [f"{prefix}/"] if prefix else []
    listed = _answer(top, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *where) or b""
    objects: dict[PurePosixPath, bytes] = {}
    for row in listed.split(b"\0"):
        about, _, path = row.partition(b"\t")
        inside = PurePosixPath(os.fsdecode(path)).relative_to(prefix) if path else PurePosixPath()
        # A link has the path of its target for content.
        if about.startswith(b"100") and (
            inside.name in ("contract.yaml", lock.FILE) or inside.suffix == ".avsc"
        ):
            objects[inside] = about.split()[2]
    texts = _git(top, "cat-file", "--batch", given=b"\n".join([*objects.values(), b""])).stdout
    files: dict[PurePosixPath, bytes] = {}
    for inside in objects:
        head, _, texts = texts.partition(b"\n")
        if head.split()[1:2] != [b"blob"]:
            raise UnusableSetting(f"git has no content of {prefix}/{inside} at {commit[:7]}: fetch it first.")
        size = int(head.split()[2])
        files[inside], texts = texts[:size], texts[size + 1 :]
    return files


def _write(folder: Path, files: Mapping[PurePosixPath, bytes]) -> None:
    for inside, content in files.items():
        (folder / inside).parent.mkdir(parents=True, exist_ok=True)
        (folder / inside).write_bytes(content)


def _answer(folder: Path, *arguments: str) -> bytes | None:
    """What git prints; None where it ends with an error."""
    found = _git(folder, *arguments)
    return found.stdout if found.returncode == 0 else None


def _git(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            input=given,
            capture_output=True,
            timeout=_LIMIT,
            env={**environment, "LC_ALL": "C"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnusableSetting(
            f"git gave no answer about {folder} within {_LIMIT:.0f} s: try again."
        ) from None
    except OSError as error:
        raise UnusableSetting(
            f"git is needed to compare contracts with a revision, and cannot be run ({error.strerror}): "
            "install it."
        ) from None


def _last_line(ended: subprocess.CompletedProcess[bytes]) -> str:
    lines = os.fsdecode(ended.stderr).strip().splitlines() or ["it gives no reason"]
    return lines[0].removeprefix("fatal: ").rstrip(".")
