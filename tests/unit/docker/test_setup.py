"""`make setup` keeps an environment that is complete, whichever Python made it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).resolve().parents[3] / "Makefile"

PYTHON = """#!/bin/sh
echo "{version} $*" >> "{log}"
case "$1 $2" in
    "-V "*) echo "Python {version}" ;;
    "-c import sys;"*) exit {too_old} ;;
    "-m venv") mkdir -p .venv/bin; cp "$0" .venv/bin/new; mv .venv/bin/new .venv/bin/python ;;
esac
"""
"""A Python that notes what it is asked to do, and that can make an environment of itself."""


class Checkout:
    """A checkout with a `python3` of version 3.11.2 on its path; everything else on it is the machine's."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "log"
        shutil.copy(MAKEFILE, root)
        (root / "requirements.lock").write_text("one==1\n")
        (root / "pyproject.toml").write_text("[project]\n")
        self.python("path/python3", "3.11.2")

    def python(self, name: str, version: str, *, too_old: bool = False) -> str:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PYTHON.format(version=version, log=self.log, too_old=int(too_old)))
        file.chmod(0o755)
        return str(file)

    def setup(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run `make setup`; give its exit code, and the version of the Python that installed, if one did."""
        self.log.unlink(missing_ok=True)
        # A `make test PYTHON=…` around this would hand its choice down.
        ours = ("PYTHON", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL")
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        path = f"{self.root / 'path'}:{os.environ['PATH']}"
        done = subprocess.run(
            ["make", "setup", *arguments],
            cwd=self.root,
            env={**inherited, "PATH": path, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        installing = {
            line.split()[0] for line in self.log.read_text().splitlines() if " -m pip install" in line
        }
        return done.returncode, " ".join(installing)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_an_environment_is_made_once(checkout: Checkout) -> None:
    assert [checkout.setup(), checkout.setup()] == [(0, "3.11.2"), (0, "")]


def test_an_environment_of_a_chosen_python_is_kept_by_who_chooses_none(checkout: Checkout) -> None:
    chosen = f"PYTHON={checkout.python('elsewhere/python', '3.13.1')}"
    assert [checkout.setup(chosen), checkout.setup(), checkout.setup(chosen)] == [
        (0, "3.13.1"),
        (0, ""),
        (0, ""),
    ]


def test_an_environment_is_kept_where_the_python_of_the_path_is_too_old(checkout: Checkout) -> None:
    chosen = checkout.python("elsewhere/python", "3.13.1")
    checkout.python("path/python3", "3.9.2", too_old=True)
    assert checkout.setup() == (2, "")
    assert [checkout.setup(f"PYTHON={chosen}"), checkout.setup()] == [(0, "3.13.1"), (0, "")]


def test_another_version_that_is_chosen_makes_the_environment_anew(checkout: Checkout) -> None:
    other, same = checkout.python("a/python", "3.13.1"), checkout.python("b/python", "3.11.2")
    checkout.setup()
    assert checkout.setup(f"PYTHON={same}") == (0, "")
    assert checkout.setup(f"PYTHON={other}") == (0, "3.13.1")
    assert checkout.setup(PYTHON=same) == (0, "3.11.2")
    assert checkout.setup("PYTHON=python3") == (0, "")


def test_new_packages_are_installed_by_the_python_that_made_the_environment(checkout: Checkout) -> None:
    checkout.setup(f"PYTHON={checkout.python('elsewhere/python', '3.13.1')}")
    for file in ("requirements.lock", "pyproject.toml"):
        (checkout.root / file).write_text("changed")
        assert [checkout.setup(), checkout.setup()] == [(0, "3.13.1"), (0, "")]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.setup(f"PYTHON={checkout.python('elsewhere/python', '3.13.1')}")
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(checkout.root / "gone")
    assert checkout.setup() == (0, "3.11.2")
    (checkout.root / ".venv" / "complete").unlink()
    assert checkout.setup() == (0, "3.11.2")
