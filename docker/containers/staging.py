"""Build contexts out of files that lie elsewhere: linked where the disk allows, else copied."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

_NOT_STAGED = shutil.ignore_patterns("__pycache__", "*.pyc")


def link(source: Path, target: Path) -> None:
    """One file, its time of change kept."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copy2(source, target)


def link_tree(source: Path, target: Path) -> None:
    """A folder with all that is in it."""
    shutil.copytree(
        source, target, copy_function=lambda one, two: link(Path(one), Path(two)), ignore=_NOT_STAGED
    )


def link_files(files: Iterable[Path], folder: Path) -> None:
    """Files from anywhere into one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        link(file, folder / file.name)
